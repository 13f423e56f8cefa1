"""A folder with two gallery slots: which of them is in use.

As on a microcontroller, the slot with the higher sequence number is used if it is whole and trusted, else the other one.
There is no pointer to the slot in use: replacing a slot's file is all it takes to install a gallery.

``state.json`` holds the lowest accepted sequence number, and the galleries that were rolled back.
"""

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from ...atomic import write_atomically
from ...errors import GalleryError
from ..container.content import GalleryContent
from ..container.layout import HEADER
from ..container.reader import read
from ..container.requirements import Requirements

SLOT_NAMES = ("a.esg", "b.esg")
STATE_NAME = "state.json"
LOCK_NAME = "slots"
_LOG = logging.getLogger(__name__)
_REJECTED_KEPT = 16


@dataclass(frozen=True)
class SlotState:
    """What a device remembers of its slots.

    Attributes:
        min_sequence: lowest accepted sequence number.
        rejected: headers of galleries that were rolled back, hex; they are not used or installed again.
    """

    min_sequence: int = 0
    rejected: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class GallerySlot:
    """A slot and what is in it.

    Attributes:
        path: of the file.
        content: the gallery; None if it cannot be used.
        error: why it cannot be used; None if it can, or without a file.
    """

    path: Path
    content: GalleryContent | None
    error: GalleryError | None = None


def is_slot_folder(path: Path) -> bool:
    """Whether a path is a folder with slots."""
    return path.is_dir() and any((path / name).exists() for name in (*SLOT_NAMES, STATE_NAME))


def header_of(path: Path) -> bytes:
    """The header of a gallery file, or fewer bytes; it differs between any two galleries.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as stream:
        return stream.read(HEADER.size)


def read_state(folder: Path) -> SlotState:
    """The state of a folder's slots; a new one without a file.

    Raises:
        GalleryError: it cannot be read.
    """
    path = folder / STATE_NAME
    try:
        state = json.loads(path.read_bytes())
        return SlotState(int(state["min_sequence"]), tuple(map(str, state["rejected"])))
    except FileNotFoundError:
        return SlotState()
    except OSError as error:
        raise GalleryError(f"{path}: cannot be read ({error.strerror or error})", path=path) from error
    except (ValueError, TypeError, KeyError) as error:
        raise GalleryError(
            f"{path}: expected the state of gallery slots in JSON, found something else", path=path
        ) from error


def write_state(folder: Path, state: SlotState) -> None:
    """Replace the state of a folder's slots.

    Raises:
        OSError: it cannot be written.
    """
    fields = {"min_sequence": state.min_sequence, "rejected": list(state.rejected[-_REJECTED_KEPT:])}
    with write_atomically(folder / STATE_NAME) as stream:
        stream.write(json.dumps(fields, indent=1).encode() + b"\n")


def read_slots(folder: Path, requirements: Requirements) -> list[GallerySlot]:
    """Both slots, the one in use first if there is one.

    Raises:
        GalleryError: the folder's state cannot be read.
    """
    state = read_state(folder)
    needed = replace(requirements, min_sequence=max(requirements.min_sequence, state.min_sequence))
    slots = [_read_slot(folder / name, needed, state) for name in SLOT_NAMES]
    return sorted(slots, key=lambda slot: -1 if slot.content is None else slot.content.sequence, reverse=True)


def read_slot_in_use(folder: Path, requirements: Requirements) -> GalleryContent:
    """The gallery in use. If the newest one cannot be used, the other is used and the log says why.

    Raises:
        GalleryError: neither slot can be used; the error is that of a slot with a file.
    """
    first, second = read_slots(folder, requirements)
    if first.content is not None:
        if second.error is not None and second.error.verdict is not None:
            _LOG.info("%s; %s is used", second.error, first.path)
        return first.content
    errors = [slot.error for slot in (first, second) if slot.error is not None]
    if errors:
        raise errors[0]
    raise GalleryError(f"{folder}: no gallery is installed; 'edge-siamese gallery install' does it", path=folder)


def _read_slot(path: Path, requirements: Requirements, state: SlotState) -> GallerySlot:
    try:
        if header_of(path).hex() in state.rejected:
            return GallerySlot(path, None)
        return GallerySlot(path, read(path, requirements))
    except FileNotFoundError:
        return GallerySlot(path, None)
    except GalleryError as error:
        return GallerySlot(path, None, error)
    except OSError as error:
        why = GalleryError(f"{path}: cannot be read ({error.strerror or error})", path=path)
        return GallerySlot(path, None, why)


def slot_files(folder: Path) -> Iterator[Path]:
    """The files that decide which slot is in use."""
    return (folder / name for name in (*SLOT_NAMES, STATE_NAME))
