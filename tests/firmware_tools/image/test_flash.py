"""Images are read again and compared before they are flashed; a program that fails is a sentence."""

import json
import struct
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_siamese.errors import DataError
from edge_siamese_firmware.boards import Board, find_board, known_boards
from edge_siamese_firmware.gallery_image.images import intel_hex
from edge_siamese_firmware.image.build import Firmware
from edge_siamese_firmware.image.check import check_images
from edge_siamese_firmware.image.elf import Elf
from edge_siamese_firmware.image.flash import Write, plan_writes, run_writes
from edge_siamese_firmware.image.flashers import find_flasher, flashers_of
from edge_siamese_firmware.image.formats import read_image, uf2

from ..command import run_command

pytest.importorskip("intelhex")
CODE = bytes(range(256)) * 3 + b"end"


def elf_of(data: bytes, address: int) -> bytes:
    """An ELF file with one segment."""
    header = struct.pack("<16sHHIIIIIHHHHHH", b"\x7fELF\x01\x01\x01", 2, 40, 1, 0, 52, 0, 0, 52, 32, 1, 40, 0, 0)
    return header + struct.pack("<8I", 1, 84, address, address, len(data), len(data), 5, 4) + data


@pytest.fixture
def board() -> Board:
    return find_board("rpi-pico2")


@pytest.fixture
def folder(tmp_path: Path, board: Board) -> Path:
    assert board.firmware is not None
    firmware = Firmware(board, elf_of(CODE, board.firmware.code), board.firmware.code, CODE, {"board": board.name})
    gallery = b"ESG1".ljust(4096, b"\xff")
    slot = board.slot("a")
    files = {**firmware.files(), "gallery.bin": gallery, "gallery.hex": intel_hex(gallery, slot.address).encode()}
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    return tmp_path


@given(st.binary(min_size=1, max_size=1000), st.integers(0, 2**31))
def test_uf2_holds_the_bytes(tmp_path_factory: pytest.TempPathFactory, data: bytes, address: int) -> None:
    path = tmp_path_factory.mktemp("uf2") / "x.uf2"
    path.write_bytes(uf2(data, address, 0xE48BFF59))
    found_at, found = read_image(path, 0)
    assert found_at == address
    assert found == data.ljust(-(-len(data) // 256) * 256, b"\xff")


def test_a_whole_build(folder: Path, board: Board) -> None:
    checked = check_images(folder, board)
    assert [image.name for image in checked] == [
        "firmware.bin",
        "firmware.hex",
        "firmware.uf2",
        "gallery.bin",
        "gallery.hex",
    ]
    assert {image.address for image in checked if image.part == "gallery"} == {board.slot("a").address}


@pytest.mark.parametrize("name", ["firmware.bin", "firmware.uf2", "gallery.bin"])
def test_a_changed_byte_is_found(folder: Path, board: Board, name: str) -> None:
    data = bytearray((folder / name).read_bytes())
    data[100] ^= 1
    (folder / name).write_bytes(data)
    with pytest.raises(DataError, match=rf"{name}: differs from the (firmware|gallery) at 0x"):
        check_images(folder, board)


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("firmware.bin", CODE[:-1], r"differs from the firmware at 0x10000302"),
        ("firmware.bin", CODE + b"\x00", r"differs from the firmware at 0x10000303"),
        ("firmware.hex", b":00000001FF\n", r"expected bytes from 0x10000000 on|differs from the firmware"),
        ("firmware.hex", b"hello", r"not Intel HEX"),
        ("firmware.uf2", b"x" * 512, r"block 0 is not the one"),
        ("firmware.uf2", b"x", r"expected UF2 blocks of 512 bytes"),
        ("firmware.elf", b"x", r"expected a 32-bit little-endian ELF file"),
        ("firmware.elf", elf_of(CODE, 0x20000000), r"outside the code region"),
        ("gallery.hex", intel_hex(b"x" * 16, 0x10000000).encode(), r"do not lie in a gallery slot of rpi-pico2"),
    ],
)
def test_images_that_do_not_fit_together(folder: Path, board: Board, name: str, content: bytes, sentence: str) -> None:
    (folder / name).write_bytes(content)
    with pytest.raises(DataError, match=sentence):
        check_images(folder, board)


_FLASHER = """\
#!{python}
# A programmer whose flash is a file: it takes the arguments of the real programs, and keeps a record of them.
import json, pathlib, re, sys
home = pathlib.Path({home!r})
name, words = pathlib.Path(sys.argv[0]).name, sys.argv[1:]
with (home / "log").open("a") as log:
    log.write(json.dumps([name, *words]) + "\\n")
fault = (home / "fault").read_text() if (home / "fault").exists() else ""
flash = bytearray((home / "flash").read_bytes())
text = " ".join(words)
reading = re.search(r"savemem|dump_image|read-flash|save -r| -U ", text)
files = [word for word in re.split(r"[ {{}}]+", text) if word.endswith(".bin")]
numbers = [int(word, 16) for word in re.findall(r"0x[0-9a-f]+", text)]
at = numbers[0] - {base}
if reading:
    size = numbers[1] - numbers[0] if name == "picotool" else numbers[1]
    if fault != "reads nothing":
        pathlib.Path(files[0]).write_bytes(flash[at : at + size])
else:
    data = pathlib.Path(files[0]).read_bytes()
    if fault == "stops in the middle":
        data = data[: len(data) // 2]
    if fault == "writes a wrong byte":
        data = data[:300] + bytes([data[300] ^ 1]) + data[301:]
    flash[at : at + len(data)] = data
    (home / "flash").write_bytes(flash)
    if fault == "stops in the middle":
        sys.exit("no probe answers any more")
"""


