"""Verdicts of the gallery readers: one enum for Python and C, with the meaning of each."""

from enum import IntEnum, StrEnum


class VerdictKind(StrEnum):
    """Kinds of findings about a gallery file. All but `OK`, `OVERDUE` and `LOOK_ALIKES` mean that it cannot be used."""

    OK = "ok"
    UNREADABLE = "unreadable"
    NOT_A_GALLERY = "not_a_gallery"
    DAMAGED = "damaged"
    NEWER_VERSION = "newer_version"
    OTHER_EMBEDDER = "other_embedder"
    ENCRYPTED = "encrypted"
    UNTRUSTED = "untrusted"
    STALE = "stale"
    EXPIRED = "expired"
    OVERDUE = "overdue"
    LOOK_ALIKES = "look_alikes"


class GalleryVerdict(IntEnum):
    """Result of reading a gallery. The codes are part of the events of boards and stay as they are."""

    OK = 0
    NO_GALLERY = 1
    TRUNCATED = 2
    HEADER_CRC = 3
    NEWER = 4
    VERSION = 5
    FLAGS = 6
    TYPE = 7
    RESERVED = 8
    DIMENSION = 9
    LENGTH = 10
    PAYLOAD_CRC = 11
    SECTION = 12
    UNKNOWN_SECTION = 13
    DUPLICATE_SECTION = 14
    MISSING_SECTION = 15
    ERASED = 16
    IDENTITIES = 17
    NAME = 18
    TEMPLATES = 19
    NORMS = 20
    INDEX = 21
    POINTS = 22
    OTHER_EMBEDDER = 23
    SPELLING = 24
    METADATA = 25
    ENCRYPTED = 26
    DECRYPTION = 27
    UNSIGNED = 28
    UNKNOWN_KEY = 29
    REVOKED_KEY = 30
    SIGNATURE = 31
    STALE = 32
    EXPIRED = 33

    @property
    def kind(self) -> VerdictKind:
        """What kind of verdict it is; a fault without a kind of its own is damage."""
        return _KINDS.get(self, VerdictKind.DAMAGED)

    @property
    def meaning(self) -> str:
        """What the verdict says, in one phrase."""
        return MEANINGS[self]


MEANINGS = {
    GalleryVerdict.OK: "the gallery is whole and of this embedder",
    GalleryVerdict.NO_GALLERY: 'the bytes do not begin with "ESG1"; an erased slot neither',
    GalleryVerdict.TRUNCATED: "the gallery is longer than its file or slot",
    GalleryVerdict.HEADER_CRC: "the header's CRC-32 is wrong",
    GalleryVerdict.NEWER: "a later version of the format",
    GalleryVerdict.VERSION: "version 0, which does not exist",
    GalleryVerdict.FLAGS: "flags of the header that this version does not know",
    GalleryVerdict.TYPE: "templates that are neither int8 nor int4, or int4 ones of an odd dimension or a zero point beyond -120 to 120",
    GalleryVerdict.RESERVED: "reserved bytes that are not 0",
    GalleryVerdict.DIMENSION: "templates of dimension 0",
    GalleryVerdict.LENGTH: "a payload whose length is no multiple of 16",
    GalleryVerdict.PAYLOAD_CRC: "the payload's CRC-32 is wrong",
    GalleryVerdict.SECTION: "a section that ends behind the payload, has other flags or another length than its type, or padding that is not 0",
    GalleryVerdict.UNKNOWN_SECTION: "an unknown section that is required",
    GalleryVerdict.DUPLICATE_SECTION: "a section that occurs twice",
    GalleryVerdict.MISSING_SECTION: "a required section that is missing",
    GalleryVerdict.ERASED: "erased flash that is followed by other bytes",
    GalleryVerdict.IDENTITIES: "records of people whose names are not where they should be, or with equal UUIDs",
    GalleryVerdict.NAME: "a name that is not UTF-8, has control characters or extra spaces, or is not behind the one before it",
    GalleryVerdict.TEMPLATES: "templates that are more or fewer than the header says",
    GalleryVerdict.NORMS: "squared norms that are not those of the templates",
    GalleryVerdict.INDEX: "an index of people that is not sorted or has gaps",
    GalleryVerdict.POINTS: "operating points with rates out of range or out of order",
    GalleryVerdict.OTHER_EMBEDDER: "a gallery of another embedder: its digest, dimension or zero point differ",
    GalleryVerdict.SPELLING: "a name that is not in Unicode NFC, or has invisible characters; not checked in C",
    GalleryVerdict.METADATA: "metadata that is no JSON object of the right fields, or has other days than the records; not checked in C",
    GalleryVerdict.ENCRYPTED: "an encrypted gallery, and no key; C reads plain galleries only",
    GalleryVerdict.DECRYPTION: "an encrypted gallery of another key, or changed since it was encrypted; not checked in C",
    GalleryVerdict.UNSIGNED: "no signature, where one is required",
    GalleryVerdict.UNKNOWN_KEY: "a signature, but of no trusted key, where one is required",
    GalleryVerdict.REVOKED_KEY: "a signature of a revoked key, and none of a trusted one",
    GalleryVerdict.SIGNATURE: "a signature of a trusted key that is not for these bytes",
    GalleryVerdict.STALE: "a lower sequence number than was accepted before",
    GalleryVerdict.EXPIRED: "the last day of the gallery is over",
}

ONLY_PYTHON = frozenset({GalleryVerdict.SPELLING, GalleryVerdict.METADATA, GalleryVerdict.DECRYPTION})
"""Verdicts about what the C reader cannot check: it says OK there."""

_KINDS = {
    GalleryVerdict.OK: VerdictKind.OK,
    GalleryVerdict.NO_GALLERY: VerdictKind.NOT_A_GALLERY,
    GalleryVerdict.NEWER: VerdictKind.NEWER_VERSION,
    GalleryVerdict.OTHER_EMBEDDER: VerdictKind.OTHER_EMBEDDER,
    GalleryVerdict.ENCRYPTED: VerdictKind.ENCRYPTED,
    GalleryVerdict.DECRYPTION: VerdictKind.ENCRYPTED,
    GalleryVerdict.UNSIGNED: VerdictKind.UNTRUSTED,
    GalleryVerdict.UNKNOWN_KEY: VerdictKind.UNTRUSTED,
    GalleryVerdict.REVOKED_KEY: VerdictKind.UNTRUSTED,
    GalleryVerdict.SIGNATURE: VerdictKind.UNTRUSTED,
    GalleryVerdict.STALE: VerdictKind.STALE,
    GalleryVerdict.EXPIRED: VerdictKind.EXPIRED,
}
