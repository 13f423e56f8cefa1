"""Reading of gallery files as the policy requires."""

import mmap
from dataclasses import replace
from datetime import date
from pathlib import Path

from ..container.content import GalleryContent
from ..container.reader import parse, read
from .policy import TrustPolicy
from .sequence_state import accept_sequence, accepted_sequence


def read_trusted(path: Path, policy: TrustPolicy | None = None, day: date | None = None) -> GalleryContent:
    """Read a gallery file, and keep its sequence number as accepted.

    Args:
        path: the file.
        policy: what is required; by default `TrustPolicy.current`.
        day: today, to reject an expired gallery; None reads it.

    Raises:
        GalleryError: see `container.reader.parse`; or the sequence number cannot be kept.
        DataError: the policy or a key cannot be read.
    """
    policy = policy or TrustPolicy.current()
    content = read(path, replace(policy.requirements(_lowest(path, policy)), day=day))
    _accept(path, content, policy)
    return content


def parse_trusted(data: bytes | mmap.mmap, path: Path, policy: TrustPolicy | None = None) -> GalleryContent:
    """`read_trusted` of bytes that were read from a file."""
    policy = policy or TrustPolicy.current()
    content = parse(data, str(path), policy.requirements(_lowest(path, policy)))
    _accept(path, content, policy)
    return content


def _lowest(path: Path, policy: TrustPolicy) -> int:
    return 0 if policy.sequence_state is None else accepted_sequence(policy.sequence_state, path)


def _accept(path: Path, content: GalleryContent, policy: TrustPolicy) -> None:
    if policy.sequence_state is not None:
        accept_sequence(policy.sequence_state, path, content.sequence)
