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

from ...errors import (
    EncryptedGalleryError,
    ExpiredGalleryError,
    GalleryError,
    NewerGalleryError,
    NotAGalleryError,
    StaleGalleryError,
)
from ..metadata import day_number, day_of
from .checks import Checks
from .content import GalleryContent, Revision
from .encryption import decrypted
from .layout import (
    CRC_COVERED,
    ENCRYPTED,
    ERASED,
    FARTHEST_ZERO_POINT,
    HEADER,
    INT4,
    INT8,
    MAGIC,
    PAYLOAD_SECTIONS,
    REQUIRED,
    SECTION,
    SIGNATURE,
    TRAILER_SECTIONS,
    VERSION,
    Section,
    aligned,
    fits_int4,
)
from .requirements import NO_REQUIREMENTS, Requirements
from .sections import (
    check_spelling,
    read_identity_index,
    read_metadata,
    read_operating_points,
    read_people,
    read_templates,
)
from .signature import KeySignature, check_signatures, signatures_in
from .verdicts import GalleryVerdict

Values = dict[str, Any]


def read(path: Path, requirements: Requirements = NO_REQUIREMENTS) -> GalleryContent:
    """Map a gallery file into memory and check it; templates of 8 bits are views of the file, unless it is encrypted.

    Raises:
        GalleryError: the file cannot be read; or see `parse`.
    """
    data = map_file(path)
    content = parse(data, str(path), requirements)
    return replace(content, revision=Revision(os.path.realpath(path), header_crc(data)))


def header_crc(data: bytes | mmap.mmap) -> int:
    """The CRC-32 stored in a gallery's header."""
    return int.from_bytes(data[CRC_COVERED : HEADER.size], "little")


def map_file(path: Path) -> bytes | mmap.mmap:
    """The bytes of a regular file, mapped into memory.

    Raises:
        GalleryError: it cannot be read.
        NotAGalleryError: it is a folder, device or pipe.
    """
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as error:
        raise GalleryError(f"{path}: cannot be read ({getattr(error, 'strerror', error)})", path=path) from error
    if not stat.S_ISREG(mode):
        found = "a folder" if stat.S_ISDIR(mode) else "a device or pipe"
        raise NotAGalleryError(
            f"{path}: not a gallery: expected a file, found {found}", verdict=GalleryVerdict.NO_GALLERY, path=path
        )
    try:
        with path.open("rb") as file:
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if file.seek(0, 2) else b""
    except OSError as error:
        raise GalleryError(f"{path}: cannot be read ({error.strerror or error})", path=path) from error


def parse(data: bytes | mmap.mmap, source: str, requirements: Requirements = NO_REQUIREMENTS) -> GalleryContent:
    """Decode a gallery in a buffer, with numpy views of it.

    Args:
        data: the bytes of the file.
        source: name of the gallery in messages.
        requirements: what is required besides that the gallery is whole.

    Raises:
        NotAGalleryError, DamagedGalleryError, NewerGalleryError: it is not a gallery, is damaged, or is too new.
        EncryptedGalleryError: it is encrypted, and there is no key or another one.
        UntrustedGalleryError: it is not signed as required, or a signature is wrong.
        StaleGalleryError, ExpiredGalleryError: its sequence number is too low, or its last day is over.
    """
    return _Reader(memoryview(data), source, requirements).content()


