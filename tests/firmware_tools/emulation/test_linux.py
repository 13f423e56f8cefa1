"""The firmware as a Linux program decides as `identify` does: on this machine, and for Raspberry Pis in qemu-user."""

import importlib.util
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge_siamese import FaceEngine
from edge_siamese.gallery.container.writer import encode
from edge_siamese.models import named_model
from edge_siamese.tflite.model_card import read_model
from edge_siamese_firmware.boards import find_board
from edge_siamese_firmware.emulation.firmware_run import run_firmware
from edge_siamese_firmware.image.build import build, firmware_sources, profile_of
from edge_siamese_firmware.image.toolchain import find_linux_toolchain
from edge_siamese_firmware.protocol.kinds import MessageKind

from ..emulated import check_run, frames_of, gallery_of, of_kind
from ..runtime_c.twin import COMPILER

_ALL = pytest.mark.skipif("EDGE_SIAMESE_ALL_BOARDS" not in os.environ, reason="EDGE_SIAMESE_ALL_BOARDS is not set")
_CROSS = pytest.mark.skipif(
    any(shutil.which(name) is None for name in ("aarch64-linux-gnu-gcc", "qemu-aarch64")),
    reason="not installed: aarch64-linux-gnu-gcc or qemu-aarch64",
)
_ZIG = pytest.mark.skipif(
    importlib.util.find_spec("ziglang") is None or shutil.which("qemu-arm") is None,
    reason="not installed: ziglang or qemu-arm",
)
_ARM = [pytest.param(name, marks=[_ALL, _ZIG]) for name in ("pi-armhf", "pi-zero")]


@pytest.fixture(scope="module")
def engine() -> Iterator[FaceEngine]:
    with FaceEngine.open(named_model("embedder-small"), named_model("detector-small"), delegate="reference") as engine:
        yield engine


@pytest.mark.skipif(COMPILER is None, reason="no C compiler is installed")
@pytest.mark.parametrize("name", ["linux", pytest.param("pi", marks=_CROSS), *_ARM])
def test_decisions_of_a_program(name: str, engine: FaceEngine) -> None:
    board, gallery = find_board(name), gallery_of(engine)
    profile, frames = profile_of(board), [frames_of(board)[number] for number in (0, 2)]
    models = [
        read_model(Path(str(named_model(each))), task)  # type: ignore[arg-type]
        for each, task in (("detector-small", "detector"), ("embedder-small", "embedder"))
    ]
    sources = firmware_sources(board, *models, options={"any_orientation": False})
    firmware = build(sources, find_linux_toolchain(profile.target or "", profile.flags))
    done = run_firmware(firmware, frames, {"b": encode(gallery)}, emulator="qemu-user", count=False)
    check_run(engine, gallery, board, frames, done)
    assert [face.name for face in of_kind(done, MessageKind.FACE)] == ["person 0", None]
    (stack,) = of_kind(done, MessageKind.STACK)
    assert 1000 < stack.fields["used"] < 8192
