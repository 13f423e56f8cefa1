"""Enrolling in front of a camera: which frames are good enough to remember somebody by."""

import time
from collections import Counter
from collections.abc import Callable, Iterable

import numpy as np
import numpy.typing as npt

from ...errors import NoFaceError
from ...faces import Face
from ...frames import Frame
from ...protocols import FaceAnalyzer

MIN_FACE = 60.0
"""Pixels of a face box's shorter side under which a template would be mostly interpolation."""


class Capture:
    """Collects templates from frames that show one face, large enough, some time after the last one taken.

    Attributes:
        templates: int8 ``(D,)`` each.
        rejected: how many frames were not taken, by reason.
    """

    def __init__(self, engine: FaceAnalyzer, *, interval: float) -> None:
        self.engine, self.interval_ns = engine, int(interval * 1e9)
        self.templates: list[npt.NDArray[np.int8]] = []
        self.rejected: Counter[str] = Counter()
        self._last_ns: int | None = None

    def offer(self, frame: Frame) -> bool:
        """Look at a frame; True when it was taken."""
        if self._last_ns is not None and frame.timestamp_ns - self._last_ns < self.interval_ns:
            return False
        faces = self.engine.detect(frame.pixels)
        reason = unsuitable(faces)
        if reason:
            self.rejected[reason] += 1
            return False
        self.templates.append(self.engine.embed(frame.pixels, faces[0]).values)
        self._last_ns = frame.timestamp_ns
        return True


def unsuitable(faces: list[Face]) -> str | None:
    """Why the faces of a frame are not what somebody is enrolled from, or None."""
    if len(faces) != 1:
        return "several faces" if faces else "no face"
    return "face too small" if min(faces[0].box[2:]) < MIN_FACE else None


def capture_templates(
    frames: Iterable[Frame],
    engine: FaceAnalyzer,
    *,
    count: int,
    interval: float = 0.0,
    timeout: float | None = None,
    taken: Callable[[int, int], None] | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> npt.NDArray[np.int8]:
    """Templates of the first `count` good frames.

    Args:
        frames: of one person.
        engine: finds and embeds.
        count: how many to take; frames that end earlier may give fewer.
        interval: seconds between two that are taken, by the frames' own time.
        timeout: seconds after which fewer than `count` are an error; None waits for the end of the frames.
        taken: called with the number taken and `count`.
        clock: seconds, for the timeout.

    Returns:
        int8 ``(n, D)``, n from 1 to `count`.

    Raises:
        NoFaceError: no good frame, or not enough of them in time.
    """
    capture, begun = Capture(engine, interval=interval), clock()
    for frame in frames:
        if capture.offer(frame) and taken:
            taken(len(capture.templates), count)
        if len(capture.templates) == count:
            break
        if timeout is not None and clock() - begun > timeout:
            raise NoFaceError(f"after {timeout:g} s {_tally(capture, count)}")
    if not capture.templates:
        raise NoFaceError(f"the source ended with {_tally(capture, count)}")
    return np.stack(capture.templates)


def _tally(capture: Capture, count: int) -> str:
    rejected = ", ".join(f"{reason} {number}" for reason, number in capture.rejected.most_common()) or "none seen"
    return f"{len(capture.templates)} of {count} good frames (rejected: {rejected})"
