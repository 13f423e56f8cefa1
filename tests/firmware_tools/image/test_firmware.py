"""A whole firmware in QEMU: it boots, reads a flashed gallery, and decides about photos as `identify` does."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge_siamese import FaceEngine
from edge_siamese.decision import Reason
from edge_siamese.errors import DataError
from edge_siamese.gallery.container.writer import encode
from edge_siamese.image_io import write_image
from edge_siamese.models import named_model
from edge_siamese.rendering import View, render_portrait
from edge_siamese_firmware.boards import Board, find_board
from edge_siamese_firmware.emulation.firmware_run import run_firmware
from edge_siamese_firmware.image.build import Firmware, flash_image, profile_of
from edge_siamese_firmware.image.toolchain import build_elf, find_toolchain
from edge_siamese_firmware.protocol.kinds import MessageKind

from ..command import run_command
from ..emulated import PEOPLE, check_run, frames_of, gallery_of, of_kind

_MISSING = [tool for tool in ("arm-none-eabi-gcc", "qemu-system-arm", "cc") if shutil.which(tool) is None]
pytestmark = pytest.mark.skipif(bool(_MISSING), reason=f"not installed: {', '.join(_MISSING)}")
_STACK = 4096
_BOARDS = Path(__file__).parents[3] / "firmware_tools" / "boards"


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> Iterator[FaceEngine]:
    with FaceEngine.open(named_model(request.param), named_model("detector-small"), delegate="reference") as engine:
        yield engine


_ALL = pytest.mark.skipif("EDGE_SIAMESE_ALL_BOARDS" not in os.environ, reason="EDGE_SIAMESE_ALL_BOARDS is not set")
_NAMES = [
    ("mps2-an500", "embedder-small"),
    pytest.param("mps3-an547", "embedder-small", marks=_ALL),
    pytest.param("stm32f405", "embedder-tiny", marks=_ALL),
]


def _built(board: Board, gallery: Path, out: Path) -> Firmware:
    """The firmware that the command builds."""
    assert run_command("firmware", "build", "--board", board.name, "--gallery", str(gallery), "-o", str(out)) == 0
    assert {"firmware.elf", "firmware.hex", "gallery.bin", "src"} <= {each.name for each in out.iterdir()}
    elf, report = (out / "firmware.elf").read_bytes(), json.loads((out / "report.json").read_text())
    address, image = flash_image(elf, profile_of(board))
    assert image == (out / "firmware.bin").read_bytes()
    return Firmware(board, elf, address, image, report)


@pytest.mark.parametrize(("name", "engine"), _NAMES, indirect=["engine"])
def test_decisions_in_qemu(name: str, engine: FaceEngine, tmp_path: Path) -> None:
    pytest.importorskip("intelhex")
    board, gallery = find_board(name), gallery_of(engine)
    profile, frames = profile_of(board), frames_of(board)
    gallery.save(tmp_path / "people.esg")
    firmware = _built(board, tmp_path / "people.esg", tmp_path / "out")
    assert firmware.report["ram"]["used"] <= profile.ram_size
    done = run_firmware(firmware, frames, {"b": encode(gallery)})

    check_run(engine, gallery, board, frames, done)
    faces = of_kind(done, MessageKind.FACE)
    assert [face.name for face in faces] == ["person 0", "person 1", None, None]
    assert faces[3].fields["reason"] in {Reason.OCCLUDED, Reason.INFRARED}  # infrared on a gray camera
    (stack,) = of_kind(done, MessageKind.STACK)
    assert 1000 < stack.fields["used"] < _STACK
    assert done.instructions is not None
    assert sum(done.by_function.values()) == pytest.approx(done.instructions, rel=0.01)


@pytest.fixture(scope="module")
def portrait(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("photos") / "one.png"
    write_image(path, render_portrait(PEOPLE[0], View()).image)
    return path


@pytest.mark.parametrize("engine", ["embedder-small"], indirect=True)
def test_running_photos(engine: FaceEngine, portrait: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    gallery = tmp_path / "people.esg"
    gallery_of(engine).save(gallery)
    assert run_command("firmware", "run", str(portrait), "--board", "mps2-an500", "--gallery", str(gallery)) == 0
    text = capsys.readouterr().out
    assert "person 0" in text
    assert "stack: " in text
    assert "instructions for the self-test and 1 photos" in text


@pytest.mark.parametrize("engine", ["embedder-tiny"], indirect=True)
def test_a_gallery_of_another_embedder_is_not_built(
    engine: FaceEngine, portrait: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gallery, out = tmp_path / "people.esg", tmp_path / "out"
    gallery_of(engine).save(gallery)
    arguments = ["--board", "mps2-an500", "--gallery", str(gallery)]
    assert run_command("firmware", "build", "-o", str(out), "--sources-only", *arguments) == 2
    assert "a gallery serves only the embedder that made it" in capsys.readouterr().err
    assert not out.exists()


def test_sources_only(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = tmp_path / "mine.c"
    code.write_text("/* mine */\n")
    out = tmp_path / "out"
    assert (
        run_command(
            "firmware", "build", "--board", "stm32h743", "-o", str(out), "--sources-only", "--board-code", str(code)
        )
        == 0
    )
    assert (out / "src" / "es_board.c").read_text() == "/* mine */\n"
    assert "LENGTH = 0x100000" in (out / "src" / "firmware.ld").read_text()
    assert run_command("firmware", "build", "--board", "microbit", "-o", str(out), "--sources-only") == 2
    assert "has no [firmware] table" in capsys.readouterr().err
    assert run_command("firmware", "run", "a.jpg", "--board", "stm32n6", "--gallery", "a.esg") == 2
    assert "unicorn has no cortex-m55, so a firmware for it cannot be run here" in capsys.readouterr().err
    for emulator, reason in (("qemu", "names no QEMU machine"), ("rp2040js", "it is no RP2040")):
        arguments = ["--board", "stm32h743", "--gallery", "a.esg", "--emulator", emulator]
        assert run_command("firmware", "run", "a.jpg", *arguments) == 2
        assert reason in capsys.readouterr().err


def test_a_firmware_that_does_not_fit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (_BOARDS / "mps2-an500.toml").read_text()
    small = text.replace("code_size = 0x00200000", "code_size = 0x00040000").replace(
        "ram_size = 0x00400000", "ram_size = 0x00040000"
    )
    (tmp_path / "small.toml").write_text(small)
    out = tmp_path / "out"
    assert run_command("firmware", "build", "--board", str(tmp_path / "small.toml"), "-o", str(out)) == 2
    error = capsys.readouterr().err
    assert "the firmware does not fit the board: it needs" in error
    assert "bytes more flash for code and constants and" in error
    assert "bytes more memory than the board's file gives" in error
    assert not out.exists()


def test_a_gallery_that_does_not_fit_its_slot() -> None:
    board = find_board("mps2-an500")
    firmware = Firmware(board, b"", 0, b"", {})
    with pytest.raises(DataError, match="does not fit slot a of mps2-an500, 1,048,576 bytes"):
        run_firmware(firmware, [], {"a": bytes(2**20 + 1)})


def test_a_source_that_cannot_be_compiled_is_named(tmp_path: Path) -> None:
    (tmp_path / "bad.c").write_text("int main(void) { return nothing; }\n")
    toolchain = find_toolchain("arm-none-eabi-gcc")
    with pytest.raises(DataError, match=r"arm-none-eabi-gcc cannot build the firmware: bad\.c:1:25: error: 'nothing'"):
        build_elf(toolchain, tmp_path, ["bad.c"], ["-mcpu=cortex-m4"], "absent.ld")
