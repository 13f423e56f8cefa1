"""Patches: what changed between two galleries, for slow links.

A patch is a record, and compressed steps: bytes to copy from the base, and bytes that are new. Everything in a gallery lies
at multiples of 16 bytes, so blocks of 16 bytes are compared. It fits exactly one base, by its SHA-256.
"""

import hashlib
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

from ...errors import DataError, GalleryError
from ..container.layout import Field, Record

MAGIC = b"ESP1"
LARGEST_TARGET = 1 << 30
"""Bytes of the largest gallery that a patch may make."""
PATCH = Record(
    "patch",
    "The first bytes of a patch; the steps follow, compressed by zlib",
    (
        Field("magic", "4s", 'the characters "ESP1"'),
        Field("target_length", "I", "bytes of the gallery that the patch makes"),
        Field("base_digest", "32s", "SHA-256 of the gallery that it changes"),
        Field("target_digest", "32s", "SHA-256 of the gallery that it makes"),
    ),
)
_STEP = struct.Struct("<II")
_BLOCK = 16
_NEW = 0xFFFFFFFF


def is_patch(data: bytes) -> bool:
    """Whether bytes begin as a patch."""
    return data[: len(MAGIC)] == MAGIC


def make_patch(base: bytes, target: bytes) -> bytes:
    """The patch that makes `target` from `base`."""
    steps = b"".join(_encoded(base, target))
    record = PATCH.pack(
        magic=MAGIC,
        target_length=len(target),
        base_digest=hashlib.sha256(base).digest(),
        target_digest=hashlib.sha256(target).digest(),
    )
    return record + zlib.compress(steps, 9)


def apply_patch(base: bytes, patch: bytes, source: str | Path, base_name: str | Path) -> bytes:
    """The gallery that a patch makes from `base`.

    Args:
        base: the gallery that is there.
        patch: bytes of the patch.
        source, base_name: names of patch and base in messages.

    Raises:
        DataError: `patch` is no patch, or damaged.
        GalleryError: it is a patch of another gallery.
    """
    if not is_patch(patch):
        raise DataError(f"{source}: not a patch: expected {MAGIC!r} at its beginning, found {patch[:4]!r}", path=source)
    if len(patch) < PATCH.size:
        raise DataError(f"{source}: a damaged patch: it is truncated", path=source)
    record = PATCH.unpack(memoryview(patch), 0)
    if record["target_length"] > LARGEST_TARGET:
        raise DataError(
            f"{source}: a patch for {record['target_length']:,} bytes, more than a gallery has", path=source
        )
    found = hashlib.sha256(base).digest()
    if found != record["base_digest"]:
        raise GalleryError(
            f"{source}: a patch of another gallery: expected {base_name} with SHA-256 {record['base_digest'].hex()[:16]}..., "
            f"found {found.hex()[:16]}...",
            path=source, expected=record["base_digest"].hex(), found=found.hex(),
        )  # fmt: skip
    target = bytearray()
    try:
        for part in _decoded(base, zlib.decompressobj(), patch[PATCH.size :]):
            target += part
            if len(target) > record["target_length"]:
                break
    except (ValueError, zlib.error, struct.error) as error:
        raise DataError(f"{source}: a damaged patch: {error}", path=source) from error
    if len(target) != record["target_length"] or hashlib.sha256(target).digest() != record["target_digest"]:
        raise DataError(f"{source}: a damaged patch: it does not make the gallery that it should", path=source)
    return bytes(target)


def _encoded(base: bytes, target: bytes) -> Iterator[bytes]:
    """The steps: (offset, length) to copy, or (`_NEW`, length) and new bytes."""
    blocks: dict[bytes, int] = {}
    for offset in range(0, len(base) - _BLOCK + 1, _BLOCK):
        blocks.setdefault(base[offset : offset + _BLOCK], offset)
    position = fresh = 0
    while position < len(target):
        known = blocks.get(target[position : position + _BLOCK])
        if known is None:
            position += _BLOCK
            continue
        length = _common(base, known, target, position)
        if fresh < position:
            yield _STEP.pack(_NEW, position - fresh) + target[fresh:position]
        yield _STEP.pack(known, length)
        position = fresh = position + length
    if fresh < len(target):
        yield _STEP.pack(_NEW, len(target) - fresh) + target[fresh:]


def _common(base: bytes, offset: int, target: bytes, position: int) -> int:
    """How many bytes are equal from there on, in whole blocks."""
    length = _BLOCK
    step = 1 << 12
    while base[offset + length : offset + length + step] == target[position + length : position + length + step] != b"":
        length += min(step, len(base) - offset - length, len(target) - position - length)
    while (
        position + length + _BLOCK <= len(target)
        and base[offset + length : offset + length + _BLOCK] == target[position + length : position + length + _BLOCK]
    ):
        length += _BLOCK
    return length


def _decoded(base: bytes, stream: "zlib._Decompress", data: bytes) -> Iterator[bytes]:
    steps = stream.decompress(data, LARGEST_TARGET)
    if not stream.eof or stream.unused_data:
        raise ValueError("its steps do not end where they should")
    at = 0
    while at < len(steps):
        offset, length = _STEP.unpack_from(steps, at)
        at += _STEP.size
        if offset == _NEW:
            yield steps[at : at + length]
            at += length
        elif offset + length > len(base):
            raise ValueError("it copies bytes that the base does not have")
        else:
            yield base[offset : offset + length]
