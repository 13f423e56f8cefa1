"""Comparison of one image file with the bytes that it must hold."""

from dataclasses import dataclass
from pathlib import Path

from edge_siamese.errors import DataError

from .formats import read_image

_ERASED = b"\xff"


@dataclass(frozen=True)
class CheckedImage:
    """One image that was compared.

    Attributes:
        name: of its file.
        address, size: of its bytes.
        part: what it holds, such as ``firmware`` or ``gallery``.
    """

    name: str
    address: int
    size: int
    part: str


def compare_image(path: Path, address: int, expected: bytes, part: str) -> CheckedImage:
    """Read an image again and compare it; behind the expected bytes it may have erased ones. See `read_image` for more errors.

    Raises:
        DataError: it lies elsewhere, or differs at an address that the message names.
    """
    found_at, found = read_image(path, address)
    if found_at != address:
        raise DataError(f"{path}: expected bytes from {address:#x} on, found them from {found_at:#x} on", path=path)
    size = len(expected)
    different = None if found[:size] == expected else _first_difference(found, expected)
    if different is None and found[size:].strip(_ERASED):
        different = size
    if different is not None:
        raise DataError(f"{path}: differs from the {part} at {address + different:#x}", path=path)
    return CheckedImage(path.name, address, size, part)


def _first_difference(found: bytes, expected: bytes) -> int:
    return next(at for at in range(len(expected)) if found[at : at + 1] != expected[at : at + 1])
