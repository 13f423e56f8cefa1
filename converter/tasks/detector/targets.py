"""Targets of the detector: the grid cells that answer for each face, and what they have to predict."""

import numpy as np
import numpy.typing as npt

from edge_siamese.detection import STRIDES, cell_centers

from .samples import Sample

# Face sizes (square root of the area in input pixels) assigned to each stride; the ranges overlap.
_SIZES = {8: (0.0, 56.0), 16: (32.0, 120.0), 32: (80.0, np.inf)}
_SMALLEST = 6.0
_POSITIVE_RADIUS, _IGNORED_RADIUS = 0.3, 0.42  # relative to the face size, around its center
_COLUMNS = 1 + 1 + 4 + 10  # score target (-1 ignored), weight of the landmarks, box, landmarks
SIZE_COLUMN = _COLUMNS  # face size in strides, for relative errors


def encode_targets(sample: Sample, size: int) -> dict[str, npt.NDArray[np.float32]]:
    """Encode the targets of all grid cells: for each stride float32 ``(S/s, S/s, 17)``."""
    targets = {}
    for stride in STRIDES:
        centers = cell_centers(size, size, stride)
        grid = np.zeros((*centers.shape[:2], _COLUMNS + 1), np.float32)
        nearest = np.full(centers.shape[:2], np.inf, np.float32)
        for box, landmarks in zip(sample.boxes, sample.landmarks, strict=True):
            _mark_face(grid, nearest, centers, stride, box, landmarks)
        targets[f"grid{stride}"] = grid
    return targets


def _mark_face(
    grid: npt.NDArray[np.float32],
    nearest: npt.NDArray[np.float32],
    centers: npt.NDArray[np.float32],
    stride: int,
    box: npt.NDArray[np.float32],
    landmarks: npt.NDArray[np.float32],
) -> None:
    face_size = float(np.sqrt(box[2] * box[3]))
    low, high = _SIZES[stride]
    center = box[:2] + box[2:] / 2
    distance = np.abs(centers - center).max(axis=-1)
    answers = low <= face_size < high and face_size >= _SMALLEST
    radius = max(_POSITIVE_RADIUS * face_size, 0.5 * stride) if answers else 0.0
    ignored = distance <= max(_IGNORED_RADIUS * face_size, 0.75 * stride)
    grid[ignored & (grid[..., 0] == 0), 0] = -1
    chosen = (distance <= radius) & (distance < nearest)
    nearest[chosen] = distance[chosen]
    grid[chosen, 0] = 1
    grid[chosen, 1] = landmark_weight(landmarks)
    grid[chosen, 2:4] = (center - centers[chosen]) / stride
    grid[chosen, 4:6] = np.log(box[2:] / stride)
    offsets = (landmarks[None] - centers[chosen][:, None]) / stride
    grid[chosen, 6:16] = np.nan_to_num(offsets).reshape(-1, 10)
    grid[chosen, SIZE_COLUMN] = face_size / stride


def landmark_weight(landmarks: npt.NDArray[np.float32]) -> float:
    """Return the weight of a face's landmarks ``(5, 2)`` in the loss: 0 if unknown, 1 frontal to 2.5 in profile.

    Turned faces are rare. How far a face is turned is measured by its nose: its distance from the line between the
    middles of eyes and mouth, divided by the length of that line, which yaw does not shorten.
    """
    if np.isnan(landmarks).any():
        return 0.0
    eyes, mouth = landmarks[:2].mean(axis=0), landmarks[3:].mean(axis=0)
    x, y = (float(value) for value in mouth - eyes)
    nose_x, nose_y = (float(value) for value in landmarks[2] - eyes)
    turned = abs(x * nose_y - y * nose_x) / max(x * x + y * y, 1e-6)
    return 1.0 + 1.5 * min(turned / 0.4, 1.0)
