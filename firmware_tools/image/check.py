"""Check of a build folder: every image holds, byte for byte, what the ELF file says."""

from dataclasses import dataclass
from pathlib import Path

from edge_siamese.errors import DataError

from ..boards import Board
from .build import flash_image, profile_of
from .formats import read_image

_IMAGES = ("firmware.bin", "firmware.hex", "firmware.uf2")
_GALLERIES = ("gallery.bin", "gallery.hex", "gallery.uf2")
_ERASED = b"\xff"


@dataclass(frozen=True)
class CheckedImage:
    """One image that was compared.

    Attributes:
        name: of its file.
        address, size: of its bytes.
        part: ``firmware`` or ``gallery``.
    """

    name: str
    address: int
    size: int
    part: str


def check_images(folder: Path, board: Board) -> list[CheckedImage]:
    """Read every image of a build folder, or of one with a gallery alone, again and compare it; see `read_image` for the errors.

    Raises:
        DataError: an image differs, at an address that the message names, or lies where another part of the board is.
    """
    profile = profile_of(board)
    if not any((folder / name).exists() for name in ("firmware.elf", *_IMAGES)) and (folder / _GALLERIES[0]).exists():
        return _galleries(folder, board)
    try:
        elf = (folder / "firmware.elf").read_bytes()
    except OSError as error:
        raise DataError(f"{folder / 'firmware.elf'}: cannot be read ({error.strerror})", path=folder) from error
    address, expected = flash_image(elf, profile)
    checked = [_compared(folder / name, address, expected, "firmware") for name in _IMAGES if (folder / name).exists()]
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
    return [_compared(path, address, expected, "gallery") for path in present]


def _compared(path: Path, address: int, expected: bytes, part: str) -> CheckedImage:
    found_at, found = read_image(path, address)
    if found_at != address:
        raise DataError(f"{path}: expected bytes from {address:#x} on, found them from {found_at:#x} on", path=path)
    size = len(expected)
    different = next((at for at in range(size) if found[at : at + 1] != expected[at : at + 1]), None)
    if different is None and found[size:].strip(_ERASED):
        different = size
    if different is not None:
        raise DataError(f"{path}: differs from the {part} at {address + different:#x}", path=path)
    return CheckedImage(path.name, address, size, part)
