"""From a face in a frame to the 112x112 crop the embedder sees.

Landmarks are mapped on the ArcFace template by the least-squares similarity of all five points (Umeyama, "Least-squares
estimation of transformation parameters between two point patterns", PAMI 1991): no outlier rejection, so the same
landmarks give the same crop everywhere.
"""

import cv2
import numpy as np
import numpy.typing as npt

from .frames import RGB

CROP_SIZE = 112
_MAX_WARPED_SIDE = 32_000  # OpenCV warps images with sides below 32,767
TEMPLATE_NAME = "arcface-112"
TEMPLATE = np.array(
    [(38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366), (41.5493, 92.3655), (70.7299, 92.2041)], np.float32
)


def similarity(source: npt.NDArray[np.floating], target: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Least-squares rotation, scale and translation from `source` to `target` points.

    Args:
        source: ``(N, 2)`` points.
        target: ``(N, 2)`` points.

    Returns:
        float64 ``(2, 3)`` affine matrix without reflection. Coinciding source points give a pure translation.
    """
    mean_source, mean_target = source.mean(0, dtype=np.float64), target.mean(0, dtype=np.float64)
    # As complex numbers a similarity is one multiplication, and its least-squares solution one quotient.
    a = (source - mean_source) @ (1, 1j)
    b = (target - mean_target) @ (1, 1j)
    power = np.vdot(a, a).real
    factor = np.vdot(a, b) / power if power > 0 else 1.0 + 0j
    linear = np.array([(factor.real, -factor.imag), (factor.imag, factor.real)])
    return np.column_stack([linear, mean_target - linear @ mean_source])


def align(image: RGB, landmarks: npt.NDArray[np.floating], template: npt.NDArray[np.floating] = TEMPLATE) -> RGB:
    """Cut the aligned crop of one face.

    Args:
        image: uint8 ``(H, W, 3)``.
        landmarks: ``(5, 2)`` in pixels of `image`.
        template: where they come to lie in the crop, ``(5, 2)``.

    Returns:
        uint8 ``(112, 112, 3)``; black where it reaches beyond the image.
    """
    matrix = similarity(landmarks, template)
    while np.hypot(matrix[0, 0], matrix[1, 0]) < 0.5 and min(image.shape[:2]) > 1:
        image, matrix = _halved(image, matrix)
    if max(image.shape[:2]) > _MAX_WARPED_SIDE:
        image, matrix = _cut(image, matrix)
    return np.asarray(cv2.warpAffine(image, matrix, (CROP_SIZE, CROP_SIZE), flags=cv2.INTER_LINEAR), np.uint8)


def _cut(image: RGB, matrix: npt.NDArray[np.float64]) -> tuple[RGB, npt.NDArray[np.float64]]:
    """The part of an image that the crop shows, with a margin, and the matrix that maps from it."""
    corners = np.array([(0, 0), (CROP_SIZE, 0), (0, CROP_SIZE), (CROP_SIZE, CROP_SIZE)], np.float64)
    seen = (corners - matrix[:, 2]) @ np.linalg.inv(matrix[:, :2]).T
    limits = np.array(image.shape[1::-1]) - 1
    low, high = (np.clip(edge, 0, limits).astype(int) for edge in (seen.min(axis=0) - 2, seen.max(axis=0) + 2))
    part = image[low[1] : high[1] + 1, low[0] : high[0] + 1]
    return part, np.column_stack([matrix[:, :2], matrix[:, 2] + matrix[:, :2] @ low])


def _halved(image: RGB, matrix: npt.NDArray[np.float64]) -> tuple[RGB, npt.NDArray[np.float64]]:
    """Halve an image (averaging pixel areas) and adapt the matrix that maps from it."""
    height, width = image.shape[0] // 2, image.shape[1] // 2
    half = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    steps = np.array([image.shape[1] / width, image.shape[0] / height])
    # Pixel i of the half image is centered on pixel steps * (i + 1/2) - 1/2 of the whole one.
    linear, shift = matrix[:, :2], matrix[:, 2]
    return np.asarray(half, np.uint8), np.column_stack([linear * steps, linear @ (steps / 2 - 0.5) + shift])
