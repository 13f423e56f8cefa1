"""Finds the faces of each frame and joins them to tracks: detection on every frame, on some, or where something moves."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from .errors import DataError
from .faces import Face
from .frames import Frame
from .instrumentation import StageTimer
from .orientation import OrientedFaces, detect_oriented
from .protocols import FaceAnalyzer
from .thumbnails import Thumbnail, scene_moved
from .tracking import Track, Tracker, TrackingLimits

_MOVED_LEVEL = 12.0  # gray levels; noise of a camera in poor light is below, averaged over a cell
_MOVED_SHARE = 0.003  # of the scene: 3 of 1,024 cells


@dataclass(frozen=True)
class DetectionSchedule:
    """Which frames the detector runs on. On the others faces are followed; a face that cannot be followed is detected.

    Attributes:
        every: detect on every n-th frame; with `on_motion`, at least on every n-th.
        on_motion: detect where the frame differs from the one of the last detection.
    """

    every: int = 1
    on_motion: bool = False

    @classmethod
    def parse(cls, text: str) -> "DetectionSchedule":
        """``every`` frame, every ``N``-th frame, or on ``motion`` (at least every 30th).

        Raises:
            DataError: none of these.
        """
        if text == "every":
            return cls()
        if text == "motion":
            return cls(30, on_motion=True)
        if text.isdecimal() and 1 <= int(text) <= 1000:
            return cls(int(text))
        raise DataError(f"detection: expected every, motion or a number from 1 to 1000, found {text!r}")


class FaceFinder:
    """Finds and tracks the faces of a frame source.

    Args:
        engine: detects faces.
        stills: whether frames are independent images, which are detected in any of four orientations.
        limits: limits of the tracker.
        schedule: which frames the detector runs on; every one of independent images.
        timer: measures the stages ``detect`` and ``track``.

    Attributes:
        tracker: the tracks.
        detections: number of frames the detector ran on.
    """

    def __init__(
        self,
        engine: FaceAnalyzer,
        *,
        stills: bool,
        limits: TrackingLimits | None,
        schedule: DetectionSchedule,
        timer: StageTimer,
    ) -> None:
        self.tracker = Tracker(limits)
        self.detections = 0
        self._engine, self._stills, self._timer = engine, stills, timer
        self._schedule = DetectionSchedule() if stills else schedule
        self._detected: Thumbnail | None = None
        self._since = 0

    def find(self, frame: Frame, is_due: Callable[[Track], bool]) -> tuple[list[Track], OrientedFaces | None]:
        """The tracks of the faces of a frame, largest face first, and the detection if there was one.

        Args:
            frame: the next frame.
            is_due: whether a track's face is to be embedded, which needs exact landmarks.
        """
        with self._timer.stage("follow"):
            thumbnail = Thumbnail.of(frame.pixels, frame.small)
            followed = self._followed(thumbnail, is_due)
        if followed is not None:
            return followed, None
        with self._timer.stage("detect"):
            found = self._detect(frame)
        self.detections += 1
        self._detected, self._since = thumbnail, 0
        with self._timer.stage("track"):
            return self.tracker.update(frame.pixels, found.faces, thumbnail), found

    def reset(self) -> None:
        """End all tracks, because the next frame shows another scene."""
        self.tracker.reset()
        self._detected = None

    def _followed(self, thumbnail: Thumbnail, is_due: Callable[[Track], bool]) -> list[Track] | None:
        """The tracks of a frame that needs no detection; None if it needs one."""
        self._since += 1
        if self._detected is None or self._since >= self._schedule.every:
            return None
        if self._schedule.on_motion and scene_moved(self._detected, thumbnail, _MOVED_LEVEL, _MOVED_SHARE):
            return None
        if any(is_due(track) for track in self.tracker.tracks):
            return None
        return self.tracker.follow(thumbnail)

    def _detect(self, frame: Frame) -> OrientedFaces:
        if self._stills:
            return detect_oriented(self._engine, frame.pixels)
        if frame.small is None:
            return OrientedFaces(self._engine.detect(frame.pixels))
        return OrientedFaces([_enlarged(face, frame) for face in self._engine.detect(frame.small)])


def _enlarged(face: Face, frame: Frame) -> Face:
    """A face of a frame's small image in pixels of the frame, whose origin is the center of the first pixel."""
    assert frame.small is not None
    scale = np.array(frame.pixels.shape[1::-1], np.float32) / np.array(frame.small.shape[1::-1], np.float32)
    corner = (face.box[:2] + 0.5) * scale - 0.5
    box = np.concatenate([corner, face.box[2:] * scale]).astype(np.float32)
    return replace(face, box=box, landmarks=((face.landmarks + 0.5) * scale - 0.5).astype(np.float32))
