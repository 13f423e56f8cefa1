"""Augmentation of aligned 112x112 face crops: camera noise, lighting and alignment errors."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from edge_siamese.alignment import CROP_SIZE, TEMPLATE

from .accessories import with_frames, with_glasses, with_mask
from .night import darkened, infrared

Image = npt.NDArray[np.uint8]
Augmentation = Callable[[Image, np.random.Generator], Image]

_WORN = (with_mask, with_glasses, with_frames)
_NIGHT = (darkened, infrared)


@dataclass(frozen=True, kw_only=True)
class CameraAugmentation:
    """Random flip, small similarity warp, brightness, color cast, gray, low resolution, blur, JPEG and occlusion.

    Every field except the extents is the probability of applying an effect, 0 to 1. `worn` draws a mask, dark glasses or
    the frame of glasses where the landmarks of an aligned crop are; `night` makes low light or infrared light.
    """

    flip: float = 0.5
    rotation_degrees: float = 10.0
    scale: float = 0.07
    shift_pixels: float = 5.0
    light: float = 0.8
    gray: float = 0.15
    low_resolution: float = 0.3
    blur: float = 0.15
    jpeg: float = 0.1
    occlusion: float = 0.3
    worn: float = 0.0
    night: float = 0.0

    def __call__(self, image: Image, rng: np.random.Generator) -> Image:
        """Return an augmented copy of a uint8 ``(H, W, 3)`` RGB image."""
        if self.worn and rng.random() < self.worn:
            image = _WORN[int(rng.integers(len(_WORN)))](image, _aligned_landmarks(image), rng)
        image = self._warped(image, rng)
        if rng.random() < self.light:
            image = _lit(image, rng)
        if rng.random() < self.gray:
            image = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
        if rng.random() < self.low_resolution:
            image = _low_resolution(image, rng)
        if rng.random() < self.blur:
            image = cv2.GaussianBlur(image, (0, 0), float(rng.uniform(0.5, 2.0)))
        if rng.random() < self.jpeg:
            _, encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 80))])
            image = np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR), np.uint8)
        if rng.random() < self.occlusion:
            image = _occluded(image, rng)
        if self.night and rng.random() < self.night:
            image = _NIGHT[int(rng.integers(len(_NIGHT)))](image, rng)
        return np.asarray(image, np.uint8)

    def _warped(self, image: Image, rng: np.random.Generator) -> Image:
        height, width = image.shape[:2]
        angle = float(rng.normal(0.0, self.rotation_degrees / 2))
        scale = float(np.exp(rng.normal(0.0, self.scale)))
        matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), angle, scale)
        matrix[:, 2] += rng.normal(0.0, self.shift_pixels / 2, 2)
        if rng.random() < self.flip:
            matrix[0] = (0, 0, width - 1) - matrix[0]
        return np.asarray(
            cv2.warpAffine(image, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        )


def _aligned_landmarks(image: Image) -> npt.NDArray[np.float64]:
    return np.asarray(TEMPLATE, np.float64) * (np.array(image.shape[1::-1]) / CROP_SIZE)


def _lit(image: Image, rng: np.random.Generator) -> Image:
    """Apply gain, offset, gamma and a color cast with one lookup table per channel."""
    levels = np.arange(256) / 255.0
    gamma = np.exp(rng.normal(0.0, 0.25))
    gains = np.exp(rng.normal(0.0, 0.2)) * np.exp(rng.normal(0.0, 0.06, 3))
    table = (levels[:, None] ** gamma - 0.5) * gains + 0.5 + rng.normal(0.0, 0.06)
    return np.asarray(cv2.LUT(image, np.clip(table * 255, 0, 255).astype(np.uint8).reshape(1, 256, 3)))


def _low_resolution(image: Image, rng: np.random.Generator) -> Image:
    height, width = image.shape[:2]
    factor = rng.uniform(0.22, 0.7)
    small = cv2.resize(image, (round(width * factor), round(height * factor)), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR))


def _occluded(image: Image, rng: np.random.Generator) -> Image:
    height, width = image.shape[:2]
    h, w = (int(rng.uniform(0.15, 0.4) * side) for side in (height, width))
    top, left = int(rng.integers(0, height - h)), int(rng.integers(0, width - w))
    image = image.copy()
    image[top : top + h, left : left + w] = rng.integers(0, 256, 3)
    return image
