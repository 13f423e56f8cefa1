"""A gallery as an ELF section lies where its slot is, and `check` finds every byte that is not the gallery's."""

import contextlib
from pathlib import Path

import numpy as np
import pytest

from edge_siamese.errors import DataError
from edge_siamese_firmware.boards import find_board
from edge_siamese_firmware.image.check import check_images
from edge_siamese_firmware.image.gallery_elf import SECTION, gallery_elf, read_gallery_elf

from ..command import run_command

elffile = pytest.importorskip("elftools.elf.elffile")
pytest.importorskip("intelhex")


@pytest.mark.parametrize(("board_name", "machine"), [("rpi-pico2", "EM_ARM"), ("esp32s3", "EM_XTENSA")])
@pytest.mark.parametrize("slot", ["a", "b"])
def test_the_section_is_the_gallery_at_its_slot(
    gallery_file: Path, tmp_path: Path, board_name: str, machine: str, slot: str
) -> None:
    out, board = tmp_path / "flash", find_board(board_name)
    arguments = ["--board", board_name, "--out", str(out), "--slot", slot, "--elf"]
    assert run_command("firmware", "gallery", str(gallery_file), *arguments) == 0
    with (out / "gallery.elf").open("rb") as stream:
        file = elffile.ELFFile(stream)
        section = file.get_section_by_name(SECTION)
        assert (file["e_machine"], section["sh_addr"]) == (machine, board.slot(slot).address)
        assert section.data() == (out / "gallery.bin").read_bytes()
        assert section.data().startswith(gallery_file.read_bytes())
    checked = {image.name: image.address for image in check_images(out, board)}
    assert checked["gallery.elf"] == checked["gallery.bin"] == board.slot(slot).address


def test_a_changed_byte_is_found(gallery_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "flash"
    assert (
        run_command("firmware", "gallery", str(gallery_file), "--board", "rpi-pico2", "--out", str(out), "--elf") == 0
    )
    whole = (out / "gallery.elf").read_bytes()
    for place, sentence in ((96 + 70, "differs from the gallery at 0x"), (0x34 + 12, "is not what its segment loads")):
        changed = bytearray(whole)
        changed[place] ^= 1
        (out / "gallery.elf").write_bytes(changed)
        assert run_command("firmware", "check", str(out), "--board", "rpi-pico2") == 2
        assert sentence in capsys.readouterr().err


def test_damaged_files_are_a_sentence_or_the_same_gallery() -> None:
    board, data = find_board("rpi-pico2"), bytes(range(256)) * 2
    whole, rng = gallery_elf(data, board, board.slot("a")), np.random.default_rng(0)
    for number in range(2000):
        changed = bytearray(whole[: int(rng.integers(len(whole)))] if number % 4 == 0 else whole)
        for _ in range(int(rng.integers(1, 4))):
            if changed:
                headers = int(rng.integers(100)) if rng.random() < 0.5 else len(changed) - int(rng.integers(160)) - 1
                changed[headers % len(changed)] = int(rng.integers(256))
        with contextlib.suppress(DataError):
            assert len(read_gallery_elf(bytes(changed), Path("gallery.elf"))[1]) <= len(changed)


@pytest.mark.parametrize("board_name", ["pi", "pi-zero", "linux"])
def test_a_board_with_linux_takes_no_elf_file(
    gallery_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], board_name: str
) -> None:
    out = tmp_path / "flash"
    assert run_command("firmware", "gallery", str(gallery_file), "--board", board_name, "--out", str(out), "--elf") == 2
    assert "an ELF file of a gallery is for a microcontroller's flash; it takes gallery.bin" in capsys.readouterr().err
    assert not out.exists()
