"""Gallery reader: checks every byte of a file and returns views without copying."""

import mmap
import os
import stat
import uuid
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

from ...errors import DamagedGalleryError, GalleryError, NewerGalleryError, NotAGalleryError
from ...names import problem_of
from ...operating_point import OperatingPoint
from .. import metadata as about
from .content import GalleryContent, Revision, squared_norms
from .layout import (
    CRC_COVERED,
    ERASED,
    HEADER,
    IDENTITY,
    INT8,
    MAGIC,
    OPERATING_POINT,
    PAYLOAD_SECTIONS,
    REQUIRED,
    SECTION,
    VERSION,
    Record,
    Section,
    aligned,
)

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
        self.data, self.source = data, source

    def content(self) -> GalleryContent:
        header = self._header()
        end = HEADER.size + header["payload_length"]
        sections = self._payload(end)
        self._trailer(end)
        names, identifiers = self._identities(sections[Section.IDENTITIES], header["identities"])
        templates = self._templates(sections, header)
        return GalleryContent(
            names=names,
            identifiers=identifiers,
            templates=templates,
            identity_index=self._owners(sections[Section.IDENTITY_INDEX], len(names), len(templates)),
            zero_point=header["zero_point"],
            embedder_digest=header["embedder_digest"],
            operating_points=self._operating_points(sections.get(Section.OPERATING_POINTS)),
            metadata=self._metadata(sections.get(Section.METADATA), names),
            sequence=header["sequence"],
            source=self.source,
        )

    def _header(self) -> Values:
        if bytes(self.data[: len(MAGIC)]) != MAGIC:
            found = repr(bytes(self.data[: len(MAGIC)])) if len(self.data) else "nothing, the file is empty"
            raise NotAGalleryError(
                f"{self.source}: not a gallery: expected {MAGIC!r} at its beginning, found {found}",
                path=self.source, expected=MAGIC, found=found,
            )  # fmt: skip
        if len(self.data) < HEADER.size:
            self._reject("size", f"at least {HEADER.size} bytes", f"{len(self.data)}: it is truncated")
        header = HEADER.unpack(self.data, 0)
        self._expect("header CRC-32", f"{zlib.crc32(self.data[:CRC_COVERED]):08x}", f"{header['header_crc']:08x}")
        if header["version"] > VERSION:
            raise NewerGalleryError(
                f"{self.source}: a gallery of a newer version: expected format version {VERSION}, found "
                f"{header['version']}; use a newer edge-siamese",
                path=self.source,
                expected=VERSION,
                found=header["version"],
            )
        self._expect("format version", VERSION, header["version"])
        self._expect("flags (encryption is not known to this version)", 0, header["flags"])
        self._expect("data type of the templates", INT8, header["dtype"])
        self._expect_zeros("header", HEADER, header)
        if header["dimension"] == 0:
            self._reject("dimension", "at least 1", "0")
        self._expect("payload length", aligned(header["payload_length"]), header["payload_length"])
        if HEADER.size + header["payload_length"] > len(self.data):
            self._reject(
                "size", f"{HEADER.size + header['payload_length']} bytes", f"{len(self.data)}: it is truncated"
            )
        return header

    def _payload(self, end: int) -> dict[Section, memoryview]:
        found = HEADER.unpack(self.data, 0)["payload_crc"]
        self._expect("payload CRC-32", f"{zlib.crc32(self.data[HEADER.size : end]):08x}", f"{found:08x}")
        sections: dict[Section, memoryview] = {}
        for head, value in self._sections(HEADER.size, end):
            kind = self._known(head, "payload")
            if kind is None:
                continue
            if kind in sections:
                self._reject(f"section {kind.name.lower()}", "one", "a second one")
            sections[kind] = value
        for kind, facts in PAYLOAD_SECTIONS.items():
            if facts.required and kind not in sections:
                self._reject(f"section {kind.name.lower()}", "one", "none")
        return sections

    def _known(self, head: Values, place: str) -> Section | None:
        """The section type if it is known and belongs to the payload; None if the section can be skipped."""
        if place == "payload" and head["type"] in PAYLOAD_SECTIONS:
            return Section(head["type"])
        if head["flags"] & REQUIRED:
            self._reject(f"required {place} sections", "only known ones", f"type {head['type']:#06x}")
        return None

    def _trailer(self, start: int) -> None:
        for head, _ in self._sections(start, len(self.data)):
            self._known(head, "trailer")

    def _sections(self, start: int, end: int) -> Iterator[tuple[Values, memoryview]]:
        """Head and value of each section between two offsets, or up to erased flash."""
        while start < end:
            if self._is_erased(start, end):
                return
            if end - start < SECTION.size:
                self._reject(f"bytes at {start}", "a whole section", f"{end - start} bytes")
            head = SECTION.unpack(self.data, start)
            self._expect_zeros(f"section at {start}", SECTION, head)
            self._expect(f"flags of the section at {start}", head["flags"] & REQUIRED, head["flags"])
            value = start + SECTION.size
            stop, following = value + head["length"], value + aligned(head["length"])
            if following > end:
                self._reject(f"section at {start}", f"at most {end - value} bytes", f"{head['length']}")
            if any(self.data[stop:following]):
                self._reject(f"padding at {stop}", "zeros", bytes(self.data[stop:following]).hex())
            yield head, self.data[value:stop]
            start = following

    def _is_erased(self, start: int, end: int) -> bool:
        """Whether only erased flash follows, as in an image padded to a page."""
        if end != len(self.data) or any(byte != ERASED for byte in self.data[start : start + SECTION.size]):
            return False
        rest = np.frombuffer(self.data, np.uint8, offset=start)
        if not (rest == ERASED).all():
            self._reject(f"padding at {start}", "erased flash (0xff) up to the end", "other bytes")
        return True

    def _identities(self, value: memoryview, count: int) -> tuple[tuple[str, ...], tuple[uuid.UUID, ...]]:
        records = count * IDENTITY.size
        if len(value) < records:
            self._reject("section identities", f"at least {records} bytes for {count} people", f"{len(value)}")
        names, identifiers, offset = [], [], records
        for index in range(count):
            record = IDENTITY.unpack(value, index * IDENTITY.size)
            self._expect_zeros(f"identity {index}", IDENTITY, record)
            self._expect(f"offset of name {index}", offset, record["name_offset"])
            stop = offset + record["name_length"]
            if stop >= len(value) or value[stop] != 0:
                self._reject(f"name {index}", "to end with a NUL inside its section", "none")
            names.append(self._name(bytes(value[offset:stop])))
            identifiers.append(uuid.UUID(bytes=record["uuid"]))
            offset = stop + 1
        self._expect("length of the section identities", offset, len(value))
        if list(names) != sorted(set(names)):
            self._reject("names", "each once, sorted", ", ".join(names[:5]))
        self._expect("number of different identifiers", count, len(set(identifiers)))
        return tuple(names), tuple(identifiers)

    def _name(self, encoded: bytes) -> str:
        try:
            name = encoded.decode()
        except UnicodeDecodeError:
            self._reject("a name", "UTF-8", encoded[:40].hex())
        problem = problem_of(name)
        if problem:
            self._reject("a name", "one that can be shown", f"{name[:40]!r}, which {problem}")
        return name

    def _templates(self, sections: dict[Section, memoryview], header: Values) -> npt.NDArray[np.int8]:
        count, dimension = header["templates"], header["dimension"]
        templates = self._array(sections[Section.TEMPLATES], "int8", count * dimension, "templates")
        templates = templates.reshape(count, dimension)
        stored = self._array(sections[Section.SQUARED_NORMS], "<u4", count, "squared_norms")
        wrong = np.flatnonzero(squared_norms(templates, header["zero_point"]) != stored)
        if len(wrong):
            self._reject("squared norms", "those of the templates", f"another at template {wrong[0]}")
        return templates

    def _owners(self, value: memoryview, people: int, templates: int) -> npt.NDArray[np.uint32]:
        identity_index: npt.NDArray[np.uint32] = self._array(value, "<u4", templates, "identity_index")
        if (
            not np.array_equal(np.unique(identity_index), np.arange(people))
            or (identity_index[1:] < identity_index[:-1]).any()
        ):
            self._reject(
                "identity_index",
                f"sorted, each of 0 to {people - 1} at least once",
                f"{identity_index[:8].tolist()} ...",
            )
        return identity_index

    def _operating_points(self, value: memoryview | None) -> tuple[OperatingPoint, ...]:
        if value is None:
            return ()
        if len(value) % OPERATING_POINT.size:
            self._reject("section operating_points", f"records of {OPERATING_POINT.size} bytes", f"{len(value)} bytes")
        points = tuple(
            self._operating_point(OPERATING_POINT.unpack(value, offset))
            for offset in range(0, len(value), OPERATING_POINT.size)
        )
        targets = [point.target_fmr for point in points]
        if targets != sorted(set(targets)):
            self._reject("operating points", "different rates, strictest first", f"{targets}")
        return points

    def _operating_point(self, fields: Values) -> OperatingPoint:
        self._expect_zeros("operating point", OPERATING_POINT, fields)
        names = ("target_fmr", "fmr_upper_95", "fnmr", "impostor_pairs", "people")
        point = OperatingPoint(
            **{n: fields[n] for n in names},
            threshold_q15=fields["threshold"],
            dataset_digest=fields["dataset_digest"].hex(),
        )
        rates = (point.target_fmr, point.fmr_upper_95, point.fnmr)
        if not (0.0 < point.target_fmr < 1.0 and all(0.0 <= rate <= 1.0 for rate in rates)):
            self._reject("rates of an operating point", "between 0 and 1", f"{rates}")
        return point

    def _metadata(self, value: memoryview | None, names: tuple[str, ...]) -> Values:
        try:
            metadata = {} if value is None else about.from_bytes(bytes(value))
        except ValueError as error:
            self._reject("metadata", "a JSON object", f"one that cannot be read ({error})")
        strangers = sorted(set(metadata.get("people", {})) - set(names))
        if strangers:
            self._reject("metadata", "only about people in the gallery", f"{strangers[0]!r}")
        return metadata

    def _array(self, value: memoryview, dtype: str, count: int, section: str) -> npt.NDArray[Any]:
        self._expect(f"bytes in the section {section}", count * np.dtype(dtype).itemsize, len(value))
        return np.frombuffer(value, dtype)

    def _expect_zeros(self, what: str, record: Record, values: Values) -> None:
        reserved = record.reserved_bytes(values)
        self._expect(f"reserved bytes of the {what}", bytes(len(reserved)).hex(), reserved.hex())

    def _expect(self, what: str, expected: object, found: object) -> None:
        if expected != found:
            self._reject(what, str(expected), str(found))

    def _reject(self, what: str, expected: str, found: str) -> NoReturn:
        raise DamagedGalleryError(
            f"{self.source}: a damaged gallery: {what}: expected {expected}, found {found}",
            path=self.source, expected=expected, found=found,
        )  # fmt: skip
