"""Symbols of shared libraries that this process has loaded: names and addresses, also of functions that are not exported."""

import re
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

_SYMTAB = 2
_MAPPED = re.compile(r"([0-9a-f]+)-[0-9a-f]+ \S+ ([0-9a-f]+) \S+ \d+ +(/.*\.so\S*)$")
_ENTRY = np.dtype(
    [("name", "<u4"), ("info", "u1"), ("other", "u1"), ("section", "<u2"), ("value", "<u8"), ("size", "<u8")]
)


@dataclass(frozen=True)
class LoadedLibrary:
    """A shared library in the memory of this process.

    Attributes:
        path: its file.
        symbols: address in memory and size in bytes of each symbol, by name; empty if the file has no symbol table.
    """

    path: Path
    symbols: dict[str, tuple[int, int]]

    @classmethod
    def with_symbol(cls, name: str, of: str = "", maps: Path = Path("/proc/self/maps")) -> Self | None:
        """The first loaded library that defines a symbol; None if there is none, or the system does not list them.

        Args:
            name: the symbol.
            of: regular expression that occurs in the library's path.
            maps: list of the memory mappings of this process.
        """
        try:
            lines = maps.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return None
        starts: dict[str, int] = {}
        for line in lines:
            found = _MAPPED.match(line)
            if found and int(found[2], 16) == 0:
                starts.setdefault(found[3], int(found[1], 16))
        for file, start in starts.items():
            content = Path(file).read_bytes() if re.search(of, file) and Path(file).is_file() else b""
            symbols = read_symbols(content) if name.encode() in content else {}
            if name in symbols:
                return cls(Path(file), {key: (start + at, size) for key, (at, size) in symbols.items()})
        return None


def read_symbols(elf: bytes) -> dict[str, tuple[int, int]]:
    """Offset and size of each symbol in the symbol table of a 64-bit little-endian ELF file; empty without a table."""
    if elf[:6] != b"\x7fELF\x02\x01":
        return {}
    (sections_at,) = struct.unpack_from("<Q", elf, 40)
    size, count = struct.unpack_from("<HH", elf, 58)
    heads = [struct.unpack_from("<IIQQQQIIQQ", elf, sections_at + index * size) for index in range(count)]
    for _, kind, _, _, offset, length, link, *_ in heads:
        if kind == _SYMTAB:
            names_at = heads[link][4]
            table = np.frombuffer(elf, _ENTRY, length // _ENTRY.itemsize, offset)
            return {
                _text(elf, names_at + int(entry["name"])): (int(entry["value"]), int(entry["size"]))
                for entry in table[(table["value"] != 0) & (table["section"] != 0)]
            }
    return {}


def _text(elf: bytes, start: int) -> str:
    return elf[start : elf.index(b"\0", start)].decode("ascii", "replace")
