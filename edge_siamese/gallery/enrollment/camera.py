"""Enrolling in front of a camera: which frames are good enough to remember somebody by."""

import time
from collections import Counter
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from ...cameras.base import stopped_after
from ...errors import NoFaceError
from ...frames import Frame
from ...protocols import FaceAnalyzer, FrameSource
from .face_choice import ChosenFaces, MeantFaces, find_meant_faces

MIN_FACE = 60.0
"""Pixels of a face box's shorter side under which a template would be mostly interpolation."""


class Capture:
    """Collects templates from frames that show one face, large enough, some time after the last one taken.

    Attributes:
        frames: what messages call the frames taken.
        templates: int8 ``(D,)`` each.
        several: number of faces on each frame taken that shows more than one.
        rejected: how many frames were not taken, by reason.
    """

    def __init__(self, engine: FaceAnalyzer, *, interval: float) -> None:
        self.engine, self.interval_ns = engine, int(interval * 1e9)
        self.frames: list[str] = []
        self.templates: list[npt.NDArray[np.int8]] = []
        self.several: dict[str, int] = {}
        self.rejected: Counter[str] = Counter()
        self._last_ns: int | None = None

    def offer(self, frame: Frame) -> bool:
        """Look at a frame; True when it was taken."""
        if self._last_ns is not None and frame.timestamp_ns - self._last_ns < self.interval_ns:
            return False
        seen = find_meant_faces(frame.pixels, self.engine)
        reason = unsuitable(seen)
        if reason:
            self.rejected[reason] += 1
            return False
        name = f"frame {frame.sequence}"
        self.frames.append(name)
        self.templates.append(self.engine.embed_crop(seen.crops[0]).values)
        if seen.found > 1:
            self.several[name] = seen.found
        self._last_ns = frame.timestamp_ns
        return True

    def chosen(self) -> ChosenFaces:
        """The frames taken."""
        return ChosenFaces(self.frames, np.stack(self.templates), [], self.several)


def unsuitable(seen: MeantFaces) -> str | None:
    """Why the faces of a frame are not what somebody is enrolled from, or None."""
    if seen.problem is not None:
        return seen.problem
    if len(seen.faces) > 1:
        return "shows several faces"
    return "the face is too small" if min(seen.faces[0].box[2:]) < MIN_FACE else None


def capture_faces(
    source: FrameSource,
    engine: FaceAnalyzer,
    *,
    count: int,
    interval: float = 0.0,
    timeout: float | None = None,
    begun: float | None = None,
    taken: Callable[[int, int], None] | None = None,
) -> ChosenFaces:
    """The faces of the first `count` good frames.

    Args:
        source: frames of one person; whether it was one is for `person.join` to find.
        engine: finds and embeds.
        count: how many to take; frames that end earlier may give fewer.
        interval: seconds between two that are taken, by the frames' own time.
        timeout: wall-clock seconds after which fewer than `count` are an error, also when the source delivers nothing; None
            waits for the end of the frames.
        begun: `time.monotonic()` from which the timeout counts, so that it covers the opening of the source; by default now.
        taken: called with the number taken and `count`.

    Returns:
        1 to `count` frames.

    Raises:
        NoFaceError: no good frame, or not enough of them in time.
    """
    capture = Capture(engine, interval=interval)
    spent = 0.0 if begun is None else time.monotonic() - begun
    with stopped_after(source, None if timeout is None else max(timeout - spent, 0.0)) as over:
        for frame in source:
            if capture.offer(frame) and taken:
                taken(len(capture.templates), count)
            if len(capture.templates) == count or over.is_set():
                break
    if over.is_set() and len(capture.templates) < count:
        raise NoFaceError(f"after {timeout:g} s {_tally(capture, count)}")
    if not capture.templates:
        raise NoFaceError(f"the source ended with {_tally(capture, count)}")
    return capture.chosen()


def _tally(capture: Capture, count: int) -> str:
    rejected = ", ".join(f"{reason} {number}" for reason, number in capture.rejected.most_common()) or "none seen"
    return f"{len(capture.templates)} of {count} good frames (rejected: {rejected})"
