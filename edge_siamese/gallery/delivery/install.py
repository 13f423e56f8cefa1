"""Installation of a gallery into the slot that is not in use, and rollback."""

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from ...atomic import TEMPORARY_PREFIX, write_atomically
from ...errors import EdgeSiameseError, GalleryError, StaleGalleryError
from ..container.content import GalleryContent
from ..container.layout import HEADER
from ..container.lock import locked
from ..container.reader import map_file, parse, read
from ..container.requirements import Requirements
from ..container.verdicts import GalleryVerdict
from ..gallery import Gallery
from ..metadata import today
from ..trust.audit import audited, change_fields
from ..trust.policy import TrustPolicy
from ..trust.slots import LOCK_NAME, SLOT_NAMES, GallerySlot, SlotState, header_of, read_slots, read_state, write_state
from .patch import apply_patch, is_patch

_LOG = logging.getLogger(__name__)

HealthCheck = Callable[[Gallery], None]
"""Raises an `EdgeSiameseError` about a gallery that must not be used."""


@dataclass(frozen=True)
class Installation:
    """What an installation or rollback did.

    Attributes:
        gallery: the gallery in use now.
        slot: its file.
        previous: sequence number of the gallery in the other slot; None without one.
        changed: whether another gallery is in use than before.
    """

    gallery: Gallery
    slot: Path
    previous: int | None
    changed: bool


def install(
    source: Path,
    folder: Path,
    *,
    check: HealthCheck = lambda gallery: None,
    policy: TrustPolicy | None = None,
    final: bool = False,
) -> Installation:
    """Install a gallery file into the slot of a folder that is not in use.

    The gallery is checked before a slot is touched, and once more from the slot; if that fails, the slot is emptied and the
    gallery before stays in use. A process that is killed at any time leaves the old or the new gallery in use. Galleries
    older than the one before are not accepted any more.

    Args:
        source: the .esg, or a patch of the gallery in use.
        folder: with the slots; made if it does not exist.
        check: health check.
        policy: required signatures; by default `TrustPolicy.current`.
        final: also delete the gallery before, so that there is no rollback to it.

    Raises:
        GalleryError: the gallery cannot be used, or is not newer than the one in use.
        EdgeSiameseError: of the health check.
        OSError: the folder cannot be written.
    """
    policy = policy or TrustPolicy.current()
    requirements = replace(policy.requirements(), day=today())
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder / LOCK_NAME):
        _remove_temporaries(folder)
        state = read_state(folder)
        used, spare = read_slots(folder, requirements)
        data, content = _checked(source, used, requirements, state)
        if used.content is not None and data[: len(_header(used))] == _header(used):
            return Installation(Gallery.of(used.content), used.path, _sequence(spare), changed=False)
        _require_newer(content, used.content, source)
        check(Gallery.of(content))
        target = spare if used.content is not None else replace(used, path=folder / SLOT_NAMES[0])
        before = 0 if used.content is None else used.content.sequence
        with audited(policy.audit_log, "install", **change_fields(folder, used.content, content)):
            write_state(folder, replace(state, min_sequence=max(state.min_sequence, before)))
            written = _written(data, target.path, requirements, check)
        if final:
            write_state(folder, replace(state, min_sequence=content.sequence))
            with suppress(FileNotFoundError):
                (folder / SLOT_NAMES[target.path.name == SLOT_NAMES[0]]).unlink()
        return Installation(written, target.path, None if final else before or None, changed=True)


def roll_back(folder: Path, policy: TrustPolicy | None = None) -> Installation:
    """Use the gallery before again. The one in use is deleted and not accepted again.

    Raises:
        GalleryError: there is no gallery before that can be used.
        OSError: the folder cannot be written.
    """
    policy = policy or TrustPolicy.current()
    requirements = replace(policy.requirements(), day=today())
    with locked(folder / LOCK_NAME):
        used, previous = read_slots(folder, requirements)
        if used.content is None or previous.content is None:
            why = f" ({previous.error})" if previous.error else ""
            raise GalleryError(f"{folder}: there is no gallery to roll back to{why}; nothing is changed", path=folder)
        state = read_state(folder)
        with audited(policy.audit_log, "rollback", **change_fields(folder, used.content, previous.content)):
            write_state(folder, replace(state, rejected=(*state.rejected, _header(used).hex())))
            used.path.unlink()
        return Installation(Gallery.of(previous.content), previous.path, None, changed=True)


def _checked(
    source: Path, used: GallerySlot, requirements: Requirements, state: SlotState
) -> tuple[bytes, GalleryContent]:
    """The bytes of a gallery that may be installed, of a file or by a patch of the one in use, and its content."""
    needed = replace(requirements, min_sequence=max(requirements.min_sequence, state.min_sequence))
    data = bytes(map_file(source))
    if is_patch(data):
        if used.content is None:
            raise GalleryError(f"{source}: a patch, and no gallery is installed that it could change", path=source)
        data = apply_patch(used.path.read_bytes(), data, source, used.path)
    content = parse(data, str(source), needed)
    if data[: HEADER.size].hex() in state.rejected:
        raise StaleGalleryError(
            f"{source}: a stale gallery: it was rolled back before; build it again",
            verdict=GalleryVerdict.STALE,
            path=source,
        )
    return data, content


def _require_newer(content: GalleryContent, used: GalleryContent | None, source: Path) -> None:
    if used is not None and content.sequence <= used.sequence:
        raise StaleGalleryError(
            f"{source}: a stale gallery: expected a sequence number above {used.sequence}, that of the gallery in use, "
            f"found {content.sequence}",
            verdict=GalleryVerdict.STALE, path=source, expected=used.sequence + 1, found=content.sequence,
        )  # fmt: skip


def _written(data: bytes, target: Path, requirements: Requirements, check: HealthCheck) -> Gallery:
    """Write a slot and check it as it will be read; an unhealthy one is deleted again."""
    with write_atomically(target) as stream:
        stream.write(data)
    try:
        gallery = Gallery.of(read(target, requirements))
        check(gallery)
    except (EdgeSiameseError, OSError):
        target.unlink()
        _LOG.warning("%s: not healthy after the installation; the gallery before is used again", target)
        raise
    return gallery


def _header(slot: GallerySlot) -> bytes:
    return header_of(slot.path)


def _sequence(slot: GallerySlot) -> int | None:
    return None if slot.content is None else slot.content.sequence


def _remove_temporaries(folder: Path) -> None:
    """Delete what killed writers left behind; the lock is held."""
    for path in folder.glob(f"{TEMPORARY_PREFIX}*"):
        path.unlink()
