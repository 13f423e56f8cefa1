"""Writing a gallery: the same content gives the same bytes, and a file is replaced whole."""

import zlib
from dataclasses import replace
from pathlib import Path

from ...atomic import write_atomically
from ...errors import GalleryError
from ...operating_point import OperatingPoint
from .. import metadata as about
from ..gallery import Gallery
from .layout import (
    CRC_COVERED,
    HEADER,
    IDENTITY,
    INT8,
    MAGIC,
    OPERATING_POINT,
    PAYLOAD_SECTIONS,
    REQUIRED,
    SECTION,
    VERSION,
    Section,
    aligned,
)
from .reader import parse, read_gallery, squared_norms

_LAST_SEQUENCE = 2**32 - 1


def save(gallery: Gallery, path: Path) -> Gallery:
    """Write a gallery as `path`; its sequence number becomes higher than that of the gallery it replaces.

    Returns:
        The gallery as it was written.

    Raises:
        GalleryError: something else, or a damaged gallery, is in the way and is left there; or the content is not
            that of a gallery.
        OSError: it could not be written; what was there is untouched.
    """
    path = path.resolve()
    if path.exists():
        gallery = replace(gallery, sequence=max(gallery.sequence, _sequence_in_the_way(path) + 1))
    if gallery.sequence > _LAST_SEQUENCE:
        raise GalleryError(f"{path}: its sequence number is used up: build the gallery anew under another name")
    data = encode(gallery)
    written = parse(data, str(path))
    with write_atomically(path) as stream:
        stream.write(data)
    return written


def encode(gallery: Gallery) -> bytes:
    """The bytes of a gallery file without trailer."""
    values = {
        Section.IDENTITIES: _identities(gallery),
        Section.TEMPLATES: gallery.templates.tobytes(),
        Section.IDENTITY_INDEX: gallery.identity_index.astype("<u4").tobytes(),
        Section.SQUARED_NORMS: squared_norms(gallery.templates, gallery.zero_point).astype("<u4").tobytes(),
        Section.OPERATING_POINTS: b"".join(map(_operating_point, gallery.operating_points)),
        Section.METADATA: about.to_bytes(gallery.metadata),
    }
    payload = b"".join(section(kind, value) for kind, value in values.items())
    header = HEADER.pack(
        magic=MAGIC,
        version=VERSION,
        flags=0,
        dimension=gallery.dimension,
        dtype=INT8,
        zero_point=gallery.zero_point,
        identities=len(gallery.names),
        templates=len(gallery.templates),
        sequence=gallery.sequence,
        embedder_digest=gallery.embedder_digest,
        payload_length=len(payload),
        payload_crc=zlib.crc32(payload),
        header_crc=0,
    )[:CRC_COVERED]
    return header + zlib.crc32(header).to_bytes(4, "little") + payload


def section(kind: int, value: bytes, *, required: bool | None = None) -> bytes:
    """One section with its head and padding; `required` as in the table of sections unless given."""
    if required is None:
        required = kind in PAYLOAD_SECTIONS and PAYLOAD_SECTIONS[Section(kind)].required
    head = SECTION.pack(type=kind, flags=REQUIRED if required else 0, length=len(value))
    return head + value.ljust(aligned(len(value)), b"\0")


def _identities(gallery: Gallery) -> bytes:
    records, names = b"", b""
    for name, identifier in zip(gallery.names, gallery.identifiers, strict=True):
        encoded = name.encode()
        records += IDENTITY.pack(
            uuid=identifier.bytes,
            name_offset=len(gallery.names) * IDENTITY.size + len(names),
            name_length=len(encoded),
        )
        names += encoded + b"\0"
    return records + names


def _operating_point(point: OperatingPoint) -> bytes:
    try:
        fields = point.to_json() | {"dataset_digest": bytes.fromhex(point.dataset_digest)}
    except ValueError as error:
        raise GalleryError(f"digest of an operating point: expected hex, found {point.dataset_digest!r}") from error
    if len(fields["dataset_digest"]) != 32:
        raise GalleryError(f"digest of an operating point: expected 64 hex digits, found {point.dataset_digest!r}")
    return OPERATING_POINT.pack(**fields)


def _sequence_in_the_way(path: Path) -> int:
    try:
        return read_gallery(path).sequence
    except GalleryError as error:
        raise GalleryError(f"{error}; it is left as it is: remove it first, or choose another name") from error
