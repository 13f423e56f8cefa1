"""Geometry of composed training images: similarity warps of images with boxes and landmarks, and pasted crops."""

import cv2
import numpy as np
import numpy.typing as npt

from edge_siamese.alignment import CROP_SIZE
from edge_siamese.faces import MIRRORED_LANDMARKS
from edge_siamese.frames import RGB


def similarity(
    center: npt.NDArray[np.floating],
    scale: float,
    degrees: float,
    flip: bool,
    place: tuple[float, ...] | npt.NDArray[np.floating],
) -> npt.NDArray[np.float64]:
    """Return the (2, 3) matrix that rotates, scales and perhaps flips about `center` and moves it to `place`."""
    angle = np.radians(degrees)
    linear = scale * np.array([(np.cos(angle), -np.sin(angle)), (np.sin(angle), np.cos(angle))])
    if flip:
        linear[:, 0] *= -1
    return np.column_stack([linear, np.asarray(place) - linear @ center])


def shrunk_warp(image: RGB, matrix: npt.NDArray[np.float64], scale: float, size: int, method: int) -> RGB:
    """Warp an image; strong reductions use area averaging first, to avoid aliasing."""
    if method == cv2.INTER_AREA:
        image = cv2.resize(image, None, fx=scale * 1.5, fy=scale * 1.5, interpolation=cv2.INTER_AREA)
        matrix = np.column_stack([matrix[:, :2] / (scale * 1.5), matrix[:, 2]])
    return np.asarray(
        cv2.warpAffine(image, matrix, (size, size), flags=cv2.INTER_LINEAR, borderValue=(128, 128, 128)), np.uint8
    )


def moved(
    boxes: npt.NDArray[np.float32], landmarks: npt.NDArray[np.float32], matrix: npt.NDArray[np.float64], flip: bool
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Transform boxes (kept upright, same proportions) and landmarks; a flip exchanges left and right landmarks."""
    scale = float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))
    centers = (boxes[:, :2] + boxes[:, 2:] / 2) @ matrix[:, :2].T + matrix[:, 2]
    sizes = boxes[:, 2:] * scale
    points = landmarks @ matrix[:, :2].T + matrix[:, 2]
    if flip:
        points = points[:, MIRRORED_LANDMARKS]
    return np.hstack([centers - sizes / 2, sizes]).astype(np.float32), points.astype(np.float32)


def touches(box: npt.NDArray[np.floating], other: npt.NDArray[np.floating]) -> bool:
    return bool(np.all(box[:2] < other[:2] + other[2:]) and np.all(other[:2] < box[:2] + box[2:]))


def paste(image: RGB, crop: RGB, matrix: npt.NDArray[np.float64], scale: float, rng: np.random.Generator) -> None:
    """Blend a crop into an image with a soft ellipse, or with hard edges like a photo on a wall."""
    if scale < 0.5:
        crop = np.asarray(cv2.GaussianBlur(crop, (0, 0), 0.35 / scale), np.uint8)
    mask = np.zeros((CROP_SIZE, CROP_SIZE), np.float32)
    if rng.random() < 0.6:
        cv2.ellipse(mask, (56, 58), (50, 60), 0, 0, 360, 1.0, -1)
        mask = cv2.GaussianBlur(mask, (0, 0), 5)
        mask[[0, -1], :] = mask[:, [0, -1]] = 0
    else:
        mask[2:-2, 2:-2] = 1
    size = (image.shape[1], image.shape[0])
    alpha = cv2.warpAffine(mask, matrix, size)[..., None]
    warped = cv2.warpAffine(crop, matrix, size).astype(np.float32)
    image[:] = (warped * alpha + image * (1 - alpha) + 0.5).astype(np.uint8)
