"""Follows faces from one frame to the next without a detection, by the optical flow of a grid of points on each face."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

from .faces import Face

if TYPE_CHECKING:
    from .thumbnails import Thumbnail

_GRID = 5  # points of a face in a row
_WINDOW, _LEVELS = (15, 15), 2
_MAX_RETURN = 1.0  # pixels of the thumbnail between a point and where the flow back leads
_MIN_POINTS = 0.6  # share of the points that have to be found again
_MAX_SCALE = 1.25  # largest change of a face's size between two frames
Points = npt.NDArray[np.float32]


def follow_faces(before: "Thumbnail", after: "Thumbnail", faces: Sequence[Face]) -> list[Face] | None:
    """Move faces as the image moved.

    Args:
        before, after: two consecutive frames.
        faces: faces of the first frame.

    Returns:
        The faces in the second frame; None if one of them is not found again.
    """
    if not faces:
        return []
    if before.gray.shape != after.gray.shape or min(before.gray.shape) < _WINDOW[0]:
        return None
    grids = np.concatenate([_grid(face) for face in faces]) * np.float32(before.scale)
    moved, found = _flow(before.gray, after.gray, grids)
    followed = []
    for face, old, new, good in zip(
        faces, np.split(grids, len(faces)), np.split(moved, len(faces)), np.split(found, len(faces)), strict=True
    ):
        face_now = _moved(face, old[good] / before.scale, new[good] / before.scale) if _enough(good) else None
        if face_now is None:
            return None
        followed.append(face_now)
    return followed


def _grid(face: Face) -> Points:
    """Points on the inner two thirds of a face."""
    x, y, width, height = (float(value) for value in face.box)
    steps = (np.arange(_GRID) / (_GRID - 1) - 0.5) * 0.65 + 0.5
    return np.array([(x + across * width, y + down * height) for down in steps for across in steps], np.float32)


def _flow(
    before: npt.NDArray[np.uint8], after: npt.NDArray[np.uint8], points: Points
) -> tuple[Points, npt.NDArray[np.bool_]]:
    """Where points moved, and which of them lead back to their place."""
    moved, there, _ = cv2.calcOpticalFlowPyrLK(before, after, points, None, winSize=_WINDOW, maxLevel=_LEVELS)
    back, again, _ = cv2.calcOpticalFlowPyrLK(after, before, moved, None, winSize=_WINDOW, maxLevel=_LEVELS)
    height, width = after.shape
    inside = (moved >= 0).all(axis=1) & (moved[:, 0] < width) & (moved[:, 1] < height)
    returned = np.linalg.norm(back - points, axis=1) <= _MAX_RETURN
    return moved, inside & returned & (there.ravel() == 1) & (again.ravel() == 1)


def _enough(found: npt.NDArray[np.bool_]) -> bool:
    return float(found.mean()) >= _MIN_POINTS


def _moved(face: Face, old: Points, new: Points) -> Face | None:
    """The face moved and scaled by the medians of its points, or None if its size jumps."""
    before, after = np.median(old, axis=0), np.median(new, axis=0)
    spread = float(np.median(np.linalg.norm(old - before, axis=1)))
    scale = float(np.median(np.linalg.norm(new - after, axis=1))) / max(spread, 1e-3)
    if not 1 / _MAX_SCALE <= scale <= _MAX_SCALE:
        return None
    corner = (face.box[:2] - before) * scale + after
    box = np.concatenate([corner, face.box[2:] * scale]).astype(np.float32)
    return replace(
        face, box=box, landmarks=((face.landmarks - before) * scale + after).astype(np.float32), embedding=None
    )
