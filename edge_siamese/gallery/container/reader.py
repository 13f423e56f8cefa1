"""Gallery reader: checks every byte of a file and returns views without copying."""

import mmap
import os
import stat
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import GalleryError, NewerGalleryError, NotAGalleryError
from .checks import Checks
from .content import GalleryContent, Revision
from .layout import (
    CRC_COVERED,
    ERASED,
    HEADER,
    INT8,
    MAGIC,
    PAYLOAD_SECTIONS,
    REQUIRED,
    SECTION,
    VERSION,
    Section,
    aligned,
)
from .sections import (
    check_spelling,
    read_identity_index,
    read_metadata,
    read_operating_points,
    read_people,
    read_templates,
)
from .verdicts import GalleryVerdict

Values = dict[str, Any]


def read(path: Path) -> GalleryContent:
    """Map a gallery file into memory and check it; the templates are views of the file.

    Raises:
        GalleryError: the file cannot be read.
        NotAGalleryError, DamagedGalleryError, NewerGalleryError: the file is not a gallery, is damaged, or is too new.
    """
    data = _map(path)
    content = parse(data, str(path))
    return replace(content, revision=Revision(os.path.realpath(path), header_crc(data)))


def header_crc(data: bytes | mmap.mmap) -> int:
    """The CRC-32 stored in a gallery's header."""
    return int.from_bytes(data[CRC_COVERED : HEADER.size], "little")


def _map(path: Path) -> bytes | mmap.mmap:
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as error:
        raise GalleryError(f"{path}: cannot be read ({getattr(error, 'strerror', error)})", path=path) from error
    if not stat.S_ISREG(mode):
        found = "a folder" if stat.S_ISDIR(mode) else "a device or pipe"
        raise NotAGalleryError(f"{path}: not a gallery: expected a file, found {found}", path=path)
    try:
        with path.open("rb") as file:
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if file.seek(0, 2) else b""
    except OSError as error:
        raise GalleryError(f"{path}: cannot be read ({error.strerror or error})", path=path) from error


def parse(data: bytes | mmap.mmap, source: str) -> GalleryContent:
    """Decode a gallery in a buffer, with numpy views of it; `source` is its name in messages. See `read`."""
    return _Reader(memoryview(data), source).content()


