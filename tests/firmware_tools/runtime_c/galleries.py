"""Galleries of random templates, and files with one thing wrong."""

import struct
import zlib
from dataclasses import replace

import numpy as np

from edge_siamese.gallery import Gallery
from edge_siamese.gallery.container.layout import HEADER, OPERATING_POINT, SECTION, Section, aligned
from edge_siamese.gallery.container.writer import encode, section
from edge_siamese.operating_point import OperatingPoint

DIGEST = bytes(range(16))


def random_gallery(
    seed: int, people: int = 3, *, dimension: int = 8, zero_point: int = -3, rates: tuple[float, ...] = ()
) -> Gallery:
    """People with one to four templates each, some nearly equal, and operating points at rising rates."""
    rng = np.random.default_rng(seed)
    empty = Gallery((), (), np.empty((0, dimension), np.int8), np.empty(0, np.uint32), zero_point, DIGEST)
    shared = rng.integers(-128, 128, dimension)
    templates = {}
    for person in range(people):
        noise = rng.integers(-20, 21, (int(rng.integers(1, 5)), dimension))
        center = shared if rng.random() < 0.4 else rng.integers(-128, 128, dimension)
        templates[f"Zoë {person:03}"] = np.clip(center + noise, -128, 127).astype(np.int8)
    gallery = empty.with_people(templates, limit=None)
    for rate in rates:
        threshold = int(rng.integers(-2000, 32000))
        gallery = gallery.with_operating_point(OperatingPoint(rate, threshold, rate, 10**6, 99, 0.25, "5a" * 32))
    return gallery


def gallery_bytes(seed: int = 0, people: int = 3, *, rates: tuple[float, ...] = (0.001, 0.01), bits: int = 8) -> bytes:
    gallery = random_gallery(seed, people, rates=rates)
    if bits == 4:
        gallery = replace(gallery.with_four_bits(), operating_points=gallery.operating_points)
    return encode(gallery)


def with_crcs(data: bytes, payload: bytes | None = None) -> bytes:
    """The file with another payload, or a changed header, and with CRCs that are right."""
    header = bytearray(data[: HEADER.size])
    if payload is not None:
        struct.pack_into("<I", header, 40, len(payload))
    payload = data[HEADER.size :] if payload is None else payload
    (length,) = struct.unpack_from("<I", header, 40)
    struct.pack_into("<I", header, 44, zlib.crc32(payload[:length]))
    struct.pack_into("<I", header, 60, zlib.crc32(bytes(header[:60])))
    return bytes(header) + payload


def changed(data: bytes, offset: int, value: bytes) -> bytes:
    """The file with other bytes at an offset, and right CRCs."""
    return with_crcs(data[:offset] + value + data[offset + len(value) :])


def with_section(data: bytes, kind: int, value: bytes | None) -> bytes:
    """The file with one section's value replaced, added, or left out."""
    values, offset = {}, HEADER.size
    while offset < len(data):
        head = SECTION.unpack(memoryview(data), offset)
        start = offset + SECTION.size
        values[head["type"]] = data[start : start + head["length"]]
        offset = start + aligned(head["length"])
    kept = {k: v for k, v in (values | {kind: value}).items() if v is not None}
    return with_crcs(data, b"".join(section(Section(k), v) for k, v in kept.items()))


def section_offset(data: bytes, kind: Section) -> int:
    """Where the head of a section begins."""
    offset = HEADER.size
    while SECTION.unpack(memoryview(data), offset)["type"] != kind:
        offset += SECTION.size + aligned(SECTION.unpack(memoryview(data), offset)["length"])
    return offset


def section_value(data: bytes, kind: Section) -> bytes:
    start = section_offset(data, kind) + SECTION.size
    return data[start : start + SECTION.unpack(memoryview(data), start - SECTION.size)["length"]]


