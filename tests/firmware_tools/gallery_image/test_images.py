"""Every image holds the gallery's bytes, where the board expects them."""

import io
import re
import sys
from pathlib import Path

import pytest

from edge_siamese.errors import DataError, RuntimeMissingError
from edge_siamese.gallery.container.reader import parse
from edge_siamese_firmware.boards import Board, find_board, known_boards
from edge_siamese_firmware.gallery_image.images import c_source, intel_hex, make_images, pad_to_page


@pytest.mark.parametrize("slot", ["a", "b"])
@pytest.mark.parametrize("board", known_boards(), ids=lambda board: board.name)
def test_intel_hex_has_the_padded_bytes_at_the_slots_address(gallery_file: Path, board: Board, slot: str) -> None:
    intelhex = pytest.importorskip("intelhex")
    data = gallery_file.read_bytes()
    images = make_images(data, board, slot)
    image = intelhex.IntelHex(io.StringIO(images.files["gallery.hex"].decode()))
    address, page = board.slot(slot).address, board.slot(slot).erase
    assert image.minaddr() == address
    assert image.tobinstr() == images.files["gallery.bin"]
    assert len(images.files["gallery.bin"]) % page == 0
    assert images.files["gallery.bin"].rstrip(b"\xff") == data.rstrip(b"\xff")


def test_the_padded_binary_is_a_gallery_still(gallery_file: Path) -> None:
    pytest.importorskip("intelhex")
    images = make_images(gallery_file.read_bytes(), find_board("rp2040"), "a")
    assert parse(images.files["gallery.bin"], "gallery.bin").names == ("Zoë", "anna")
    assert (images.used, images.slot.name) == (len(gallery_file.read_bytes()), "a")


@pytest.mark.parametrize(("length", "padded"), [(0, 0), (1, 16), (16, 16), (17, 32)])
def test_padding_is_erased_flash_up_to_the_page(length: int, padded: int) -> None:
    assert pad_to_page(bytes(length), 16) == bytes(length) + b"\xff" * (padded - length)


def test_a_gallery_that_does_not_fit_is_refused_with_the_sizes() -> None:
    with pytest.raises(
        DataError, match=r"of 32,769 bytes takes 33,792 in pages of 1,024; slot b of microbit has 32,768"
    ):
        make_images(bytes(32_769), find_board("microbit"), "b")


def test_the_c_array_has_every_byte() -> None:
    data = bytes(range(256))
    assert bytes(int(byte, 16) for byte in re.findall(r"0x([0-9a-f]{2}),", c_source(data))) == data


def test_without_intelhex_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "intelhex", None)
    with pytest.raises(RuntimeMissingError, match=r"edge-siamese\[firmware\]"):
        intel_hex(b"x", 0)
