"""Whatever is wrong with a file, it is refused in one sentence."""

import os
import struct
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_siamese.errors import DamagedGalleryError, GalleryError, NewerGalleryError, NotAGalleryError
from edge_siamese.gallery import Gallery
from edge_siamese.gallery.container.layout import HEADER, SECTION, Section, aligned
from edge_siamese.gallery.container.reader import parse
from edge_siamese.gallery.container.writer import encode, section


def with_crcs(data: bytes, payload: bytes | None = None) -> bytes:
    """The file with another payload, or a changed header, and with CRCs that are right."""
    payload = data[HEADER.size :] if payload is None else payload
    header = bytearray(data[: HEADER.size])
    struct.pack_into("<II", header, 40, len(payload), zlib.crc32(payload))
    struct.pack_into("<I", header, 60, zlib.crc32(bytes(header[:60])))
    return bytes(header) + payload


def sections_of(data: bytes) -> dict[int, bytes]:
    found, offset = {}, HEADER.size
    while offset < len(data):
        head = SECTION.unpack(memoryview(data), offset)
        start = offset + SECTION.size
        found[head["type"]] = data[start : start + head["length"]]
        offset = start + aligned(head["length"])
    return found


def with_section(data: bytes, kind: Section, value: bytes | None) -> bytes:
    """The file with one section's value replaced, or without it."""
    values = sections_of(data)
    kept = {k: v for k, v in (values | {kind: value}).items() if v is not None}
    return with_crcs(data, b"".join(section(k, v) for k, v in kept.items()))


@pytest.fixture
def data(gallery: Gallery, operating_point: Callable[..., object]) -> bytes:
    return encode(gallery.with_operating_point(operating_point(0.01)))  # type: ignore[arg-type]


def test_every_single_bit_flip_is_rejected(data: bytes) -> None:
    for index in range(len(data)):
        for bit in range(8):
            flipped = bytearray(data)
            flipped[index] ^= 1 << bit
            with pytest.raises(GalleryError):
                parse(bytes(flipped), "flipped")


def test_every_truncation_is_rejected(data: bytes, tmp_path: Path) -> None:
    for length in range(len(data)):
        with pytest.raises(GalleryError):
            parse(data[:length], "truncated")
    (tmp_path / "empty.esg").touch()
    with pytest.raises(GalleryError, match=r"empty\.esg: not a gallery: .* the file is empty"):
        Gallery.open(tmp_path / "empty.esg")


@given(st.binary(max_size=300))
def test_noise_is_rejected(noise: bytes) -> None:
    with pytest.raises(GalleryError):
        parse(noise, "noise")


@given(st.binary(max_size=300))
def test_a_payload_of_noise_with_good_crcs_is_rejected(noise: bytes) -> None:
    header = HEADER.pack(
        magic=b"ESG1", version=1, flags=0, dimension=3, dtype=1, zero_point=0, identities=1, templates=1, sequence=1,
        embedder_digest=bytes(16), payload_length=0, payload_crc=0, retain_until=0, header_crc=0,
    )  # fmt: skip
    with pytest.raises(GalleryError):
        parse(with_crcs(header, noise.ljust(aligned(len(noise)), b"\0")), "noise")


@settings(max_examples=300)
@given(st.data())
def test_changed_bytes_with_good_crcs_never_crash(drawn: st.DataObject) -> None:
    good = bytearray(EXAMPLE)
    for _ in range(drawn.draw(st.integers(1, 3))):
        good[drawn.draw(st.integers(0, len(good) - 1))] = drawn.draw(st.integers(0, 255))
    with suppress(GalleryError):
        parse(with_crcs(bytes(good)), "changed")


