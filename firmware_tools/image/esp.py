"""Flash images of an ESP32: the binary partition table, and one image of everything, merged by esptool and read again."""

import csv
import hashlib
import importlib.util
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from edge_siamese.errors import DataError, RuntimeMissingError
from edge_siamese.installation import install_command

from ..boards import Board
from .build import profile_of

TABLE_ADDRESS, TABLE_SIZE = 0x8000, 0xC00
MERGED = "merged.bin"
"""The merged image's file in a project."""
_ENTRY = struct.Struct("<HBBII16sI")
_MAGIC, _DIGEST = 0x50AA, b"\xeb\xeb".ljust(16, b"\xff")
_TYPES = {"app": 0, "data": 1}
_SUBTYPES = {"factory": 0x00, "phy": 0x01, "nvs": 0x02}
_ERASED = b"\xff"
_TIMEOUT = 300


@dataclass(frozen=True)
class EspPart:
    """A file and its address in the flash."""

    name: str
    address: int
    data: bytes


def partition_table(text: str) -> bytes:
    """The binary table of a ``partitions.csv``, as the boot loader reads it.

    Raises:
        DataError: a line that is no partition, or partitions that overlap.
    """
    entries = b"".join(_ENTRY.pack(*fields) for fields in _partitions(text))
    table = entries + _DIGEST + hashlib.md5(entries, usedforsecurity=False).digest()
    return table.ljust(TABLE_SIZE, _ERASED)


def _partitions(text: str) -> Iterator[tuple[int, int, int, int, int, bytes, int]]:
    end = TABLE_ADDRESS + 0x1000
    rows = [row for row in csv.reader(text.splitlines()) if row and not row[0].lstrip().startswith("#")]
    for row in rows:
        name, kind, subtype, offset, size, *_ = (*map(str.strip, row), "", "", "", "", "")
        try:
            number = _SUBTYPES[subtype] if subtype in _SUBTYPES else int(subtype, 0)
            at, length, type_number = int(offset, 0), int(size, 0), _TYPES[kind]
        except (KeyError, ValueError):
            raise DataError(f"partitions.csv: '{', '.join(row)}' is no partition") from None
        if at < end:
            raise DataError(f"partitions.csv: '{name}' at {at:#x} begins before {end:#x}, where the one before it ends")
        end = at + length
        yield _MAGIC, type_number, number, at, length, name.encode(), 0


def esp_parts(project: Path, board: Board) -> list[EspPart]:
    """What is flashed of a project that ESP-IDF built: boot loader, partition table, application and gallery.

    Raises:
        DataError: a file is missing or too large, or ESP-IDF used another partition table.
    """
    profile = profile_of(board)
    built = project / "build"
    table = partition_table(_read(project / "partitions.csv").decode("utf-8", "replace"))
    parts = [
        EspPart("boot loader", 0, _read(built / "bootloader" / "bootloader.bin")),
        EspPart("partition table", TABLE_ADDRESS, _read(built / "partition_table" / "partition-table.bin")),
        EspPart("application", profile.code, _read(built / "edge_siamese_firmware.bin")),
        EspPart("gallery", board.slot("a").address, _read(project / "gallery.bin")),
    ]
    limits = (TABLE_ADDRESS, TABLE_SIZE, profile.code_size, board.slot("a").size)
    for part, limit in zip(parts, limits, strict=True):
        if len(part.data) > limit:
            raise DataError(f"the {part.name} has {len(part.data):,} bytes, and its place {limit:,}")
    if parts[1].data.ljust(TABLE_SIZE, _ERASED) != table:
        raise DataError(f"{built}: its partition table is not that of partitions.csv: build the project again")
    return parts


def merged_image(parts: list[EspPart], board: Board) -> bytes:
    """One image of all parts from address 0 on, merged by esptool and compared with them byte by byte.

    Raises:
        RuntimeMissingError: esptool is not installed.
        DataError: esptool failed, or its image differs.
    """
    if importlib.util.find_spec("esptool") is None:
        raise RuntimeMissingError("merging needs esptool, which is not installed: " + install_command("esptool"))
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "merged.bin"
        command = [sys.executable, "-m", "esptool", "--chip", board.name, "merge-bin", "-o", str(out)]
        for number, part in enumerate(parts):
            path = Path(folder) / f"{number}.bin"
            path.write_bytes(part.data)
            command += [f"{part.address:#x}", str(path)]
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=_TIMEOUT)
        if done.returncode or not out.exists():
            lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
            raise DataError(f"esptool cannot merge the image: {lines[-1][:200] if lines else 'no reason given'}")
        image = out.read_bytes()
    check_merged(image, parts)
    return image


def check_merged(image: bytes, parts: list[EspPart]) -> None:
    """Compare a merged image with its parts: each holds its bytes, and all else is erased.

    Raises:
        DataError: it differs, at an address that the message names.
    """
    expected = bytearray(_ERASED * max(part.address + len(part.data) for part in parts))
    for part in parts:
        expected[part.address : part.address + len(part.data)] = part.data
    if image == expected:
        return
    at = next((at for at, (one, other) in enumerate(zip(image, expected, strict=False)) if one != other), None)
    where = min(len(image), len(expected)) if at is None else at
    raise DataError(f"the merged image differs from its parts at {where:#x}")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})", path=path) from error
