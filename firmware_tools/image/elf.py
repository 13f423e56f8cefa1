"""Reading ELF files of firmware: loadable bytes, sections and functions."""

import struct
from dataclasses import dataclass

from edge_siamese.errors import DataError

_HEADER = struct.Struct("<16sHHIIIIIHHHHHH")
_PROGRAM = struct.Struct("<IIIIIIII")
_SECTION = struct.Struct("<IIIIIIIIII")
_SYMBOL = struct.Struct("<IIIBBH")
_LOAD, _SYMBOL_TABLE, _FUNCTION = 1, 2, 2


@dataclass(frozen=True)
class Segment:
    """Bytes that are flashed at an address, and where they are in the file."""

    address: int
    data: bytes
    offset: int


@dataclass(frozen=True)
class Function:
    """A function: address without the Thumb bit, and size in bytes."""

    name: str
    address: int
    size: int


class Elf:
    """A 32-bit little-endian ELF file.

    Raises:
        DataError: the bytes are no such file.
    """

    def __init__(self, data: bytes) -> None:
        if len(data) < _HEADER.size or data[:6] != b"\x7fELF\x01\x01":
            raise DataError("expected a 32-bit little-endian ELF file")
        self._data = data
        fields = _HEADER.unpack_from(data)
        self._program, self._section = (fields[5], fields[9], fields[10]), (fields[6], fields[11], fields[12])
        self._names = fields[13]

    def segments(self) -> list[Segment]:
        """What is flashed, by address."""
        found = []
        offset, size, count = self._program
        for index in range(count):
            kind, at, _, address, length, _, _, _ = _PROGRAM.unpack_from(self._data, offset + index * size)
            if kind == _LOAD and length:
                found.append(Segment(address, self._data[at : at + length], at))
        return sorted(found, key=lambda segment: segment.address)

    def section_sizes(self) -> dict[str, int]:
        """Sizes of the sections by name."""
        sections = self._sections()
        names = sections[self._names]
        return {self._text(names[4] + section[0]): section[5] for section in sections if section[1]}

    def functions(self) -> list[Function]:
        """Functions of a size, by address."""
        sections, found = self._sections(), []
        for section in sections:
            if section[1] != _SYMBOL_TABLE:
                continue
            names = sections[section[6]]
            for at in range(section[4], section[4] + section[5], _SYMBOL.size):
                name, value, size, info, _, _ = _SYMBOL.unpack_from(self._data, at)
                if info & 15 == _FUNCTION and size:
                    found.append(Function(self._text(names[4] + name), value & ~1, size))
        return sorted(found, key=lambda function: function.address)

    def _sections(self) -> list[tuple[int, ...]]:
        offset, size, count = self._section
        return [_SECTION.unpack_from(self._data, offset + index * size) for index in range(count)]

    def _text(self, at: int) -> str:
        return self._data[at : self._data.index(b"\0", at)].decode("ascii", "replace")
