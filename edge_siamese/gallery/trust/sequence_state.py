"""The highest sequence number that a device accepted of each gallery, kept in a file: an older gallery is stale."""

import json
import os
from pathlib import Path

from ...atomic import write_atomically
from ...errors import GalleryError
from ..container.lock import locked


def accepted_sequence(state: Path, gallery: Path) -> int:
    """The highest sequence number accepted of the gallery at a path; 0 without any.

    Raises:
        GalleryError: the state cannot be read.
    """
    return _read(state).get(os.path.realpath(gallery), 0)


def accept_sequence(state: Path, gallery: Path, sequence: int) -> None:
    """Record an accepted sequence number; a lower one than before changes nothing.

    Raises:
        GalleryError: the state cannot be read or written.
    """
    name = os.path.realpath(gallery)
    if _read(state).get(name, 0) >= sequence:
        return
    try:
        with locked(state):
            known = _read(state)
            known[name] = max(known.get(name, 0), sequence)
            with write_atomically(state) as stream:
                stream.write(json.dumps(known, indent=1, sort_keys=True, ensure_ascii=False).encode() + b"\n")
    except OSError as error:
        raise GalleryError(
            f"{gallery}: its sequence number cannot be kept in {state} ({error.strerror or error}), so an older gallery "
            "would not be noticed",
            path=gallery,
        ) from error


def _read(state: Path) -> dict[str, int]:
    try:
        known = json.loads(state.read_bytes())
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise GalleryError(f"{state}: cannot be read ({error.strerror or error})", path=state) from error
    except ValueError:
        known = None
    if not isinstance(known, dict) or not all(isinstance(number, int) for number in known.values()):
        raise GalleryError(f"{state}: expected sequence numbers of galleries in JSON, found something else", path=state)
    return known
