"""Face tracking over consecutive frames.

Boxes are matched by overlap. A track ends when its face is missing for several frames, and at a scene cut, since two photos
shown one after the other can have different people's faces in the same place. Between detections faces are followed by the
movement of the image (`following`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .detection import intersection_over_union
from .faces import Face
from .following import follow_faces
from .frames import RGB
from .thumbnails import FaceThumbnails, Thumbnail, background_change, face_likeness, view_change


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
        max_background_change: maximum change of the image outside of people for a camera that stands still. There a person
            who moves fast changes the image around the face more than `max_change`.
        max_jump: maximum `view_change` in this case.
        min_likeness: minimum correlation of the aligned faces in this case. Less than a tenth of the pairs of different
            people in CelebA photos reach it; such a track is embedded again soon (`Track.jumped`).
        max_tracks: maximum number of tracks at once; the largest faces are tracked.
    """

    min_overlap: float = 0.3
    max_missed: int = 5
    max_change: float = 0.6
    max_background_change: float = 0.05
    max_jump: float = 1.0
    min_likeness: float = 0.6
    max_tracks: int = 32


@dataclass(eq=False)
class Track:
    """One face over consecutive frames.

    Attributes:
        number: number of the track, from 1, unique within its tracker.
        face: the last detected face.
        view: the face and the frame at the last detection.
        frames: number of frames with the face after the first.
        missed: number of frames since the last detection.
        jumped: `frames` when the face was last joined only because the background did not change; None if never.
    """

    number: int
    face: Face
    view: FaceThumbnails
    frames: int = 0
    missed: int = 0
    jumped: int | None = None


class Tracker:
    """Assigns the faces of consecutive frames to tracks, at most `TrackingLimits.max_tracks` at once."""

    def __init__(self, limits: TrackingLimits | None = None) -> None:
        self.limits = limits or TrackingLimits()
        self.tracks: list[Track] = []
        self._count = 0
        self._last: Thumbnail | None = None

    def update(self, image: RGB, faces: Sequence[Face], thumbnail: Thumbnail | None = None) -> list[Track]:
        """Process the next frame.

        Args:
            image: uint8 ``(H, W, 3)``.
            faces: faces detected in the image, largest first.
            thumbnail: the image's thumbnail, if it was made already.

        Returns:
            The track of each face, in the same order; `Track.face` is the face. Faces beyond the limit get no track.
        """
        thumbnail = thumbnail or Thumbnail.of(image)
        faces = faces[: self.limits.max_tracks]
        owners = self._owners(faces)
        people = thumbnail.people(faces)
        seen = [
            self._seen_again(owners.get(index), face, FaceThumbnails.of(thumbnail, face, people))
            for index, face in enumerate(faces)
        ]
        self._last = thumbnail
        taken = list(owners.values())
        missed = [track for track in self.tracks if track not in taken and track.missed < self.limits.max_missed]
        for track in missed:
            track.missed += 1
        self.tracks = (seen + missed)[: self.limits.max_tracks]
        return seen

    def follow(self, thumbnail: Thumbnail) -> list[Track] | None:
        """Follow the faces of the last frame without a detection; `Track.face` is the moved face.

        Returns:
            The tracks with a face, largest first; None if a face cannot be followed, so that a detection is needed.
        """
        tracks = [track for track in self.tracks if track.missed == 0]
        if self._last is None or any(track.missed for track in self.tracks):
            return None
        faces = follow_faces(self._last, thumbnail, [track.face for track in tracks])
        if faces is None:
            return None
        for track, face in zip(tracks, faces, strict=True):
            track.face = face
            track.frames += 1
        self._last = thumbnail
        return sorted(tracks, key=lambda track: -track.face.area)

    def reset(self) -> None:
        """End all tracks, because the next frame shows another scene."""
        self.tracks.clear()
        self._last = None

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
        if track is None or not self._is_same_scene(track, view):
            self._count += 1
            return Track(self._count, face, view)
        track.face, track.view, track.missed = face, view, 0
        track.frames += 1
        return track

    def _is_same_scene(self, track: Track, after: FaceThumbnails) -> bool:
        """Whether two overlapping faces can be one person who moved, and not two people in two scenes."""
        before = track.view
        change = view_change(before, after)
        if change <= self.limits.max_change:
            return True
        if change > self.limits.max_jump or face_likeness(before, after) < self.limits.min_likeness:
            return False
        if background_change(before, after) > self.limits.max_background_change:
            return False
        track.jumped = track.frames + 1
        return True
