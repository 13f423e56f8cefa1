"""Darkness and the look of an infrared camera, for whole images."""

import cv2
import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]


def darkened(image: Image, rng: np.random.Generator) -> Image:
    """Return a uint8 ``(H, W, 3)`` image at 0.05 to 0.6 of its brightness, with sensor noise."""
    share = float(np.exp(rng.uniform(np.log(0.05), np.log(0.6))))
    return _noisy(cv2.convertScaleAbs(image, alpha=share), float(rng.uniform(0.5, 5.0)), rng)


def infrared(image: Image, rng: np.random.Generator) -> Image:
    """Return a uint8 ``(H, W, 3)`` gray image, bright in the middle, as from a camera with an infrared lamp.

    Skin is bright and almost without texture in infrared light: the gray values are mostly those of the red channel, with a
    gamma below one.
    """
    height, width = image.shape[:2]
    red = rng.uniform(0.6, 1.0)
    gray = cv2.transform(image, np.array([[red, (1 - red) * 0.8, (1 - red) * 0.2]], np.float32))
    levels = 255 * (np.arange(256) / 255) ** rng.uniform(0.5, 0.9)
    gray = cv2.LUT(gray, levels.astype(np.uint8))
    middle = rng.uniform(0.3, 0.7, 2) * (width, height)
    reach = rng.uniform(0.5, 1.5) * max(height, width)
    x, y = np.arange(width, dtype=np.float32) - middle[0], np.arange(height, dtype=np.float32) - middle[1]
    light = np.exp(-0.5 * (y[:, None] ** 2 + x[None] ** 2) / reach**2) * rng.uniform(0.5, 1.1)
    lit = np.clip(gray * light, 0, 255).astype(np.uint8)
    return _noisy(np.repeat(lit[..., None], 3, axis=2), float(rng.uniform(1.0, 6.0)), rng, gray=True)


def _noisy(image: Image, deviation: float, rng: np.random.Generator, gray: bool = False) -> Image:
    shape = (*image.shape[:2], 1) if gray else image.shape
    noise = rng.standard_normal(shape, np.float32) * np.float32(deviation)
    return np.clip(image + noise + 0.5, 0, 255).astype(np.uint8)
