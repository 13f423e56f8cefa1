"""Check of a build folder: every image holds, byte for byte, what was built."""

from pathlib import Path

from edge_siamese.errors import DataError

from ..boards import Board
from .build import PROGRAM, flash_image, profile_of
from .compare import CheckedImage, compare_image
from .esp import MERGED
from .esp_check import PARTITIONS, check_project
from .formats import read_image
from .program_check import check_program

_IMAGES = ("firmware.bin", "firmware.hex", "firmware.uf2")
_GALLERIES = ("gallery.bin", "gallery.hex", "gallery.uf2", "gallery.elf")


def check_images(folder: Path, board: Board) -> list[CheckedImage]:
    """Read every image of a build folder, or of one with a gallery alone, again and compare it; see `read_image` for the errors.

    Images are compared with the ELF file, a Linux program with its report, and the merged image of an ESP-IDF project with its parts.

    Raises:
        DataError: an image differs, at an address that the message names, or lies where another part of the board is.
    """
    profile = profile_of(board)
    has_gallery = (folder / _GALLERIES[0]).exists()
    if (folder / PARTITIONS).exists() and ((folder / MERGED).exists() or not has_gallery):
        return check_project(folder, board) + _galleries(folder, board)
    programs = (PROGRAM,) if profile.target else ("firmware.elf", *_IMAGES)
    if not any((folder / name).exists() for name in programs) and has_gallery:
        return _galleries(folder, board)
    if profile.target:
        return [check_program(folder, board), *_galleries(folder, board)]
    try:
        elf = (folder / "firmware.elf").read_bytes()
    except OSError as error:
        raise DataError(f"{folder / 'firmware.elf'}: cannot be read ({error.strerror})", path=folder) from error
    address, expected = flash_image(elf, profile)
    present = [folder / name for name in _IMAGES if (folder / name).exists()]
    checked = [compare_image(path, address, expected, "firmware") for path in present]
    return checked + _galleries(folder, board)


def _galleries(folder: Path, board: Board) -> list[CheckedImage]:
    """The gallery's images, which must agree with each other and lie in a slot."""
    present = [folder / name for name in _GALLERIES if (folder / name).exists()]
    if not present:
        return []
    found = [read_image(path, board.slot("a").address) for path in present]
    address, expected = found[-1]
    slot = next((slot for slot in board.slots if slot.address == address), None)
    if slot is None or len(expected) > slot.size:
        raise DataError(
            f"{present[-1]}: {len(expected):,} bytes at {address:#x} do not lie in a gallery slot of {board.name}"
        )
    return [compare_image(path, address, expected, "gallery") for path in present]
