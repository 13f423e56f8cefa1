"""Reading of gallery files as the policy requires."""

from dataclasses import replace
from datetime import date
from pathlib import Path

from ..container.content import GalleryContent
from ..container.reader import parse, read
from .policy import TrustPolicy
from .sequence_state import accept_sequence, accepted_sequence
from .slots import is_slot_folder, read_slot_in_use


def read_trusted(path: Path, policy: TrustPolicy | None = None, day: date | None = None) -> GalleryContent:
    """Read a gallery file, or the slot in use of a folder, and keep its sequence number as accepted.

    Args:
        path: the file or folder.
        policy: what is required; by default `TrustPolicy.current`.
        day: today, to reject an expired gallery; None reads it.

    Raises:
        GalleryError: see `container.reader.parse`; or the sequence number cannot be kept.
        DataError: the policy or a key cannot be read.
    """
    policy = policy or TrustPolicy.current()
    requirements = replace(policy.requirements(_lowest(path, policy)), day=day)
    content = read_slot_in_use(path, requirements) if is_slot_folder(path) else read(path, requirements)
    _accept(path, content, policy)
    return content


def parse_trusted(data: bytes, path: Path, policy: TrustPolicy | None = None) -> GalleryContent:
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
