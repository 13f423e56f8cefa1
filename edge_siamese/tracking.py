"""Tracks: the same face in frame after frame.

Boxes are joined by overlap. A track ends when its face was missed for some frames, and at a scene cut: two photos
shown one after the other may have their faces in the same place and are still two people.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from .detection import intersection_over_union
from .faces import Face
from .frames import RGB

_THUMBNAIL = 160  # longest side of the small gray image
_PATCH = 16  # side of what is compared around a face
_SCENE = 32  # side of what is compared of the whole frame
_PATCH_REACH = 1.5  # of the box, so that hair and some background are in it
_MIN_CONTRAST = 8.0  # gray levels; an even patch is not all noise
Gray = npt.NDArray[np.uint8]
Patch = npt.NDArray[np.float32]


@dataclass(frozen=True)
class TrackingLimits:
    """When a face is still the same one.

    Attributes:
        min_overlap: intersection over union of its boxes in consecutive frames.
        max_missed: frames it may be missing.
        max_change: `view_change` between its consecutive appearances. Two photos with overlapping faces had more
            in all of 38,827 pairs of the detector's training data (0.72 at least); a face that moves by 4 % of its
            width, turns by 1 degree and grows by 1.5 % from frame to frame has less in 98 % of the steps. A step beyond
            it costs one more embedding.
        max_tracks: faces followed at once, the largest first.
    """

    min_overlap: float = 0.3
    max_missed: int = 5
    max_change: float = 0.6
    max_tracks: int = 32


@dataclass(frozen=True, eq=False)
class View:
    """A face and its frame as small gray images, float32.

    Attributes:
        around: ``(16, 16)``, the square around the face; it moves with the face.
        scene: ``(32, 32)``, the whole frame.
    """

    around: Patch
    scene: Patch


@dataclass(eq=False)
class Track:
    """One face followed over frames.

    Attributes:
        number: unique within its tracker, from 1.
        face: where it was seen last.
        view: face and frame there.
        frames: how often it was seen again after the first time.
        missed: frames since it was seen last.
    """

    number: int
    face: Face
    view: View
    frames: int = 0
    missed: int = 0


class Tracker:
    """Joins the faces of consecutive frames to tracks; its memory is bounded by `TrackingLimits.max_tracks`."""

    def __init__(self, limits: TrackingLimits | None = None) -> None:
        self.limits = limits or TrackingLimits()
        self.tracks: list[Track] = []
        self._count = 0

    def update(self, image: RGB, faces: Sequence[Face]) -> list[Track]:
        """Take in the next frame.

        Args:
            image: uint8 ``(H, W, 3)``.
            faces: found on it, largest first.

        Returns:
            The track of each face, in the same order; `Track.face` is the face. Faces beyond the limit have none.
        """
        thumbnail, scale = _thumbnail(image)
        scene = cv2.resize(thumbnail, (_SCENE, _SCENE), interpolation=cv2.INTER_AREA).astype(np.float32)
        faces = faces[: self.limits.max_tracks]
        owners = self._owners(faces)
        seen = [
            self._seen_again(owners.get(index), face, View(_around(thumbnail, scale, face), scene))
            for index, face in enumerate(faces)
        ]
        taken = list(owners.values())
        missed = [track for track in self.tracks if track not in taken and track.missed < self.limits.max_missed]
        for track in missed:
            track.missed += 1
        self.tracks = (seen + missed)[: self.limits.max_tracks]
        return seen

    def reset(self) -> None:
        """End all tracks: what comes next shows another scene."""
        self.tracks.clear()

    def _owners(self, faces: Sequence[Face]) -> dict[int, Track]:
        """By index of a face, the track whose box overlaps it most; every track has at most one face."""
        if not faces or not self.tracks:
            return {}
        boxes = np.stack([face.box for face in faces])
        overlaps = np.stack([intersection_over_union(track.face.box, boxes) for track in self.tracks])
        owners: dict[int, Track] = {}
        while overlaps.max() >= self.limits.min_overlap:
            track, face = divmod(int(overlaps.argmax()), len(faces))
            owners[face] = self.tracks[track]
            overlaps[track], overlaps[:, face] = 0, 0
        return owners

    def _seen_again(self, track: Track | None, face: Face, view: View) -> Track:
        """The track with its new face, or a new track where there is none or the scene was cut."""
        if track is None or view_change(track.view, view) > self.limits.max_change:
            self._count += 1
            return Track(self._count, face, view)
        track.face, track.view, track.missed = face, view, 0
        track.frames += 1
        return track


def view_change(before: View, after: View) -> float:
    """How much of the image is another one: the change around the face plus the change of the whole frame.

    Each is the mean absolute difference of the gray in units of its contrast: 0 for equal images, about 1 for any two.
    """
    return _change(before.around, after.around) + _change(before.scene, after.scene)


def _change(before: Patch, after: Patch) -> float:
    contrast = float(np.sqrt((before.var() + after.var()) / 2))
    return float(np.abs(after - before).mean()) / max(contrast, _MIN_CONTRAST)


def _thumbnail(image: RGB) -> tuple[Gray, float]:
    height, width = image.shape[:2]
    scale = min(1.0, _THUMBNAIL / max(height, width))
    if min(height, width) * scale < 1:  # thinner than a pixel of the thumbnail
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    else:
        small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else image
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), np.uint8), scale


def _around(thumbnail: Gray, scale: float, face: Face) -> Patch:
    """The square around a face's box, at the size all faces are compared in."""
    step = max(float(face.box[2]), float(face.box[3]), 1.0) * _PATCH_REACH * scale / _PATCH
    x, y = (center * scale - step * (_PATCH - 1) / 2 for center in face.center)
    matrix = np.array([(step, 0.0, x), (0.0, step, y)])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    patch = cv2.warpAffine(thumbnail, matrix, (_PATCH, _PATCH), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(patch, np.float32)