def one_wrong(data: bytes) -> dict[str, tuple[str, bytes]]:
    """Files with one thing wrong: the name of the verdict, and the bytes."""
    end = len(data)
    identities = section_value(data, Section.IDENTITIES)
    head = section_offset(data, Section.IDENTITIES)
    points = section_value(data, Section.OPERATING_POINTS)
    unknown = struct.pack("<HHI8x", 0x77, 1, 0)
    return {
        "empty": ("NO_GALLERY", b""),
        "erased": ("NO_GALLERY", b"\xff" * 256),
        "short magic": ("NO_GALLERY", b"ESG"),
        "only a magic": ("TRUNCATED", data[:63]),
        "truncated": ("TRUNCATED", data[: end - 1]),
        "header bit": ("HEADER_CRC", data[:20] + bytes([data[20] ^ 1]) + data[21:]),
        "newer": ("NEWER", changed(data, 4, b"\x02\x00")),
        "version 0": ("VERSION", changed(data, 4, b"\x00\x00")),
        "encrypted": ("ENCRYPTED", changed(data, 6, b"\x01\x00")),
        "unknown flags": ("FLAGS", changed(data, 6, b"\x02\x00")),
        "float": ("TYPE", changed(data, 10, b"\x03")),
        "int4 of an odd dimension": ("TYPE", changed(data, 8, b"\x07\x00\x02")),
        "int4 of a low zero point": ("TYPE", changed(data, 10, b"\x02\x87")),
        "int4 of a high zero point": ("TYPE", changed(data, 10, b"\x02\x79")),
        "the other type": ("TEMPLATES", changed(data, 10, bytes([data[10] ^ 3]))),
        "reserved in header": ("RESERVED", changed(data, 52, b"\x01")),
        "dimension 0": ("DIMENSION", changed(data, 8, b"\x00\x00")),
        "odd length": ("LENGTH", changed(data, 40, struct.pack("<I", end - 64 - 8))),
        "payload bit": ("PAYLOAD_CRC", data[:100] + bytes([data[100] ^ 1]) + data[101:]),
        "section too long": ("SECTION", changed(data, head + 4, struct.pack("<I", 2**32 - 1))),
        "section flags": ("SECTION", changed(data, head + 2, b"\x03\x00")),
        "section padding": ("SECTION", changed(data, head + 16 + len(identities), b"\x01")),
        "reserved in section": ("RESERVED", changed(data, head + 8, b"\x01")),
        "half a section head": ("SECTION", data + b"\x01\x00"),
        "unknown required": ("UNKNOWN_SECTION", with_crcs(data, data[64:] + unknown)),
        "unknown required in the trailer": ("UNKNOWN_SECTION", data + unknown),
        "twice": ("DUPLICATE_SECTION", with_crcs(data, data[64:] + data[head : head + 16 + aligned(len(identities))])),
        "no templates": ("MISSING_SECTION", with_section(data, Section.TEMPLATES, None)),
        "not erased": ("ERASED", data + b"\xff" * 40 + b"\x00"),
        "too many people": ("IDENTITIES", changed(data, 12, struct.pack("<I", 2**32 - 1))),
        "name offset": ("IDENTITIES", changed(data, head + 16 + 16, struct.pack("<I", 4))),
        "no NUL": ("IDENTITIES", with_section(data, Section.IDENTITIES, identities[:-1] + b"x")),
        "same UUID": ("IDENTITIES", with_section(data, Section.IDENTITIES, identities[:32] + identities[:16] + identities[48:])),
        "control character": ("NAME", with_section(data, Section.IDENTITIES, identities.replace(b"Zo\xc3\xab 000", b"Zo\xc2\x85 000"))),
        "not UTF-8": ("NAME", with_section(data, Section.IDENTITIES, identities.replace(b"Zo\xc3\xab 000", b"Zo\xed\xa0\x80000"))),
        "unsorted names": ("NAME", with_section(data, Section.IDENTITIES, identities.replace(b"000\0", b"009\0"))),
        "a template short": ("TEMPLATES", with_section(data, Section.TEMPLATES, section_value(data, Section.TEMPLATES)[:-1])),
        "norms short": ("NORMS", with_section(data, Section.SQUARED_NORMS, section_value(data, Section.SQUARED_NORMS)[:-4])),
        "a wrong norm": ("NORMS", changed(data, section_offset(data, Section.SQUARED_NORMS) + 16, b"\x00\x00")),
        "index with a gap": ("INDEX", changed(data, section_offset(data, Section.IDENTITY_INDEX) + 16, b"\x01")),
        "point cut": ("POINTS", with_section(data, Section.OPERATING_POINTS, points[:-8])),
        "points unsorted": ("POINTS", with_section(data, Section.OPERATING_POINTS, points[OPERATING_POINT.size :] + points[: OPERATING_POINT.size])),
        "rate above 1": ("POINTS", with_section(data, Section.OPERATING_POINTS, points[:16] + struct.pack("<d", 1.5) + points[24:])),
        "rate not a number": ("POINTS", with_section(data, Section.OPERATING_POINTS, struct.pack("<d", float("nan")) + points[8:])),
    }  # fmt: skip
