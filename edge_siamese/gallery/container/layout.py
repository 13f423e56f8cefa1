"""Layout of the ``.esg`` container: every record, field and section type, in file order.

The reader, the writer, ``docs/formats.md`` and the C header of the firmware tools use this table. Everything is
little-endian and starts at a multiple of 16 bytes, so that a board can read a gallery in place from flash.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from typing import Any

from ...names import LONGEST_NAME

MAGIC = b"ESG1"
VERSION = 1
INT8 = 1
INT4 = 2
FARTHEST_ZERO_POINT = 120
"""Of int4 templates: all of their values fit int8."""
ALIGNMENT = 16
REQUIRED = 1
ENCRYPTED = 1
ERASED = 0xFF


@dataclass(frozen=True)
class Field:
    """One field of a record; fields whose name begins with ``zero`` are reserved and contain zeros.

    Attributes:
        name: name in Python and C.
        code: format code of the `struct` module.
        meaning: description in one line.
    """

    name: str
    code: str
    meaning: str

    @property
    def size(self) -> int:
        return struct.calcsize("<" + self.code)

    @property
    def reserved(self) -> bool:
        return self.name.startswith("zero") and self.name != "zero_point"


@dataclass(frozen=True)
class Record:
    """A little-endian record of fixed size without hidden padding."""

    name: str
    meaning: str
    fields: tuple[Field, ...]

    @cached_property
    def _struct(self) -> struct.Struct:
        return struct.Struct("<" + "".join(field.code for field in self.fields))

    @property
    def size(self) -> int:
        return self._struct.size

    def placed(self) -> Iterator[tuple[int, Field]]:
        """Every field with its offset in bytes."""
        offset = 0
        for field in self.fields:
            yield offset, field
            offset += field.size

    def pack(self, **values: Any) -> bytes:
        """Encode the record; reserved fields are zero."""
        return self._struct.pack(*(bytes(f.size) if f.reserved else values[f.name] for f in self.fields))

    def unpack(self, data: memoryview, offset: int) -> dict[str, Any]:
        """Decode the fields at an offset, by name."""
        return dict(zip((f.name for f in self.fields), self._struct.unpack_from(data, offset), strict=True))

    def reserved_bytes(self, values: dict[str, Any]) -> bytes:
        """The bytes of all reserved fields in unpacked `values`."""
        return b"".join(values[field.name] for field in self.fields if field.reserved)


HEADER = Record(
    "header",
    "The first bytes of the file; on flash they are written last",
    (
        Field("magic", "4s", 'the characters "ESG1"'),
        Field("version", "H", "version of the format: 1"),
        Field("flags", "H", "bit 0: the payload is encrypted"),
        Field("dimension", "H", "D, numbers in a template"),
        Field("dtype", "B", "1 = int8, 2 = int4; int4 needs an even dimension and a zero point from -120 to 120"),
        Field("zero_point", "b", "value of a template that represents 0"),
        Field("identities", "I", "N"),
        Field("templates", "I", "T, at least N"),
        Field("sequence", "I", "increases with every rewrite, so that an older gallery can be detected"),
        Field("embedder_digest", "16s", "first 16 bytes of the embedder's SHA-256"),
        Field("payload_length", "I", "bytes from offset 64, a multiple of 16"),
        Field("payload_crc", "I", "CRC-32 of the payload"),
        Field("retain_until", "I", "last day of use, in days since 1970-01-01; 0 = no last day"),
        Field("zero", "8s", "reserved"),
        Field("header_crc", "I", "CRC-32 of bytes 0 to 59"),
    ),
)
CRC_COVERED = HEADER.size - 4

SECTION = Record(
    "section",
    "Before the value of every section of the payload and of the trailer",
    (
        Field("type", "H", "see the table of sections"),
        Field("flags", "H", "bit 0: a reader that does not know the type must reject the file"),
        Field("length", "I", "bytes of the value, without its zero padding to a multiple of 16"),
        Field("zero", "8s", "reserved"),
    ),
)

IDENTITY = Record(
    "identity",
    "One person; N of them are followed by the names in the same order, each UTF-8 with a NUL behind it",
    (
        Field("uuid", "16s", "RFC 9562; version 5, made from the name the person was enrolled by"),
        Field("name_offset", "I", "where the name begins, from the start of the section's value"),
        Field("name_length", "I", f"bytes of the name without the NUL, 1 to {LONGEST_NAME}"),
        Field("retain_until", "I", "last day the person may be named, in days since 1970-01-01; 0 = no last day"),
        Field("zero", "4s", "reserved"),
    ),
)

OPERATING_POINT = Record(
    "operating_point",
    "Where to accept, and on what evidence; strictest first",
    (
        Field("target_fmr", "d", "false match rate asked for, for one comparison"),
        Field("fmr_upper_95", "d", "upper 95 % bound of the rate at the threshold"),
        Field("fnmr", "d", "false non-match rate at the threshold"),
        Field("impostor_pairs", "Q", "number of impostor comparisons"),
        Field("people", "I", "number of people"),
        Field("threshold", "h", "Q15; accept when the score is at least this"),
        Field("evidence", "H", "0: counted; 1: an extreme-value estimate of few comparisons"),
        Field("dataset_digest", "32s", "SHA-256 of the dataset"),
        Field("zero_tail", "8s", "reserved"),
    ),
)

ENCRYPTION = Record(
    "encryption",
    "Before the ciphertext of an encrypted payload, which is as long as the plain one",
    (
        Field("key_id", "16s", "first 16 bytes of the SHA-256 of the key"),
        Field("nonce", "12s", "random, another one for every encryption"),
        Field("zero", "4s", "reserved"),
        Field("tag", "16s", "authentication tag of AES-256-GCM"),
    ),
)

SIGNATURE = Record(
    "signature",
    "One signature of header and payload",
    (
        Field("key_id", "16s", "first 16 bytes of the SHA-256 of the public key"),
        Field("signature", "64s", "Ed25519"),
    ),
)

RECORDS = (HEADER, SECTION, IDENTITY, OPERATING_POINT, ENCRYPTION, SIGNATURE)


class Section(IntEnum):
    """Section types; those from 0x8000 on belong to the trailer."""

    IDENTITIES = 1
    TEMPLATES = 2
    IDENTITY_INDEX = 3
    SQUARED_NORMS = 4
    OPERATING_POINTS = 5
    METADATA = 6
    SIGNATURES = 0x8001


@dataclass(frozen=True)
class SectionKind:
    """Properties of a section type.

    Attributes:
        required: whether the section has the flag `REQUIRED`; a file without the section is rejected.
        meaning: description of the section's value.
    """

    required: bool
    meaning: str


PAYLOAD_SECTIONS = {
    Section.IDENTITIES: SectionKind(True, "N `identity` records, then the names"),
    Section.TEMPLATES: SectionKind(
        True,
        "(T, D), sorted by identity: int8; or int4 without the zero point, two to a byte, the first in the low four bits",
    ),
    Section.IDENTITY_INDEX: SectionKind(True, "u32 (T): index of each template's identity, rising from 0"),
    Section.SQUARED_NORMS: SectionKind(True, "u32 (T): sum of (template - zero point) squared"),
    Section.OPERATING_POINTS: SectionKind(False, "`operating_point` records, strictest first"),
    Section.METADATA: SectionKind(False, "a JSON object: created, consent, retention"),
}
TRAILER_SECTIONS = {
    Section.SIGNATURES: SectionKind(False, "`signature` records"),
}


def aligned(length: int) -> int:
    """The smallest multiple of 16 that is at least `length`."""
    return -(-length // ALIGNMENT) * ALIGNMENT


def fits_int4(dimension: int, zero_point: int) -> bool:
    """Whether templates of this dimension and zero point can be int4."""
    return dimension % 2 == 0 and abs(zero_point) <= FARTHEST_ZERO_POINT


def template_size(dimension: int, bits: int) -> int:
    """Bytes of a template of 8 or 4 bits."""
    return dimension * bits // 8
