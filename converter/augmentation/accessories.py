"""Drawn face masks and glasses, placed by landmarks, in whole images."""

import cv2
import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]
Landmarks = npt.NDArray[np.floating]

_FRACTION = 4  # binary digits of a pixel in OpenCV's drawing coordinates


def with_mask(image: Image, landmarks: Landmarks, rng: np.random.Generator) -> Image:
    """Return a copy of a uint8 ``(H, W, 3)`` image with a mask from the nose to below the chin.

    Args:
        image: the image.
        landmarks: the face's five landmarks ``(5, 2)``, in the order of `edge_siamese.faces.Face`.
        rng: draws the mask's height, width and color.
    """
    across, down, middle = _axes(landmarks)
    nose, mouth = landmarks[2], landmarks[3:].mean(axis=0)
    top = nose + down * rng.uniform(-0.25, 0.1)
    bottom = mouth + down * rng.uniform(0.55, 0.8)
    wide, narrow = rng.uniform(0.75, 0.95), rng.uniform(0.35, 0.6)
    sides = middle + (mouth - middle) * 0.8
    outline = [top, sides + across * wide - down * 0.3, sides + across * wide * 0.9 + down * 0.2, bottom + across * narrow,
               bottom - across * narrow, sides - across * wide * 0.9 + down * 0.2, sides - across * wide - down * 0.3]  # fmt: skip
    return _filled(image, [np.array(outline)], rng.integers(0, 256, 3), rng)


def with_glasses(image: Image, landmarks: Landmarks, rng: np.random.Generator) -> Image:
    """Return a copy of a uint8 ``(H, W, 3)`` image with dark glasses over the eyes; arguments as in `with_mask`."""
    across, down, _ = _axes(landmarks)
    angles = np.linspace(0, 2 * np.pi, 20, endpoint=False)
    width, height = rng.uniform(0.3, 0.45), rng.uniform(0.2, 0.35)
    lens = np.outer(np.cos(angles) * width, across) + np.outer(np.sin(angles) * height, down)
    right, left = landmarks[:2]
    bridge = np.array([right - down * 0.04, left - down * 0.04, left + down * 0.04, right + down * 0.04])
    return _filled(image, [right + lens, left + lens, bridge], rng.integers(0, 256, 3) // 4, rng)


def with_frames(image: Image, landmarks: Landmarks, rng: np.random.Generator) -> Image:
    """Return a copy of a uint8 ``(H, W, 3)`` image with the frame of glasses; arguments as in `with_mask`."""
    across, down, _ = _axes(landmarks)
    angles = np.linspace(0, 2 * np.pi, 28, endpoint=False)
    width, height = rng.uniform(0.28, 0.42), rng.uniform(0.2, 0.34)
    power = 2 / rng.uniform(2, 5)  # from an ellipse to nearly a rectangle
    x, y = (np.sign(part) * np.abs(part) ** power for part in (np.cos(angles), np.sin(angles)))
    lens = np.outer(x * width, across) + np.outer(y * height, down)
    right, left = landmarks[:2]
    bar = across * width
    lines = [np.array([right + bar, left - bar]), np.array([right - bar, right - across * rng.uniform(0.6, 1.0)]),
             np.array([left + bar, left + across * rng.uniform(0.6, 1.0)])]  # fmt: skip
    color = (rng.integers(0, 256, 3) // rng.choice((1, 6))).tolist()
    thick = max(1, round(float(np.linalg.norm(down)) * rng.uniform(0.02, 0.09)))
    drawn = image.copy()
    for outline, closed in [(right + lens, True), (left + lens, True), *((line, False) for line in lines)]:
        points = np.round(outline * (1 << _FRACTION)).astype(np.int32)
        cv2.polylines(drawn, [points], closed, color, thick, cv2.LINE_AA, _FRACTION)
    return drawn


def _axes(landmarks: Landmarks) -> tuple[Landmarks, Landmarks, Landmarks]:
    """Half the face's width, its height from eyes to mouth (both as vectors), and the middle between the eyes.

    The width is at least 0.35 of the height, as in a profile.
    """
    eyes, mouth = landmarks[:2].mean(axis=0), landmarks[3:].mean(axis=0)
    down = mouth - eyes
    across = np.array([down[1], -down[0]])
    share = np.abs(landmarks[1] - landmarks[0]) @ np.abs(across) / max(float(across @ across), 1e-6)
    return across * max(0.75 * float(share), 0.35), down, eyes


def _filled(image: Image, outlines: list[Landmarks], color: npt.NDArray[np.int64], rng: np.random.Generator) -> Image:
    """Fill outlines with one color, in some images with a little of the image shining through."""
    drawn = image.copy()
    for outline in outlines:
        points = np.round(outline * (1 << _FRACTION)).astype(np.int32)
        cv2.fillPoly(drawn, [points], color.tolist(), cv2.LINE_AA, _FRACTION)
    opacity = float(rng.uniform(0.85, 1.0))
    return np.asarray(cv2.addWeighted(drawn, opacity, image, 1 - opacity, 0), np.uint8)
