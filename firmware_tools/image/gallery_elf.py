"""A gallery as an ELF file with one section, at the address of its slot: for debuggers, programmers and linkers."""

import io
import struct
from pathlib import Path

from edge_siamese.errors import DataError, RuntimeMissingError
from edge_siamese.installation import install_command

from ..boards import Board, Slot

SECTION = ".edge_siamese_gallery"
_HEADER, _PROGRAM, _SECTION = struct.Struct("<16sHHIIIIIHHHHHH"), struct.Struct("<8I"), struct.Struct("<10I")
_MACHINES = {"cortex": 40, "xtensa": 94}
_EXECUTABLE, _LOAD, _READABLE, _BITS, _STRINGS, _ALLOCATED = 2, 1, 4, 1, 3, 2
_ALIGNMENT = 16


def gallery_elf(data: bytes, board: Board, slot: Slot) -> bytes:
    """A 32-bit ELF file of a gallery's image.

    Args:
        data: whole erase pages.
        board: whose processor the file names.
        slot: where the section lies.

    Raises:
        DataError: the board's galleries are files, or its processor is unknown.
    """
    machine = _MACHINES.get(board.cpu.split("-")[0])
    if machine is None or (board.firmware is not None and board.firmware.target):
        raise DataError(
            f"{board.name}: an ELF file of a gallery is for a microcontroller's flash; it takes gallery.bin"
        )
    names = b"\0" + SECTION.encode() + b"\0.shstrtab\0"
    at = -(-(_HEADER.size + _PROGRAM.size) // _ALIGNMENT) * _ALIGNMENT
    sections = at + len(data) + -(-len(names) // 4) * 4
    identity = b"\x7fELF\x01\x01\x01"
    sizes = (_HEADER.size, _PROGRAM.size, 1, _SECTION.size, 3, 2)
    header = _HEADER.pack(identity, _EXECUTABLE, machine, 1, 0, _HEADER.size, sections, 0, *sizes)
    program = _PROGRAM.pack(_LOAD, at, slot.address, slot.address, len(data), len(data), _READABLE, _ALIGNMENT)
    table = (
        bytes(_SECTION.size)
        + _SECTION.pack(1, _BITS, _ALLOCATED, slot.address, at, len(data), 0, 0, _ALIGNMENT, 0)
        + _SECTION.pack(2 + len(SECTION), _STRINGS, 0, 0, at + len(data), len(names), 0, 0, 1, 0)
    )
    return ((header + program).ljust(at, b"\0") + data + names).ljust(sections, b"\0") + table


def read_gallery_elf(data: bytes, path: Path) -> tuple[int, bytes]:
    """Address and bytes of the gallery's section, which the file's one segment must hold too.

    Raises:
        DataError: the file is no such ELF file.
        RuntimeMissingError: the package pyelftools is not installed.
    """
    try:
        from elftools.common.exceptions import ELFError
        from elftools.elf.elffile import ELFFile
    except ImportError as error:
        raise RuntimeMissingError(
            "reading ELF files needs pyelftools, which is not installed: " + install_command("edge-siamese[firmware]")
        ) from error
    try:
        file = ELFFile(io.BytesIO(data))
        section = file.get_section_by_name(SECTION)
        found = None if section is None else (int(section["sh_addr"]), bytes(section.data()))
        segments = [(int(each["p_paddr"]), bytes(each.data())) for each in file.iter_segments("PT_LOAD")]
    except (
        ELFError,
        ValueError,
        KeyError,
        AttributeError,
        AssertionError,
        OverflowError,
        OSError,
        MemoryError,
    ) as error:
        raise DataError(
            f"{path}: not an ELF file that can be read ({error or type(error).__name__})", path=path
        ) from error
    if found is None:
        raise DataError(f"{path}: there is no section {SECTION}", path=path)
    if segments != [found]:
        raise DataError(f"{path}: its section {SECTION} is not what its segment loads", path=path)
    return found
