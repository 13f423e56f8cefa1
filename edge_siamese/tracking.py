"""Face tracking over consecutive frames.

Boxes are matched by overlap. A track ends when its face is missing for several frames, and at a scene cut, since two photos
shown one after the other can have different people's faces in the same place.
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
_PATCH = 16  # side of the compared image around a face
_SCENE = 32  # side of the compared image of the whole frame
_PATCH_REACH = 1.5  # times the box, to include hair and some background
_MIN_CONTRAST = 8.0  # gray levels; limits the weight of noise in an even patch
Gray = npt.NDArray[np.uint8]
Patch = npt.NDArray[np.float32]


@dataclass(frozen=True)
class TrackingLimits:
    """Limits for assigning a face to a track.

    Attributes:
        min_overlap: minimum intersection over union of the boxes in consecutive frames.
        max_missed: maximum number of frames without the face.
        max_change: maximum `view_change` between consecutive appearances. In all of 38,827 pairs of photos with
            overlapping faces (from the detector's training data) the change is larger, 0.72 or more; for a face that
            moves by 4 % of its width, turns by 1 degree and grows by 1.5 % from frame to frame it is smaller in 98 % of
            the steps. A larger step costs one more embedding.
        max_tracks: maximum number of tracks at once; the largest faces are tracked.
    """

    min_overlap: float = 0.3
    max_missed: int = 5
    max_change: float = 0.6
    max_tracks: int = 32


@dataclass(frozen=True, eq=False)
class FaceThumbnails:
    """A face and its frame as small gray images, float32.

    Attributes:
        around: ``(16, 16)``, the square around the face.
        scene: ``(32, 32)``, the whole frame.
    """

    around: Patch
    scene: Patch


@dataclass(eq=False)
class Track:
    """One face over consecutive frames.

    Attributes:
        number: number of the track, from 1, unique within its tracker.
        face: the last detected face.
        view: the face and the frame at the last detection.
        frames: number of detections after the first.
        missed: number of frames since the last detection.
    """

    number: int
    face: Face
    view: FaceThumbnails
    frames: int = 0
    missed: int = 0


class Tracker:
    """Assigns the faces of consecutive frames to tracks, at most `TrackingLimits.max_tracks` at once."""

    def __init__(self, limits: TrackingLimits | None = None) -> None:
        self.limits = limits or TrackingLimits()
        self.tracks: list[Track] = []
        self._count = 0

    def update(self, image: RGB, faces: Sequence[Face]) -> list[Track]:
        """Process the next frame.

        Args:
            image: uint8 ``(H, W, 3)``.
            faces: faces detected in the image, largest first.

        Returns:
            The track of each face, in the same order; `Track.face` is the face. Faces beyond the limit get no track.
        """
        thumbnail, scale = _thumbnail(image)
        scene = cv2.resize(thumbnail, (_SCENE, _SCENE), interpolation=cv2.INTER_AREA).astype(np.float32)
        faces = faces[: self.limits.max_tracks]
        owners = self._owners(faces)
        seen = [
            self._seen_again(owners.get(index), face, FaceThumbnails(_around(thumbnail, scale, face), scene))
            for index, face in enumerate(faces)
        ]
        taken = list(owners.values())
        missed = [track for track in self.tracks if track not in taken and track.missed < self.limits.max_missed]
        for track in missed:
            track.missed += 1
        self.tracks = (seen + missed)[: self.limits.max_tracks]
        return seen

    def reset(self) -> None:
        """End all tracks, because the next frame shows another scene."""
        self.tracks.clear()

    def _owners(self, faces: Sequence[Face]) -> dict[int, Track]:
        """Map the index of a face to the track whose box overlaps it most; a track has at most one face."""
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

    def _seen_again(self, track: Track | None, face: Face, view: FaceThumbnails) -> Track:
        """Update the track with its new face; return a new track without one or after a scene cut."""
        if track is None or view_change(track.view, view) > self.limits.max_change:
            self._count += 1
            return Track(self._count, face, view)
        track.face, track.view, track.missed = face, view, 0
        track.frames += 1
        return track


def view_change(before: FaceThumbnails, after: FaceThumbnails) -> float:
    """Change of the image around the face plus change of the whole frame.

    Each is the mean absolute difference of gray levels divided by the contrast: 0 for equal images, about 1 for unrelated ones.
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
    """The square around a face's box, resized to the patch size."""
    step = max(float(face.box[2]), float(face.box[3]), 1.0) * _PATCH_REACH * scale / _PATCH
    x, y = (center * scale - step * (_PATCH - 1) / 2 for center in face.center)
    matrix = np.array([(step, 0.0, x), (0.0, step, y)])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    patch = cv2.warpAffine(thumbnail, matrix, (_PATCH, _PATCH), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(patch, np.float32)
