"""Resident memory of a process by library, from its ``/proc/PID/smaps``."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from edge_siamese.errors import DataError

HEAP = "heap and anonymous"
_LIBRARIES = (  # first match wins
    ("OpenCV", r"/cv2|opencv"),
    ("numpy", r"/numpy"),
    ("LiteRT", r"/ai_edge_litert|/tflite_runtime|/tensorflow"),
    ("galleries and models", r"\.(esg|tflite)$"),
    ("Python", r"python"),
    ("system libraries", r"\.so|ld-linux"),
)
_HEAD = re.compile(r"([0-9a-f]+)-([0-9a-f]+) \S+ \S+ \S+ \S+\s*(.*)")


@dataclass(frozen=True)
class Mapping:
    """One memory mapping of a process.

    Attributes:
        start, end: address range.
        path: the mapped file, a name in brackets, or empty.
        resident: bytes in memory.
        shareable: bytes in memory that still equal the mapped file, which other processes can share and the kernel can
            drop.
    """

    start: int
    end: int
    path: str
    resident: int
    shareable: int

    @property
    def library(self) -> str:
        """The library that it belongs to, `HEAP` for memory without a file."""
        if not self.path.startswith("/"):
            return HEAP
        return next((name for name, pattern in _LIBRARIES if re.search(pattern, self.path)), "other files")


@dataclass(frozen=True)
class ProcessMemory:
    """Resident memory of a process at one moment.

    Attributes:
        resident: bytes, as the kernel counts RSS.
        shareable: bytes of it that equal a mapped file.
        by_library: resident bytes by library, the largest first.
    """

    resident: int
    shareable: int
    by_library: dict[str, int]

    @classmethod
    def of(cls, mappings: Iterable[Mapping]) -> "ProcessMemory":
        """Add mappings up."""
        resident, shareable, libraries = 0, 0, dict[str, int]()
        for mapping in mappings:
            resident += mapping.resident
            shareable += mapping.shareable
            libraries[mapping.library] = libraries.get(mapping.library, 0) + mapping.resident
        ordered = sorted(libraries.items(), key=lambda entry: -entry[1])
        return cls(resident, shareable, {name: size for name, size in ordered if size})


def parse_smaps(text: str) -> Iterator[Mapping]:
    """Read the text of a ``smaps`` file.

    Raises:
        DataError: a line is not of the kernel's form.
    """
    head: tuple[int, int, str] | None = None
    values: dict[str, int] = {}
    for line in text.splitlines():
        if found := _HEAD.fullmatch(line):
            if head:
                yield _mapping(head, values)
            head, values = (int(found[1], 16), int(found[2], 16), found[3]), {}
        else:
            name, _, value = line.partition(":")
            if value.endswith(" kB"):
                values[name] = _bytes(line, value)
    if head:
        yield _mapping(head, values)


def _bytes(line: str, value: str) -> int:
    try:
        return int(value.removesuffix(" kB")) * 1024
    except ValueError as error:
        raise DataError(f"smaps: expected a number of kB, found {line!r}") from error


def _mapping(head: tuple[int, int, str], values: dict[str, int]) -> Mapping:
    resident = values.get("Rss", 0)
    return Mapping(*head, resident, max(resident - values.get("Anonymous", 0), 0) if head[2].startswith("/") else 0)


def within(mappings: Iterable[Mapping], ranges: Sequence[Sequence[int]]) -> Iterator[Mapping]:
    """The mappings that lie in address ranges; one that lies partly inside counts by the part of its addresses."""
    for mapping in mappings:
        inside = sum(max(0, min(mapping.end, end) - max(mapping.start, start)) for start, end in ranges)
        if inside:
            share = inside / (mapping.end - mapping.start)
            resident, shareable = round(mapping.resident * share), round(mapping.shareable * share)
            yield Mapping(mapping.start, mapping.end, mapping.path, resident, shareable)


def read_process_memory(process: int, ranges: Sequence[Sequence[int]] | None = None) -> ProcessMemory:
    """Memory of a running process.

    Args:
        process: its number.
        ranges: address ranges to count; None for all.
    """
    mappings = parse_smaps(Path(f"/proc/{process}/smaps").read_text())
    return ProcessMemory.of(mappings if ranges is None else within(mappings, ranges))


def read_peak(process: int) -> int:
    """The largest resident memory, in bytes, that a running process has had."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))