class _Reader:
    """Checks and decodes one buffer from start to end."""

    def __init__(self, data: memoryview, source: str) -> None:
        self.data, self.source, self.checks = data, source, Checks(source)

    def content(self) -> GalleryContent:
        header = self._header()
        end = HEADER.size + header["payload_length"]
        sections = self._payload(end)
        self._trailer(end)
        people = read_people(self.checks, sections[Section.IDENTITIES], header["identities"])
        count = len(people.names)
        norms = sections[Section.SQUARED_NORMS]
        templates = read_templates(self.checks, sections[Section.TEMPLATES], norms, header)
        index = read_identity_index(self.checks, sections[Section.IDENTITY_INDEX], count, len(templates))
        points = read_operating_points(self.checks, sections.get(Section.OPERATING_POINTS))
        check_spelling(self.checks, people)
        return GalleryContent(
            names=people.names,
            identifiers=people.identifiers,
            templates=templates,
            identity_index=index,
            zero_point=header["zero_point"],
            embedder_digest=header["embedder_digest"],
            operating_points=points,
            metadata=read_metadata(self.checks, sections.get(Section.METADATA), people, header),
            sequence=header["sequence"],
            source=self.source,
        )

    def _header(self) -> Values:
        self._magic()
        if len(self.data) < HEADER.size:
            self._truncated(HEADER.size, "at least ")
        header, expect = HEADER.unpack(self.data, 0), self.checks.expect
        found = zlib.crc32(self.data[:CRC_COVERED])
        expect(GalleryVerdict.HEADER_CRC, "header CRC-32", f"{found:08x}", f"{header['header_crc']:08x}")
        self._version(header["version"])
        flags = "flags (encryption is not known to this version)"
        expect(GalleryVerdict.FLAGS, flags, 0, header["flags"])
        expect(GalleryVerdict.TYPE, "data type of the templates", INT8, header["dtype"])
        self.checks.expect_zeros(GalleryVerdict.RESERVED, "header", HEADER, header)
        if header["dimension"] == 0:
            self.checks.reject(GalleryVerdict.DIMENSION, "dimension", "at least 1", "0")
        expect(GalleryVerdict.LENGTH, "payload length", aligned(header["payload_length"]), header["payload_length"])
        if HEADER.size + header["payload_length"] > len(self.data):
            self._truncated(HEADER.size + header["payload_length"])
        return header

    def _magic(self) -> None:
        if bytes(self.data[: len(MAGIC)]) != MAGIC:
            found = repr(bytes(self.data[: len(MAGIC)])) if len(self.data) else "nothing, the file is empty"
            raise NotAGalleryError(
                f"{self.source}: not a gallery: expected {MAGIC!r} at its beginning, found {found}",
                verdict=GalleryVerdict.NO_GALLERY, path=self.source, expected=MAGIC, found=found,
            )  # fmt: skip

    def _version(self, version: int) -> None:
        if version > VERSION:
            raise NewerGalleryError(
                f"{self.source}: a gallery of a newer version: expected format version {VERSION}, found {version}; "
                "use a newer edge-siamese",
                verdict=GalleryVerdict.NEWER, path=self.source, expected=VERSION, found=version,
            )  # fmt: skip
        self.checks.expect(GalleryVerdict.VERSION, "format version", VERSION, version)

    def _truncated(self, size: int, least: str = "") -> None:
        self.checks.reject(
            GalleryVerdict.TRUNCATED, "size", f"{least}{size} bytes", f"{len(self.data)}: it is truncated"
        )

    def _payload(self, end: int) -> dict[Section, memoryview]:
        found = HEADER.unpack(self.data, 0)["payload_crc"]
        crc = zlib.crc32(self.data[HEADER.size : end])
        self.checks.expect(GalleryVerdict.PAYLOAD_CRC, "payload CRC-32", f"{crc:08x}", f"{found:08x}")
        sections: dict[Section, memoryview] = {}
        for head, value in self._sections(HEADER.size, end):
            kind = self._known(head, "payload")
            if kind is None:
                continue
            if kind in sections:
                name = f"section {kind.name.lower()}"
                self.checks.reject(GalleryVerdict.DUPLICATE_SECTION, name, "one", "a second one")
            sections[kind] = value
        for kind, facts in PAYLOAD_SECTIONS.items():
            if facts.required and kind not in sections:
                self.checks.reject(GalleryVerdict.MISSING_SECTION, f"section {kind.name.lower()}", "one", "none")
        return sections

    def _known(self, head: Values, place: str) -> Section | None:
        """The section type if it is known and belongs to the payload; None if the section can be skipped."""
        if place == "payload" and head["type"] in PAYLOAD_SECTIONS:
            return Section(head["type"])
        if head["flags"] & REQUIRED:
            what, found = f"required {place} sections", f"type {head['type']:#06x}"
            self.checks.reject(GalleryVerdict.UNKNOWN_SECTION, what, "only known ones", found)
        return None

    def _trailer(self, start: int) -> None:
        for head, _ in self._sections(start, len(self.data)):
            self._known(head, "trailer")

    def _sections(self, start: int, end: int) -> Iterator[tuple[Values, memoryview]]:
        """Head and value of each section between two offsets, or up to erased flash."""
        verdict = GalleryVerdict.SECTION
        while start < end:
            if self._is_erased(start, end):
                return
            if end - start < SECTION.size:
                self.checks.reject(verdict, f"bytes at {start}", "a whole section", f"{end - start} bytes")
            head = SECTION.unpack(self.data, start)
            self.checks.expect_zeros(GalleryVerdict.RESERVED, f"section at {start}", SECTION, head)
            self.checks.expect(verdict, f"flags of the section at {start}", head["flags"] & REQUIRED, head["flags"])
            value = start + SECTION.size
            stop, following = value + head["length"], value + aligned(head["length"])
            if following > end:
                most = f"at most {end - value} bytes"
                self.checks.reject(verdict, f"section at {start}", most, f"{head['length']}")
            if any(self.data[stop:following]):
                padding = bytes(self.data[stop:following]).hex()
                self.checks.reject(verdict, f"padding at {stop}", "zeros", padding)
            yield head, self.data[value:stop]
            start = following

    def _is_erased(self, start: int, end: int) -> bool:
        """Whether only erased flash follows, as in an image padded to a page."""
        if end != len(self.data) or any(byte != ERASED for byte in self.data[start : start + SECTION.size]):
            return False
        rest = np.frombuffer(self.data, np.uint8, offset=start)
        if not (rest == ERASED).all():
            expected = "erased flash (0xff) up to the end"
            self.checks.reject(GalleryVerdict.ERASED, f"padding at {start}", expected, "other bytes")
        return True
