"""Gallery writer: encodes a gallery to reproducible bytes and replaces the file atomically."""

import logging
import os
import tempfile
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ...atomic import write_atomically
from ...errors import DataError, GalleryError, StaleGalleryError
from ...operating_point import OperatingPoint
from .. import metadata as about
from ..trust.audit import audited, change_fields
from ..trust.opening import read_trusted
from ..trust.policy import TrustPolicy
from .content import GalleryContent, Revision, squared_norms
from .layout import (
    CRC_COVERED,
    HEADER,
    IDENTITY,
    INT4,
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
from .lock import locked
from .packing import packed
from .reader import header_crc, parse

_LOG = logging.getLogger(__name__)
_LAST_SEQUENCE = 2**32 - 1

Change = Callable[[GalleryContent | None], GalleryContent]


def save(content: GalleryContent, path: Path) -> GalleryContent:
    """Write a gallery to `path`, with a higher sequence number than the gallery it replaces.

    Returns:
        The content as it was written.

    Raises:
        StaleGalleryError: the content was read from `path`, and the file changed since then.
        GalleryError: `path` is another kind of file or a damaged gallery, which is kept; or the content is invalid.
        OSError: the file could not be written; an existing file is unchanged.
    """
    return update(path, lambda there: content)


def update(path: Path, change: Change) -> GalleryContent:
    """Read, change and write a gallery file under its lock.

    Args:
        path: the file.
        change: called with the current content (None without a file); returns the new content. If it raises an exception,
            the file is unchanged.

    Returns:
        The content as written, with a higher sequence number.

    Raises:
        GalleryError, OSError: see `save`.
    """
    with locked(path):
        there = _there(path)
        changed = change(there)
        if there is not None:
            _require_fresh(changed, there, path)
            sequence, encrypted = max(changed.sequence, there.sequence + 1), changed.encrypted or there.encrypted
            changed = replace(changed, sequence=sequence, encrypted=encrypted)
        written = _write(changed, there, path)
    if there is not None and there.signed_by and not written.signed_by:
        _LOG.warning("%s: its signature was for the content before; run 'edge-siamese gallery sign' again", path)
    return written


def require_writable(path: Path) -> None:
    """Check in advance that a gallery can be written to `path`.

    Raises:
        DataError: the folder does not exist or is not writable.
        GalleryError: `path` exists and is not a readable gallery.
    """
    folder = Path(os.path.realpath(path)).parent
    if not folder.is_dir():
        raise DataError(f"{path}: there is no folder {folder}", path=path)
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise DataError(f"{path}: the folder {folder} cannot be written ({error.strerror})", path=path) from error
    _there(path)


def _write(content: GalleryContent, there: GalleryContent | None, path: Path) -> GalleryContent:
    if content.sequence > _LAST_SEQUENCE:
        raise GalleryError(
            f"{path}: its sequence number is used up: build the gallery again under another name", path=path
        )
    policy = TrustPolicy.current()
    data = policy.sealed(encode(content), encrypt=content.encrypted, name=path)
    written = parse(data, str(path), policy.requirements())
    with audited(policy.audit_log, "write", **change_fields(path, there, written)), write_atomically(path) as stream:
        stream.write(data)
    return replace(written, revision=Revision(os.path.realpath(path), header_crc(data)))


def _require_fresh(content: GalleryContent, there: GalleryContent, path: Path) -> None:
    read = content.revision
    if read is not None and there.revision is not None and read.path == there.revision.path and read != there.revision:
        raise StaleGalleryError(
            f"{path}: it was changed since it was read (sequence number {there.sequence} now); read it and change it again",
            path=path,
        )


def encode(gallery: GalleryContent) -> bytes:
    """Encode a gallery file, without trailer.

    Raises:
        GalleryError: the content is invalid.
    """
    values = {
        Section.IDENTITIES: _identities(gallery),
        Section.TEMPLATES: template_bytes(gallery, gallery.templates),
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
        dtype=INT4 if gallery.bits == 4 else INT8,
        zero_point=gallery.zero_point,
        identities=len(gallery.names),
        templates=len(gallery.templates),
        sequence=gallery.sequence,
        embedder_digest=gallery.embedder_digest,
        payload_length=len(payload),
        payload_crc=zlib.crc32(payload),
        retain_until=about.last_day_number(gallery.metadata),
        header_crc=0,
    )[:CRC_COVERED]
    return header + zlib.crc32(header).to_bytes(4, "little") + payload


def template_bytes(gallery: GalleryContent, rows: npt.NDArray[np.int8]) -> bytes:
    """Some of a gallery's templates, int8 ``(n, D)``, as in its file."""
    return packed(rows, gallery.zero_point) if gallery.bits == 4 else rows.tobytes()


def section(kind: int, value: bytes, *, required: bool | None = None) -> bytes:
    """Encode one section with its head and padding; `required` defaults to that of the section type."""
    if required is None:
        required = kind in PAYLOAD_SECTIONS and PAYLOAD_SECTIONS[Section(kind)].required
    head = SECTION.pack(type=kind, flags=REQUIRED if required else 0, length=len(value))
    return head + value.ljust(aligned(len(value)), b"\0")


def _identities(gallery: GalleryContent) -> bytes:
    records, names = bytearray(), bytearray()
    for name, identifier in zip(gallery.names, gallery.identifiers, strict=True):
        encoded = name.encode()
        records += IDENTITY.pack(
            uuid=identifier.bytes,
            name_offset=len(gallery.names) * IDENTITY.size + len(names),
            name_length=len(encoded),
            retain_until=about.last_day_number(gallery.metadata, name),
        )
        names += encoded + b"\0"
    return bytes(records + names)


def _operating_point(point: OperatingPoint) -> bytes:
    try:
        fields = point.to_card() | {"dataset_digest": bytes.fromhex(point.dataset_digest)}
        fields["evidence"] = int(fields.pop("estimated", False))
    except ValueError as error:
        raise GalleryError(f"digest of an operating point: expected hex, found {point.dataset_digest!r}") from error
    if len(fields["dataset_digest"]) != 32:
        raise GalleryError(f"digest of an operating point: expected 64 hex digits, found {point.dataset_digest!r}")
    return OPERATING_POINT.pack(**fields)


def _there(path: Path) -> GalleryContent | None:
    if not os.path.lexists(os.path.realpath(path)):
        return None
    if path.is_dir():
        raise GalleryError(
            f"{path}: a folder, which is not changed: change a gallery file, and install it with "
            "'edge-siamese gallery install'",
            path=path,
        )
    try:
        return read_trusted(path)
    except GalleryError as error:
        sentence = f"{error}; it is not replaced: remove it first, or choose another name"
        raise type(error)(sentence, verdict=error.verdict, path=path) from error