@dataclass
class Programmer:
    """A programmer on PATH that stands for all programs."""

    home: Path
    base: int

    def flash(self) -> bytes:
        return (self.home / "flash").read_bytes()

    def calls(self) -> list[list[str]]:
        return [json.loads(line) for line in (self.home / "log").read_text().splitlines()]

    def fault(self, name: str) -> None:
        (self.home / "fault").write_text(name)


@pytest.fixture
def programmer(tmp_path_factory: pytest.TempPathFactory, board: Board, monkeypatch: pytest.MonkeyPatch) -> Programmer:
    home = tmp_path_factory.mktemp("programmer")
    base = board.flash[0].address
    (home / "flash").write_bytes(b"\x5a" * board.flash[0].size)
    (home / "bin").mkdir()
    for name in ("picotool", "pyocd", "openocd", "dfu-util", "esptool"):
        path = home / "bin" / name
        path.write_text(_FLASHER.format(python=sys.executable, home=str(home), base=base))
        path.chmod(0o755)
    monkeypatch.setenv("PATH", str(home / "bin"))
    return Programmer(home, base)


def test_a_dry_run_prints_the_commands(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command("firmware", "flash", str(folder), "--board", "rpi-pico2", "--dry-run") == 0
    assert capsys.readouterr().out.splitlines() == [
        f"picotool load -v {folder / 'firmware.bin'} -t bin -o 0x10000000",
        f"picotool load -v {folder / 'gallery.bin'} -t bin -o 0x10380000",
    ]
    assert run_command("firmware", "flash", str(folder), "--board", "rpi-pico2", "--dry-run", "--part", "gallery") == 0
    assert "firmware.bin" not in capsys.readouterr().out
    assert run_command("firmware", "check", str(folder), "--board", "rpi-pico2") == 0
    assert "firmware.uf2" in capsys.readouterr().out


@pytest.mark.parametrize("tool", ["picotool", "pyocd", "openocd"])
def test_only_the_given_parts_are_written_and_read_back(
    folder: Path, board: Board, programmer: Programmer, tool: str, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["firmware", "flash", str(folder), "--board", "rpi-pico2", "--tool", tool]
    assert run_command(*arguments, "--part", "gallery") == 0
    assert f"written by {tool}, read back and compared: gallery" in capsys.readouterr().out
    at, gallery = board.slot("a").address - programmer.base, (folder / "gallery.bin").read_bytes()
    flash = programmer.flash()
    assert flash[at : at + len(gallery)] == gallery
    assert set(flash[:at] + flash[at + len(gallery) :]) == {0x5A}
    assert [call[0] for call in programmer.calls()] == [tool, tool]
    assert run_command(*arguments) == 0
    assert programmer.flash()[: len(CODE)] == CODE


def test_flashers_of_all_boards(folder: Path, board: Board, programmer: Programmer) -> None:
    """Each program of each board, on a flash that is a file."""
    del board
    for each in known_boards():
        if each.firmware is None or not each.firmware.flashers:
            continue
        for flasher in flashers_of(each):
            write = Write("gallery", folder / "gallery.bin", programmer.base + 0x1000, 4096)
            run_writes([write], flasher)
            assert programmer.calls()[-2][0] == flasher.program


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ("stops in the middle", "picotool ended with code 1 (no probe answers any more); the firmware may be half-written: run it again"),
        ("writes a wrong byte", "the flash differs from the firmware at 0x1000012c after it was written: write it again"),
        ("reads nothing", "picotool read nothing back: the firmware was written and not compared"),
    ],
)  # fmt: skip
def test_a_programmer_that_fails(
    folder: Path, programmer: Programmer, fault: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    programmer.fault(fault)
    assert run_command("firmware", "flash", str(folder), "--board", "rpi-pico2") == 1
    assert sentence in capsys.readouterr().err
    assert all("gallery" not in " ".join(call) for call in programmer.calls())


def test_what_cannot_be_flashed(folder: Path, board: Board, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command("firmware", "flash", str(folder), "--board", "mps2-an500", "--dry-run") == 2
    assert "names no program that writes its flash" in capsys.readouterr().err
    arguments = ["firmware", "flash", str(folder), "--board", "rpi-pico2", "--dry-run"]
    assert run_command(*arguments, "--tool", "esptool") == 2
    assert "its file does not name esptool; it names picotool, pyocd, openocd" in capsys.readouterr().err
    (folder / "gallery.bin").unlink()
    assert run_command(*arguments, "--part", "gallery") == 2
    assert "there is no gallery.bin" in capsys.readouterr().err
    assert board.firmware is not None
    shared = replace(board, flash=(replace(board.flash[0], erase=0x400000),))
    with pytest.raises(DataError, match=r"its pages 0x10000000 to 0x10400000 are shared with gallery slot a"):
        plan_writes(folder, shared, ["firmware"])
    with pytest.raises(DataError, match="'magic' is not known; known are picotool"):
        flashers_of(replace(board, firmware=replace(board.firmware, flashers=("magic:wand",))))


def test_a_gallery_alone(folder: Path, board: Board, programmer: Programmer) -> None:
    """A folder that `firmware gallery` wrote has no firmware."""
    for path in folder.glob("firmware.*"):
        path.unlink()
    run_writes(plan_writes(folder, board, ["gallery"]), find_flasher(board))
    with pytest.raises(DataError, match=r"there is no firmware\.bin"):
        plan_writes(folder, board, ["firmware"])


def test_no_program_is_installed(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert run_command("firmware", "flash", str(folder), "--board", "rpi-pico2") == 1
    error = capsys.readouterr().err
    assert "picotool or pyocd or openocd, which writes this board's flash, is not installed" in error


def test_the_functions_of_an_elf_file_without_symbols() -> None:
    assert Elf(elf_of(CODE, 0)).functions() == []
