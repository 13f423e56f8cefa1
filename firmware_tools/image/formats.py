"""Image formats: UF2, and reading back what was written."""

import io
import struct
from pathlib import Path

from edge_siamese.errors import DataError, RuntimeMissingError

from .gallery_elf import read_gallery_elf

_BLOCK = struct.Struct("<8I476sI")
_MAGIC, _SECOND_MAGIC, _LAST_MAGIC = 0x0A324655, 0x9E5D5157, 0x0AB16F30
_HAS_FAMILY = 0x2000
_PAYLOAD = 256


def uf2(data: bytes, address: int, family: int) -> bytes:
    """Encode bytes at an address as a UF2 file for a family of boards."""
    count = -(-len(data) // _PAYLOAD)
    blocks = []
    for number in range(count):
        part = data[number * _PAYLOAD : (number + 1) * _PAYLOAD].ljust(_PAYLOAD, b"\xff")
        place = address + number * _PAYLOAD
        fields = (_MAGIC, _SECOND_MAGIC, _HAS_FAMILY, place, _PAYLOAD, number, count, family)
        blocks.append(_BLOCK.pack(*fields, part, _LAST_MAGIC))
    return b"".join(blocks)


def read_image(path: Path, address: int) -> tuple[int, bytes]:
    """Address and bytes of a ``.bin`` (which lies at `address`), ``.hex`` or ``.uf2`` file, or of a gallery's ``.elf``.

    Raises:
        DataError: the file cannot be read, or is not of its format.
        RuntimeMissingError: the package intelhex or pyelftools is not installed.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})", path=path) from error
    if path.suffix == ".hex":
        return _read_hex(data, path)
    if path.suffix == ".elf":
        return read_gallery_elf(data, path)
    return _read_uf2(data, path) if path.suffix == ".uf2" else (address, data)


def _read_uf2(data: bytes, path: Path) -> tuple[int, bytes]:
    parts, first = [], 0
    if not data or len(data) % _BLOCK.size:
        raise DataError(f"{path}: expected UF2 blocks of {_BLOCK.size} bytes, found {len(data)} bytes", path=path)
    for number in range(len(data) // _BLOCK.size):
        magic, second, _, place, size, index, count, _, payload, last = _BLOCK.unpack_from(data, number * _BLOCK.size)
        first = place if number == 0 else first
        whole = (magic, second, last) == (_MAGIC, _SECOND_MAGIC, _LAST_MAGIC) and size == _PAYLOAD
        if not whole or index != number or count != len(data) // _BLOCK.size or place != first + number * _PAYLOAD:
            raise DataError(f"{path}: block {number} is not the one that belongs there", path=path)
        parts.append(payload[:_PAYLOAD])
    return first, b"".join(parts)


def _read_hex(data: bytes, path: Path) -> tuple[int, bytes]:
    try:
        from intelhex import HexReaderError, IntelHex
    except ImportError as error:
        raise RuntimeMissingError(
            "reading Intel HEX needs intelhex, which is not installed: pip install 'edge-siamese[firmware]'"
        ) from error
    try:
        image = IntelHex(io.StringIO(data.decode("ascii")))
    except (HexReaderError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: not Intel HEX ({error})", path=path) from error
    image.padding = 0xFF
    return int(image.minaddr() or 0), bytes(image.tobinarray())
