"""Images are read again and compared before they are flashed; a program that fails is a sentence."""

import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_siamese.cli.main import main
from edge_siamese.errors import DataError
from edge_siamese_firmware.boards import Board, find_board
from edge_siamese_firmware.gallery_image.images import intel_hex
from edge_siamese_firmware.image.build import Firmware
from edge_siamese_firmware.image.check import check_images
from edge_siamese_firmware.image.elf import Elf
from edge_siamese_firmware.image.flash import flash_commands, run_flash_commands
from edge_siamese_firmware.image.formats import read_image, uf2

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


def _run(*arguments: str) -> int:
    try:
        main(list(arguments))
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def test_a_dry_run_prints_the_commands(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("firmware", "flash", str(folder), "--board", "rpi-pico2", "--dry-run") == 0
    assert capsys.readouterr().out.splitlines() == [
        f"picotool load -v {folder / 'firmware.bin'} -o 0x10000000",
        f"picotool load -v {folder / 'gallery.bin'} -o 0x10380000",
    ]
    assert _run("firmware", "flash", str(folder), "--board", "rpi-pico2", "--dry-run", "--part", "gallery") == 0
    assert "firmware.bin" not in capsys.readouterr().out
    assert _run("firmware", "check", str(folder), "--board", "rpi-pico2") == 0
    assert "firmware.uf2" in capsys.readouterr().out


def test_what_cannot_be_flashed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("firmware", "flash", str(folder), "--board", "mps2-an500", "--dry-run") == 2
    assert "names no program that writes its flash" in capsys.readouterr().err
    (folder / "gallery.bin").unlink()
    assert _run("firmware", "flash", str(folder), "--board", "rpi-pico2", "--part", "gallery", "--dry-run") == 2
    assert "there is no gallery.bin" in capsys.readouterr().err


def test_a_program_that_is_absent_or_fails(
    folder: Path, board: Board, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    arguments = ["firmware", "flash", str(folder), "--board", "rpi-pico2"]
    assert _run(*arguments) == 1
    assert "picotool, which writes this board's flash, is not installed" in capsys.readouterr().err
    program = tmp_path / "picotool"
    program.write_text("#!/bin/sh\nexit 3\n")
    program.chmod(0o755)
    assert _run(*arguments) == 1
    assert "ended with code 3; its part of the flash may be half-written: run it again" in capsys.readouterr().err
    program.write_text('#!/bin/sh\necho "$@" >> ' + str(tmp_path / "log") + "\n")
    run_flash_commands(flash_commands(folder, board, ["gallery"]))
    assert (tmp_path / "log").read_text() == f"load -v {folder / 'gallery.bin'} -o 0x10380000\n"


def test_the_functions_of_an_elf_file_without_symbols() -> None:
    assert Elf(elf_of(CODE, 0)).functions() == []
