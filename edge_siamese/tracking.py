"""Tracks: the same face in frame after frame, and what all its looks together say.

Boxes are joined by overlap. A track ends when its face was missed for some frames, and at a scene cut: two photographs
shown one after the other may have their faces in the same place and are still two people.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt

from .decision import Decision, Reason, decide, undecided
from .detection import intersection_over_union
from .faces import Face
from .frames import RGB

_THUMBNAIL = 160  # longest side of the small grey picture
_PATCH = 16  # side of what is compared around a face
_PATCH_REACH = 1.5  # of the box, so that hair and some background are in it
_LEAST_CONTRAST = 8.0  # grey levels; an even patch is not all noise
_LOOKS_KEPT = 8
Grey = npt.NDArray[np.uint8]
Patch = npt.NDArray[np.float32]


@dataclass(frozen=True)
class TrackingLimits:
    """When a face is still the same one.

    Attributes:
        least_overlap: intersection over union of its boxes in consecutive frames.
        most_missed: frames it may be missing.
        most_change: mean absolute difference of the grey around the face between its consecutive appearances, in
            units of the contrast there. Between photographs of different people it was 0.53 to 2.9 (CelebA and LFW,
            boxes overlapping), within a moving, turning face up to 0.3; sudden jumps reach 0.4, which costs one more
            embedding.
        most_tracks: faces followed at once, the largest first.
    """

    least_overlap: float = 0.3
    most_missed: int = 5
    most_change: float = 0.4
    most_tracks: int = 32


@dataclass(eq=False)
class Track:
    """One face followed over frames.

    Attributes:
        number: unique within its tracker, from 1.
        face: where it was seen last.
        missed: frames since.
        looks: how many embeddings were made of it.
        frames_since_look: frames seen since the last one; large before the first.
        best_merit: of the faces embedded.
        decision: what its looks say so far.
        told: the decision that was told last, None before the first.
    """

    number: int
    face: Face
    patch: Patch
    missed: int = 0
    looks: int = 0
    frames_since_look: int = 2**31
    best_merit: float = 0.0
    decision: Decision = field(default_factory=lambda: undecided(Reason.NO_FACE))
    told: Decision | None = None
    _scores: deque[Mapping[str, int]] = field(default_factory=lambda: deque(maxlen=_LOOKS_KEPT))

    def look(self, scores: Mapping[str, int], merit: float, threshold: int) -> Decision:
        """Add one embedding's Q15 scores and decide on the mean of the last eight looks.

        The mean keeps one lucky frame from naming a stranger who was seen better before.
        """
        self._scores.append(scores)
        self.looks += 1
        self.frames_since_look = 0
        self.best_merit = max(self.best_merit, merit)
        self.decision = decide(fused_scores(self._scores), threshold)
        return self.decision


def fused_scores(looks: Sequence[Mapping[str, int]]) -> dict[str, int]:
    """Mean Q15 score of each identity over a track's looks, rounded down."""
    return {name: sum(look[name] for look in looks) // len(looks) for name in looks[-1]} if looks else {}


@dataclass(frozen=True)
class EmbeddingPolicy:
    """Which faces are worth the embedder's time: new, unsure or better-looking ones, and now and then the others.

    Attributes:
        better: a look is better when its merit is this many times the best so far.
        sure_margin: Q15 distance from the threshold beyond which a decision is sure.
        sure_looks: embeddings a sure decision rests on at least.
        most_wait: frames after which any face is looked at again.
    """

    better: float = 1.25
    sure_margin: int = 1638  # a score of 0.05
    sure_looks: int = 3
    most_wait: int = 64

    def wants(self, track: Track, merit: float) -> bool:
        """Whether to embed this look; an unsure track waits twice as long after each of its looks."""
        if track.looks == 0 or merit > self.better * track.best_merit:
            return True
        wait = self.most_wait if self._sure(track) else min(2**track.looks, self.most_wait)
        return track.frames_since_look >= wait

    def _sure(self, track: Track) -> bool:
        decision = track.decision
        if track.looks < self.sure_looks or decision.score is None or decision.threshold is None:
            return False
        return abs(decision.score - decision.threshold) >= self.sure_margin


class Tracker:
    """Joins the faces of consecutive frames to tracks; its memory is bounded by `TrackingLimits.most_tracks`."""

    def __init__(self, limits: TrackingLimits | None = None) -> None:
        self.limits = limits or TrackingLimits()
        self.tracks: list[Track] = []
        self._count = 0

    def update(self, picture: RGB, faces: Sequence[Face]) -> list[Track]:
        """Take in the next frame.

        Args:
            picture: uint8 ``(H, W, 3)``.
            faces: found on it, largest first.

        Returns:
            The track of each face, in the same order; `Track.face` is the face. Faces beyond the limit have none.
        """
        thumbnail, scale = _thumbnail(picture)
        free = list(self.tracks)
        seen = []
        for face in faces[: self.limits.most_tracks]:
            patch = _patch(thumbnail, scale, face)
            track = self._continued(free, face, patch)
            if track is None:
                self._count += 1
                track = Track(self._count, face, patch)
            else:
                free.remove(track)
                track.face, track.patch, track.missed = face, patch, 0
                track.frames_since_look += 1
            seen.append(track)
        for track in free:
            track.missed += 1
        alive = [track for track in free if track.missed <= self.limits.most_missed]
        self.tracks = (seen + alive)[: self.limits.most_tracks]
        return seen

    def reset(self) -> None:
        """End all tracks: what comes next shows another scene."""
        self.tracks.clear()

    def _continued(self, candidates: list[Track], face: Face, patch: Patch) -> Track | None:
        """The track with the most overlapping box, unless the picture there is another one; that track ends."""
        if not candidates:
            return None
        overlaps = intersection_over_union(face.box, np.stack([track.face.box for track in candidates]))
        best = int(np.argmax(overlaps))
        if overlaps[best] < self.limits.least_overlap:
            return None
        track = candidates[best]
        if picture_change(track.patch, patch) > self.limits.most_change:
            candidates.remove(track)
            return None
        return track


def picture_change(before: Patch, after: Patch) -> float:
    """Mean absolute difference of two grey patches in units of their contrast: 0 for equal ones, about 1 for any two."""
    contrast = float(np.sqrt((before.var() + after.var()) / 2))
    return float(np.abs(after - before).mean()) / max(contrast, _LEAST_CONTRAST)


def _thumbnail(picture: RGB) -> tuple[Grey, float]:
    scale = min(1.0, _THUMBNAIL / max(picture.shape[:2]))
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else picture
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), np.uint8), scale


def _patch(thumbnail: Grey, scale: float, face: Face) -> Patch:
    """The square around a face's box, at the size all faces are compared in."""
    step = max(float(face.box[2]), float(face.box[3]), 1.0) * _PATCH_REACH * scale / _PATCH
    x, y = (centre * scale - step * (_PATCH - 1) / 2 for centre in face.centre)
    matrix = np.array([(step, 0.0, x), (0.0, step, y)])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    patch = cv2.warpAffine(thumbnail, matrix, (_PATCH, _PATCH), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(patch, np.float32)
