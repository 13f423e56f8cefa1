"""Enrollment from a camera: collects templates from frames of sufficient quality."""

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
from .guide import PoseGuide

MIN_FACE = 60.0
"""Minimum length of a face box's shorter side in pixels; below it a template is mostly interpolated."""


class TemplateCollector:
    """Collects templates from frames that show one sufficiently large face, with a minimum interval between them.

    Args:
        engine: finds and embeds.
        interval: minimum seconds between two used frames.
        guide: asks for directions of the head; None for any.

    Attributes:
        frames: names of the used frames in messages.
        templates: template of each used frame, int8 ``(D,)``.
        several: number of faces on each used frame that shows more than one.
        rejected: number of rejected frames, by reason.
        problem: why the last frame was not used; empty if it was.
    """

    def __init__(self, engine: FaceAnalyzer, *, interval: float, guide: PoseGuide | None = None) -> None:
        self.engine, self.interval_ns = engine, int(interval * 1e9)
        self.guide, self.problem = guide, ""
        self.frames: list[str] = []
        self.templates: list[npt.NDArray[np.int8]] = []
        self.several: dict[str, int] = {}
        self.rejected: Counter[str] = Counter()
        self._last_ns: int | None = None

    def offer(self, frame: Frame) -> bool:
        """Process a frame. Returns whether the frame was used."""
        if self._last_ns is not None and frame.timestamp_ns - self._last_ns < self.interval_ns:
            return False
        meant = find_meant_faces(frame.pixels, self.engine)
        reason = unsuitable(meant) or (self.guide.problem(meant.faces[0]) if self.guide else None)
        self.problem = reason or ""
        if reason:
            self.rejected[reason] += 1
            return False
        if self.guide:
            self.guide.take(meant.faces[0])
        name = f"frame {frame.sequence}"
        self.frames.append(name)
        self.templates.append(self.engine.embed_crop(meant.crops[0]).values)
        if meant.found > 1:
            self.several[name] = meant.found
        self._last_ns = frame.timestamp_ns
        return True

    def chosen(self) -> ChosenFaces:
        """The used frames."""
        return ChosenFaces(self.frames, np.stack(self.templates), [], self.several)


def unsuitable(meant: MeantFaces) -> str | None:
    """Reason why a frame cannot be used for enrollment, or None."""
    if meant.problem is not None:
        return meant.problem
    if len(meant.faces) > 1:
        return "shows several faces"
    return "the face is too small" if min(meant.faces[0].box[2:]) < MIN_FACE else None


def capture_faces(
    source: FrameSource,
    engine: FaceAnalyzer,
    *,
    count: int,
    interval: float = 0.0,
    timeout: float | None = None,
    begun: float | None = None,
    taken: Callable[[int, int], None] | None = None,
    guide: PoseGuide | None = None,
    feedback: Callable[[TemplateCollector], None] | None = None,
) -> ChosenFaces:
    """Collect the faces of the first `count` good frames.

    Args:
        source: frames of one person; `person.join` checks that they show one person.
        engine: finds and embeds.
        count: number of frames to use; fewer if the source ends earlier.
        interval: minimum seconds between two used frames, by their timestamps.
        timeout: wall-clock seconds after which fewer than `count` frames are an error, also if the source delivers none;
            None waits for the end of the source.
        begun: `time.monotonic()` at the start of the timeout, so that it covers the opening of the source; default: now.
        taken: called with the number of used frames and `count`.
        guide: asks for directions of the head; None for any.
        feedback: called after each frame.

    Returns:
        The faces of 1 to `count` frames.

    Raises:
        NoFaceError: no good frame, or fewer than `count` before the timeout.
    """
    capture = TemplateCollector(engine, interval=interval, guide=guide)
    spent = 0.0 if begun is None else time.monotonic() - begun
    with stopped_after(source, None if timeout is None else max(timeout - spent, 0.0)) as over:
        for frame in source:
            if capture.offer(frame) and taken:
                taken(len(capture.templates), count)
            if feedback:
                feedback(capture)
            if len(capture.templates) == count or over.is_set():
                break
    if over.is_set() and len(capture.templates) < count:
        raise NoFaceError(f"after {timeout:g} s {_tally(capture, count)}")
    if not capture.templates:
        raise NoFaceError(f"the source ended with {_tally(capture, count)}")
    return capture.chosen()


def _tally(capture: TemplateCollector, count: int) -> str:
    rejected = ", ".join(f"{reason} {number}" for reason, number in capture.rejected.most_common()) or "none"
    return f"{len(capture.templates)} of {count} good frames (rejected: {rejected})"