@pytest.mark.parametrize(
    ("offset", "code", "value", "sentence"),
    [
        (4, "H", 0, "format version: expected 1, found 0"),
        (6, "H", 2, "flags: expected 0, found 2"),
        (8, "H", 0, "dimension: expected at least 1, found 0"),
        (8, "H", 5, "bytes in the section templates: expected 15, found 12"),
        (10, "B", 3, "data type of the templates: expected 1 or 2, found 3"),
        (10, "B", 2, "bytes in the section templates: expected 6, found 12"),
        (8, "HB", (5, 2), "dimension of int4 templates: expected an even one, .* found 5 and -3"),
        (10, "Bb", (2, 121), "dimension of int4 templates: .* a zero point from -120 to 120, found 4 and 121"),
        (11, "b", 1, "squared norms: expected those of the templates, found another at template 0"),
        (12, "I", 1, "offset of name 0: expected 32, found 64"),
        (12, "I", 2**32 - 1, "section identities: expected at least 137438953440 bytes"),
        (16, "I", 2, "bytes in the section templates: expected 8, found 12"),
        (52, "8s", b"\1" * 8, "reserved bytes of the header"),
        (48, "I", 5, "last day of the gallery in the metadata: expected 5, found 0"),
    ],
)
def test_a_header_that_says_something_else(data: bytes, offset: int, code: str, value: object, sentence: str) -> None:
    changed = bytearray(data)
    struct.pack_into("<" + code, changed, offset, *(value if isinstance(value, tuple) else (value,)))
    with pytest.raises(DamagedGalleryError, match=f"^people.esg: a damaged gallery: {sentence}"):
        parse(with_crcs(bytes(changed)), "people.esg")


@pytest.mark.parametrize(
    ("kind", "value", "sentence"),
    [
        (Section.IDENTITIES, None, "section identities: expected one, found none"),
        (Section.SQUARED_NORMS, None, "section squared_norms: expected one, found none"),
        (Section.IDENTITY_INDEX, struct.pack("<III", 0, 1, 0), "identity_index: expected sorted"),
        (Section.IDENTITY_INDEX, struct.pack("<III", 0, 1, 2), "identity_index: expected sorted"),
        (
            Section.IDENTITY_INDEX,
            struct.pack("<III", 0, 0, 0),
            "identity_index: expected sorted, each of 0 to 1 at least once",
        ),
        (Section.OPERATING_POINTS, bytes(79), "section operating_points: expected records of 80 bytes"),
        (Section.OPERATING_POINTS, bytes(80), "rates of an operating point: expected between 0 and 1"),
        (Section.METADATA, b"[]", r"metadata: expected a JSON object, .*found list"),
        (Section.METADATA, b'{"a":', "metadata: expected a JSON object"),
        (Section.METADATA, b"\xff", "metadata: expected a JSON object"),
        (Section.METADATA, b"[" * 100_000, "metadata: expected a JSON object"),
        (Section.METADATA, b'{"created":"yesterday"}', "created: expected a time such as"),
        (Section.METADATA, b'{"retain_until":"2025-02-30"}', "retain_until: expected a day such as"),
        (Section.METADATA, b'{"people":{"eve":{}}}', "only about people in the gallery, found 'eve'"),
    ],
)
def test_a_section_that_says_something_impossible(
    data: bytes, kind: Section, value: bytes | None, sentence: str
) -> None:
    with pytest.raises(GalleryError, match=sentence):
        parse(with_section(data, kind, value), "people.esg")


def identities(*names: bytes) -> bytes:
    records, texts = b"", b""
    for index, name in enumerate(names):
        records += struct.pack("<16sIII4x", bytes([index]) * 16, 32 * len(names) + len(texts), len(name), 0)
        texts += name + b"\0"
    return records + texts


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (identities(b"ben", b"anna"), "names: expected each once, sorted, found"),
        (identities(b"anna", b"anna"), "names: expected each once, sorted, found"),
        (identities(b"", b"ben"), "a name: expected one that can be shown, found '', which is empty"),
        (identities(b"a\x07", b"ben"), "has the control character U\\+0007"),
        (identities("Zoe\u0301".encode(), b"ben"), "is not in Unicode NFC with single spaces"),
        (identities("a\u200b".encode(), b"ben"), "has the invisible character U\\+200B"),
        (identities(b"a" * 256, b"ben"), "longer than 255 bytes"),
        (identities(b"\xff\xfe", b"ben"), "a name: expected UTF-8, found fffe"),
        (identities(b"anna", b"ben")[:-1], "name 1: expected to end with a NUL"),
        (identities(b"anna", b"ben") + b"\0", "length of the section identities"),
        (
            identities(b"anna", b"ben").replace(b"\1" * 16, bytes(16)),
            "identifiers: expected each once, found 00000000-0000-0000-0000-000000000000 twice",
        ),
    ],
)
def test_names_that_cannot_be(data: bytes, value: bytes, sentence: str) -> None:
    with pytest.raises(GalleryError, match=sentence):
        parse(with_section(data, Section.IDENTITIES, value), "people.esg")


