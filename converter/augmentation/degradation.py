"""Faces spoiled in one known way each, as a camera, a lamp or a hand before the face would: what a quality score is
fitted on.

Unlike the training's augmentation, which stays within what is to be recognized, these go from hardly visible to
hopeless.
"""

from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt

from edge_siamese.alignment import CROP_SIZE

Image = npt.NDArray[np.uint8]
Degradation = Callable[[Image, np.random.Generator], Image]

_MARGIN = 1.2  # half of a scene's side by the crop's side; some are wider, some narrower


def degrade(crop: Image, kind: str, rng: np.random.Generator) -> Image:
    """A copy of an aligned crop, uint8 ``(S, S, 3)``, with a defect of that kind in `DEGRADATIONS` and a random strength."""
    return DEGRADATIONS[kind](crop, rng)


def scene(crop: Image, side: float, background: Image, rng: np.random.Generator) -> Image:
    """An image in which the crop takes `side` pixels, somewhat turned, around the middle of a blurred background.

    Args:
        crop: uint8 ``(S, S, 3)``.
        side: pixels, at most S.
        background: another crop.
        rng: chooses angle, place and size of the image.
    """
    size = max(round(2 * _MARGIN * side * rng.uniform(0.85, 1.2)), 24)
    behind = cv2.resize(cv2.GaussianBlur(background, (0, 0), 6), (size, size), interpolation=cv2.INTER_LINEAR)
    scale = side / crop.shape[0]
    while scale < 0.5:
        crop = np.asarray(cv2.resize(crop, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.uint8)
        scale = side / crop.shape[0]
    middle = (crop.shape[0] - 1) / 2
    matrix = cv2.getRotationMatrix2D((middle, middle), float(rng.normal(0.0, 7.0)), scale)
    matrix[:, 2] += (size - 1) / 2 - middle + rng.uniform(-0.06, 0.06, 2) * size
    share = cv2.warpAffine(np.ones(crop.shape[:2], np.float32), matrix, (size, size))
    share = cv2.GaussianBlur(share, (0, 0), 0.3 + side / CROP_SIZE)[..., None]
    face = cv2.warpAffine(crop, matrix, (size, size), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(face * share + behind * (1 - share) + 0.5, np.uint8)


def between(low: float, high: float, rng: np.random.Generator) -> float:
    """Evenly distributed on a logarithmic scale."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def _noisy(values: npt.NDArray[np.floating] | Image, deviation: float, rng: np.random.Generator) -> Image:
    return np.clip(values + rng.normal(0.0, deviation, values.shape) + 0.5, 0, 255).astype(np.uint8)


def _blurred(crop: Image, rng: np.random.Generator) -> Image:
    return np.asarray(cv2.GaussianBlur(crop, (0, 0), between(0.5, 7.0, rng)), np.uint8)


def _moved(crop: Image, rng: np.random.Generator) -> Image:
    """Smeared along a line of 3 to 24 pixels."""
    length, angle = rng.uniform(3.0, 24.0), rng.uniform(0.0, np.pi)
    steps = np.linspace(-length / 2, length / 2, 61)
    kernel = np.zeros((25, 25), np.float32)
    kernel[np.round(12 + steps * np.sin(angle)).astype(int), np.round(12 + steps * np.cos(angle)).astype(int)] = 1
    return np.asarray(cv2.filter2D(crop, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REPLICATE), np.uint8)


def _dark(crop: Image, rng: np.random.Generator) -> Image:
    return _noisy(crop * between(0.03, 0.7, rng), rng.uniform(1.0, 5.0), rng)


def _bright(crop: Image, rng: np.random.Generator) -> Image:
    return _noisy(crop * rng.uniform(1.2, 4.0) + rng.uniform(0.0, 60.0), 0.0, rng)


def _flat(crop: Image, rng: np.random.Generator) -> Image:
    """As if through fog."""
    share = rng.uniform(0.03, 0.7)
    return _noisy(crop * share + (1 - share) * rng.uniform(40.0, 215.0), rng.uniform(0.5, 3.0), rng)


def _lit_from_the_side(crop: Image, rng: np.random.Generator) -> Image:
    across = np.linspace(-1, 1, crop.shape[1]) * rng.choice([-1, 1])
    light = 1 / (1 + np.exp(-across * rng.uniform(2.0, 10.0) - rng.normal(0.0, 0.6)))
    minimum = rng.uniform(0.03, 0.6)
    return _noisy(crop * (minimum + (1.1 - minimum) * light)[None, :, None], 0.0, rng)


def _grainy(crop: Image, rng: np.random.Generator) -> Image:
    return _noisy(crop, rng.uniform(5.0, 45.0), rng)


def _compressed(crop: Image, rng: np.random.Generator) -> Image:
    _, encoded = cv2.imencode(".jpg", crop, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(4, 40))])
    return np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR), np.uint8)


def _covered(crop: Image, rng: np.random.Generator) -> Image:
    """Mouth and chin, the eyes, or any part of the face behind one color."""
    size, crop, color = crop.shape[0], crop.copy(), rng.integers(0, 256, 3)
    part = rng.random()
    if part < 0.35:
        crop[int(rng.uniform(0.55, 0.8) * size) :, size // 12 : -size // 12] = color
    elif part < 0.6:
        crop[int(0.39 * size) : int(0.54 * size), int(0.18 * size) : int(0.82 * size)] = color // 4
    else:
        height, width = (rng.uniform(0.18, 0.6, 2) * size).astype(int)
        top, left = (int(rng.uniform(0.1, 0.9 - side / size / 2) * size) for side in (height, width))
        crop[top : top + height, left : left + width] = color
    return crop


def _turned(crop: Image, rng: np.random.Generator) -> Image:
    """By 10 to 90 degrees in the image."""
    middle = (crop.shape[0] - 1) / 2
    matrix = cv2.getRotationMatrix2D((middle, middle), rng.uniform(10.0, 90.0) * rng.choice([-1, 1]), 1.0)
    return np.asarray(cv2.warpAffine(crop, matrix, crop.shape[1::-1], borderMode=cv2.BORDER_REPLICATE), np.uint8)


def _twice(crop: Image, rng: np.random.Generator) -> Image:
    for kind in rng.choice(SIMPLE, 2, replace=False):
        crop = DEGRADATIONS[str(kind)](crop, rng)
    return crop


SIMPLE = (
    "blurred", "moved", "dark", "bright", "flat", "side light", "grainy", "compressed", "covered", "turned",
)  # fmt: skip
DEGRADATIONS: dict[str, Degradation] = {
    "blurred": _blurred,
    "moved": _moved,
    "dark": _dark,
    "bright": _bright,
    "flat": _flat,
    "side light": _lit_from_the_side,
    "grainy": _grainy,
    "compressed": _compressed,
    "covered": _covered,
    "turned": _turned,
    "two at once": _twice,
}
