"""A whole firmware in unicorn and rp2040js: it boots from its image and decides about photos as `identify` does."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from edge_siamese import FaceEngine
from edge_siamese.errors import DataError, RuntimeMissingError
from edge_siamese.gallery.container.writer import encode
from edge_siamese.models import named_model
from edge_siamese.tflite.model_card import read_model
from edge_siamese_firmware.boards import Board, find_board
from edge_siamese_firmware.emulation import rp2040js_firmware
from edge_siamese_firmware.emulation.firmware_run import Emulator, find_emulator, run_firmware
from edge_siamese_firmware.image.boot import boot_crc
from edge_siamese_firmware.image.build import Firmware, build, firmware_sources, profile_of
from edge_siamese_firmware.image.toolchain import find_toolchain
from edge_siamese_firmware.protocol.kinds import MessageKind

from ..emulated import check_run, frames_of, gallery_of, of_kind

pytestmark = pytest.mark.skipif(shutil.which("arm-none-eabi-gcc") is None, reason="not installed: arm-none-eabi-gcc")
_ALL = pytest.mark.skipif("EDGE_SIAMESE_ALL_BOARDS" not in os.environ, reason="EDGE_SIAMESE_ALL_BOARDS is not set")


@pytest.fixture(scope="module")
def engine() -> Iterator[FaceEngine]:
    with FaceEngine.open(named_model("embedder-small"), named_model("detector-small"), delegate="reference") as engine:
        yield engine


def _built(board: Board, emulator: Emulator, *, any_orientation: bool = True) -> Firmware:
    models = [
        read_model(Path(str(named_model(name))), task)  # type: ignore[arg-type]
        for name, task in (("detector-small", "detector"), ("embedder-small", "embedder"))
    ]
    options = {"any_orientation": any_orientation}
    sources = firmware_sources(board, *models, semihosting=emulator == "unicorn", options=options)
    return build(sources, find_toolchain())


@pytest.mark.parametrize(
    "name", ["rpi-pico2", pytest.param("rpi-pico", marks=_ALL), pytest.param("stm32h743", marks=_ALL)]
)
def test_decisions_in_unicorn(name: str, engine: FaceEngine) -> None:
    pytest.importorskip("unicorn")
    board, gallery = find_board(name), gallery_of(engine)
    frames = [frames_of(board)[number] for number in (0, 2)]
    firmware = _built(board, "unicorn", any_orientation=False)
    done = run_firmware(firmware, frames, {"b": encode(gallery)}, emulator="unicorn")
    check_run(engine, gallery, board, frames, done)
    assert [face.name for face in of_kind(done, MessageKind.FACE)] == ["person 0", None]
    (stack,) = of_kind(done, MessageKind.STACK)
    assert 1000 < stack.fields["used"] < profile_of(board).stack
    assert done.instructions is not None
    assert sum(done.by_function.values()) == pytest.approx(done.instructions, rel=0.001)
    assert next(iter(done.by_function)) in {"es_conv", "es_dot4", "es_conv_plain"}


@pytest.mark.rp2040js
def test_decisions_in_rp2040js(engine: FaceEngine) -> None:
    """The boot loader's CRC, the clocks, both serial lines and the gallery's UF2, as on a Pico; about five minutes."""
    if reason := rp2040js_firmware.missing():
        pytest.skip(reason)
    board, gallery = find_board("rpi-pico"), gallery_of(engine)
    frames = [frames_of(board)[number] for number in (0, 2)]
    firmware = _built(board, "rp2040js", any_orientation=False)
    done = run_firmware(firmware, frames, {"b": encode(gallery)}, emulator="rp2040js")
    check_run(engine, gallery, board, frames, done)
    assert [face.name for face in of_kind(done, MessageKind.FACE)] == ["person 0", None]


def test_images_begin_as_the_boot_roms_want_it() -> None:
    image = _built(find_board("rpi-pico"), "rp2040js").image
    assert boot_crc(image[:252]) == int.from_bytes(image[252:256], "little")
    assert boot_crc(image[:252] + image[252:256][::-1]) == 0
    stack, reset = np.frombuffer(image[256:264], "<u4")
    assert stack == 0x20000000 + 0x1800
    assert reset & 1
    image = _built(find_board("rpi-pico2"), "rp2040js").image
    assert [hex(word) for word in np.frombuffer(image[64:84], "<u4")] == [
        "0xffffded3", "0x10210142", "0x1ff", "0x0", "0xab123579",
    ]  # fmt: skip


def test_a_fault_is_a_sentence() -> None:
    pytest.importorskip("unicorn")
    board = find_board("rpi-pico2")
    profile = profile_of(board)
    for code, sentence in (
        (b"\x00\xde", "a fault of the processor"),
        (b"\xab\xbe", "asked its host with a wrong address"),
    ):
        words = [profile.ram + 4096, profile.code + 9]
        image = b"".join(word.to_bytes(4, "little") for word in words) + code * 8
        firmware = Firmware(board, _elf(image, profile.code), profile.code, image, {})
        with pytest.raises(DataError, match=sentence):
            run_firmware(firmware, [], {}, emulator="unicorn", count=False)


def _elf(data: bytes, address: int) -> bytes:
    from ..image.test_flash import elf_of

    return elf_of(data, address)


def test_the_first_emulator_that_is_installed_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("unicorn")
    monkeypatch.setenv("PATH", "/nowhere")
    assert find_emulator(find_board("mps2-an500")) == "unicorn"
    with pytest.raises(RuntimeMissingError, match="qemu-system-arm is not installed"):
        find_emulator(find_board("mps3-an547"))
    with pytest.raises(RuntimeMissingError, match="node, which runs rp2040js, is not installed"):
        find_emulator(find_board("rpi-pico"), "rp2040js")
    with pytest.raises(DataError, match="unicorn has no cortex-m55"):
        find_emulator(find_board("stm32n6"))