def test_padding_must_be_zero(data: bytes) -> None:
    payload = bytearray(data[HEADER.size :])
    end_of_identity_index = payload.index(struct.pack("<III", 0, 0, 1)) + 12
    payload[end_of_identity_index] = 1
    with pytest.raises(GalleryError, match=r"padding at .*: expected zeros, found 01000000"):
        parse(with_crcs(data, bytes(payload)), "people.esg")


def test_a_second_section_of_a_kind_is_rejected(data: bytes) -> None:
    twice = data[HEADER.size :] + section(Section.METADATA, b"{}")
    with pytest.raises(GalleryError, match="section metadata: expected one, found a second one"):
        parse(with_crcs(data, twice), "people.esg")


def test_unknown_sections_are_skipped_unless_they_are_required(data: bytes) -> None:
    payload = data[HEADER.size :]
    assert parse(with_crcs(data, section(0x77, b"later", required=False) + payload), "x").names == ("anna", "ben")
    with pytest.raises(GalleryError, match="required payload sections: expected only known ones, found type 0x0077"):
        parse(with_crcs(data, section(0x77, b"later", required=True) + payload), "x")


def test_trailer_sections_are_skipped_unless_they_are_required(data: bytes) -> None:
    signed = data + section(Section.SIGNATURES, bytes(80))
    assert parse(signed, "x").names == ("anna", "ben")
    with pytest.raises(GalleryError, match=r"required trailer sections: .* found type 0x8002"):
        parse(data + section(0x8002, bytes(64), required=True), "x")
    with pytest.raises(GalleryError, match="expected at most"):
        parse(signed[:-16], "x")


def test_an_image_padded_with_erased_flash_is_read(data: bytes) -> None:
    assert parse(data.ljust(4096, b"\xff"), "flash.bin").names == ("anna", "ben")
    with pytest.raises(GalleryError, match="erased flash"):
        parse(data.ljust(4095, b"\xff") + b"\0", "flash.bin")


def test_flags_and_reserved_bytes_of_a_section_are_checked(data: bytes) -> None:
    payload = bytearray(data[HEADER.size :])
    payload[2] = 3
    with pytest.raises(GalleryError, match="flags of the section at 64: expected 1, found 3"):
        parse(with_crcs(data, bytes(payload)), "x")
    payload[2:9] = b"\1" + bytes(payload[3:8]) + b"\1"
    with pytest.raises(GalleryError, match="reserved bytes of the section at 64"):
        parse(with_crcs(data, bytes(payload)), "x")


@pytest.mark.parametrize("found", [b"ESG2", b"TFL3", b"PK", b"E"])
def test_another_file_is_not_a_gallery(found: bytes) -> None:
    with pytest.raises(
        NotAGalleryError, match=f"^x.bin: not a gallery: expected b'ESG1' at its beginning, found {found!r}"
    ):
        parse(found + bytes(96) if len(found) > 3 else found, "x.bin")


def test_a_later_format_version_is_no_damage(data: bytes) -> None:
    changed = bytearray(data)
    struct.pack_into("<H", changed, 4, 2)
    with pytest.raises(NewerGalleryError, match="expected format version 1, found 2; use a newer edge-siamese"):
        parse(with_crcs(bytes(changed)), "people.esg")
    with pytest.raises(DamagedGalleryError, match="header CRC-32"):
        parse(bytes(changed), "people.esg")


@pytest.mark.parametrize("kind", ["absent", "looped"])
def test_what_cannot_be_opened_is_one_sentence(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "people.esg"
    if kind == "looped":
        path.symlink_to(path)
    with pytest.raises(GalleryError, match=r"people\.esg: cannot be read \("):
        Gallery.open(path)


@pytest.mark.parametrize(("kind", "found"), [("folder", "a folder"), ("pipe", "a device or pipe")])
def test_what_is_no_file_is_not_opened(tmp_path: Path, kind: str, found: str) -> None:
    path = tmp_path / "people.esg"
    if kind == "folder":
        path.mkdir()
    else:
        os.mkfifo(path)
    with pytest.raises(NotAGalleryError, match=f"people.esg: not a gallery: expected a file, found {found}"):
        Gallery.open(path)


def _example() -> bytes:
    import numpy as np

    rows = np.arange(12, dtype=np.int8).reshape(3, 4)
    empty = Gallery(
        (), (), rows[:0], np.empty(0, np.uint32), 0, bytes(16), metadata={"created": "2025-01-31T12:00:00Z"}
    )
    return encode(empty.with_people({"anna": rows[:2], "ben": rows[2:]}))


EXAMPLE = _example()
