"""Symbols of loaded libraries are found by name, with their address in memory."""

import struct
from pathlib import Path

from edge_siamese_benchmarks.timing.symbols import LoadedLibrary, read_symbols


def elf_with_symbols(symbols: dict[str, tuple[int, int]]) -> bytes:
    """A 64-bit ELF file with nothing but a symbol table."""
    names = b"\0" + b"".join(name.encode() + b"\0" for name in symbols)
    table, at = bytes(24), 1
    for name, (value, size) in symbols.items():
        table += struct.pack("<IBBHQQ", at, 0, 0, 1, value, size)
        at += len(name) + 1
    head = 64
    sections = [
        struct.pack("<IIQQQQIIQQ", 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
        struct.pack("<IIQQQQIIQQ", 0, 2, 0, 0, head, len(table), 2, 0, 8, 24),
        struct.pack("<IIQQQQIIQQ", 0, 3, 0, 0, head + len(table), len(names), 0, 0, 1, 0),
    ]
    start = head + len(table) + len(names)
    header = b"\x7fELF\x02\x01" + bytes(34) + struct.pack("<Q", start) + bytes(10) + struct.pack("<HHH", 64, 3, 0)
    return header + table + names + b"".join(sections)


def test_every_symbol_of_a_table() -> None:
    symbols = {"first": (0x1000, 8), "second_one": (0x2000, 0)}
    assert read_symbols(elf_with_symbols(symbols)) == symbols


def test_something_else_has_no_symbols() -> None:
    assert read_symbols(b"") == {}
    assert read_symbols(b"\x7fELF\x01\x01" + bytes(100)) == {}


def test_a_library_is_found_among_the_mapped_files(tmp_path: Path) -> None:
    wanted, other = tmp_path / "libwanted.so", tmp_path / "libother.so.1"
    wanted.write_bytes(elf_with_symbols({"table": (0x20, 16)}))
    other.write_bytes(elf_with_symbols({"nothing": (0x10, 1)}))
    maps = tmp_path / "maps"
    maps.write_text(
        f"55d0-55d1 r--p 00000000 fe:00 5 /usr/bin/python3\n"
        f"7f00-7f10 r--p 00000000 fe:00 6     {other}\n"
        f"8f00-8f10 r--p 00000000 fe:00 7     {wanted}\n"
        f"8f10-8f20 r-xp 00010000 fe:00 7     {wanted}\n"
    )
    library = LoadedLibrary.with_symbol("table", maps=maps)
    assert library == LoadedLibrary(wanted, {"table": (0x8F20, 16)})
    assert LoadedLibrary.with_symbol("table", of="tflite", maps=maps) is None
    assert LoadedLibrary.with_symbol("absent", maps=maps) is None
    assert LoadedLibrary.with_symbol("table", maps=tmp_path / "none") is None