class _Reader:
    """Checks and decodes one buffer from start to end."""

    def __init__(self, data: memoryview, source: str, requirements: Requirements) -> None:
        self.data, self.source, self.requirements = data, source, requirements
        self.checks = Checks(source)

    def content(self) -> GalleryContent:
        header = self._header()
        end = HEADER.size + header["payload_length"]
        self._payload_crc(header, end)
        encrypted = bool(header["flags"] & ENCRYPTED)
        sections = {} if encrypted else self._payload(self.data, end)
        signatures = self._trailer(end)
        check_signatures(self.source, self.data[:end], signatures, self.requirements)
        if encrypted:
            assert self.requirements.decryption_key is not None
            plain = decrypted(self.data[:end], self.requirements.decryption_key(), self.source)
            sections = self._payload(memoryview(plain), len(plain))
        content = self._decoded(sections, header)
        self._current(header)
        return replace(content, encrypted=encrypted, signed_by=tuple(each.key_id.hex() for each in signatures))

    def _decoded(self, sections: dict[Section, memoryview], header: Values) -> GalleryContent:
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
            bits=4 if header["dtype"] == INT4 else 8,
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
        expect(GalleryVerdict.FLAGS, "flags", header["flags"] & ENCRYPTED, header["flags"])
        if header["flags"] & ENCRYPTED and self.requirements.decryption_key is None:
            raise EncryptedGalleryError(
                f"{self.source}: an encrypted gallery: expected a key, found none; 'decryption-key' of the "
                "configuration's [trust] says where it is",
                verdict=GalleryVerdict.ENCRYPTED, path=self.source,
            )  # fmt: skip
        self._data_type(header)
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

    def _data_type(self, header: Values) -> None:
        if header["dtype"] not in (INT8, INT4):
            found = str(header["dtype"])
            self.checks.reject(GalleryVerdict.TYPE, "data type of the templates", f"{INT8} or {INT4}", found)
        dimension, zero_point = header["dimension"], header["zero_point"]
        if header["dtype"] == INT4 and not fits_int4(dimension, zero_point):
            expected = f"an even one, and a zero point from {-FARTHEST_ZERO_POINT} to {FARTHEST_ZERO_POINT}"
            what, found = "dimension of int4 templates", f"{dimension} and {zero_point}"
            self.checks.reject(GalleryVerdict.TYPE, what, expected, found)

    def _truncated(self, size: int, least: str = "") -> None:
        self.checks.reject(
            GalleryVerdict.TRUNCATED, "size", f"{least}{size} bytes", f"{len(self.data)}: it is truncated"
        )

    def _payload_crc(self, header: Values, end: int) -> None:
        crc, found = zlib.crc32(self.data[HEADER.size : end]), header["payload_crc"]
        self.checks.expect(GalleryVerdict.PAYLOAD_CRC, "payload CRC-32", f"{crc:08x}", f"{found:08x}")

    def _payload(self, data: memoryview, end: int) -> dict[Section, memoryview]:
        """The sections of a plain payload, of the file or decrypted."""
        sections = self._known_sections(self._sections(data, HEADER.size, end), "payload")
        for kind, facts in PAYLOAD_SECTIONS.items():
            if facts.required and kind not in sections:
                self.checks.reject(GalleryVerdict.MISSING_SECTION, f"section {kind.name.lower()}", "one", "none")
        return sections

    def _trailer(self, start: int) -> list[KeySignature]:
        """The signatures behind the payload."""
        sections = self._known_sections(self._sections(self.data, start, len(self.data)), "trailer")
        value = sections.get(Section.SIGNATURES, memoryview(b""))
        if len(value) % SIGNATURE.size:
            expected = f"records of {SIGNATURE.size} bytes"
            self.checks.reject(GalleryVerdict.SECTION, "section signatures", expected, f"{len(value)} bytes")
        return signatures_in(value)

    def _known_sections(self, found: Iterator[tuple[Values, memoryview]], place: str) -> dict[Section, memoryview]:
        """The sections that are known and belong to the place; others are skipped unless they are required."""
        known = PAYLOAD_SECTIONS if place == "payload" else TRAILER_SECTIONS
        sections: dict[Section, memoryview] = {}
        for head, value in found:
            if head["type"] in known:
                kind = Section(head["type"])
                name, required = f"section {kind.name.lower()}", REQUIRED if known[kind].required else 0
                self.checks.expect(GalleryVerdict.SECTION, f"flags of the {name}", required, head["flags"])
                if kind in sections:
                    self.checks.reject(GalleryVerdict.DUPLICATE_SECTION, name, "one", "a second one")
                sections[kind] = value
            elif head["flags"] & REQUIRED:
                what, unknown = f"required {place} sections", f"type {head['type']:#06x}"
                self.checks.reject(GalleryVerdict.UNKNOWN_SECTION, what, "only known ones", unknown)
        return sections

    def _sections(self, data: memoryview, start: int, end: int) -> Iterator[tuple[Values, memoryview]]:
        """Head and value of each section between two offsets, or up to erased flash."""
        verdict = GalleryVerdict.SECTION
        while start < end:
            if self._is_erased(data, start, end):
                return
            if end - start < SECTION.size:
                self.checks.reject(verdict, f"bytes at {start}", "a whole section", f"{end - start} bytes")
            head = SECTION.unpack(data, start)
            self.checks.expect_zeros(GalleryVerdict.RESERVED, f"section at {start}", SECTION, head)
            self.checks.expect(verdict, f"flags of the section at {start}", head["flags"] & REQUIRED, head["flags"])
            value = start + SECTION.size
            stop, following = value + head["length"], value + aligned(head["length"])
            if following > end:
                most = f"at most {end - value} bytes"
                self.checks.reject(verdict, f"section at {start}", most, f"{head['length']}")
            if any(data[stop:following]):
                self.checks.reject(verdict, f"padding at {stop}", "zeros", bytes(data[stop:following]).hex())
            yield head, data[value:stop]
            start = following

    def _is_erased(self, data: memoryview, start: int, end: int) -> bool:
        """Whether only erased flash follows, as in an image padded to a page."""
        if end != len(data) or any(byte != ERASED for byte in data[start : start + SECTION.size]):
            return False
        if not (np.frombuffer(data, np.uint8, offset=start) == ERASED).all():
            expected = "erased flash (0xff) up to the end"
            self.checks.reject(GalleryVerdict.ERASED, f"padding at {start}", expected, "other bytes")
        return True

    def _current(self, header: Values) -> None:
        """Check sequence number and last day."""
        lowest, last = self.requirements.min_sequence, header["retain_until"]
        if header["sequence"] < lowest:
            raise StaleGalleryError(
                f"{self.source}: a stale gallery: expected sequence number {lowest} or a higher one, which was accepted "
                f"before, found {header['sequence']}",
                verdict=GalleryVerdict.STALE, path=self.source, expected=lowest, found=header["sequence"],
            )  # fmt: skip
        day = self.requirements.day
        if day is not None and last and day_number(day) > last:
            raise ExpiredGalleryError(
                f"{self.source}: an expired gallery: its last day was {day_of(last)}, today is {day}",
                verdict=GalleryVerdict.EXPIRED, path=self.source, expected=day_of(last), found=day,
            )  # fmt: skip
