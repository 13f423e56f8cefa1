"""Renders backgrounds: walls, windows, furniture-like shapes and blurred lights."""

import cv2
import numpy as np

from ..errors import DataError
from ..frames import RGB
from .camera import Field


def checked_size(size: tuple[int, int]) -> tuple[int, int]:
    """Check the width and height of an image in pixels; raises DataError if out of range."""
    width, height = size
    if not (16 <= width <= 8192 and 16 <= height <= 8192):
        raise DataError(f"a rendered image must be 16 to 8192 pixels wide and high, not {width} x {height}")
    return int(width), int(height)


def render_background(size: tuple[int, int], seed: int) -> RGB:
    """Render a background without people: uint8 ``(H, W, 3)`` RGB for `size` ``(width, height)``."""
    width, height = checked_size(size)
    rng = np.random.default_rng([8, seed])
    small_width, small_height = max(width // 2, 16), max(height // 2, 16)
    wall = _wall(rng, small_width, small_height)
    for _ in range(int(rng.integers(1, 8))):
        _furniture(wall, rng)
    if rng.random() < 0.4:
        _lights(wall, rng)
    blurred = cv2.GaussianBlur(wall, (0, 0), float(rng.uniform(0.4, 0.025 * small_width)) + 0.2)
    image = cv2.resize(blurred, (width, height), interpolation=cv2.INTER_LINEAR)
    grain = int(rng.integers(1, 9))
    noise = cv2.merge([rng.integers(-grain, grain + 1, (height, width), np.int16)] * 3)
    return np.asarray(cv2.add(image, noise, dtype=cv2.CV_8U), np.uint8)


def _wall(rng: np.random.Generator, width: int, height: int) -> RGB:
    """Render a wall with a light gradient and uneven color."""
    corners = rng.uniform(40, 215, 1) + rng.normal(0, 28, (2, 2, 1)) + rng.normal(0, 16, 3)
    wall = cv2.resize(corners.astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    patches: Field = rng.normal(0, 7, (6, 8, 3)).astype(np.float32)
    uneven = cv2.resize(patches, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.asarray(np.clip(wall + uneven, 0, 255), np.uint8)


def _furniture(wall: RGB, rng: np.random.Generator) -> None:
    """Draw one shape: a board, window, lamp, shelf, plant-like blob or line."""
    height, width = wall.shape[:2]
    color = [float(value) for value in np.clip(rng.uniform(15, 240) + rng.normal(0, 25, 3), 0, 255)]
    x, y = int(rng.integers(-width // 8, width)), int(rng.integers(-height // 8, height))
    wide, high = int(rng.integers(width // 16, width // 2 + 1)), int(rng.integers(height // 16, height // 2 + 1))
    kind = int(rng.integers(5))
    if kind <= 1:
        cv2.rectangle(wall, (x, y), (x + wide, y + high), color, -1)
        frame = [0.7 * value for value in color]
        cv2.rectangle(wall, (x, y), (x + wide, y + high), frame, int(rng.integers(1, 4)))
        if kind == 1:
            cv2.line(wall, (x + wide // 2, y), (x + wide // 2, y + high), frame, 2)
            cv2.line(wall, (x, y + high // 2), (x + wide, y + high // 2), frame, 2)
    elif kind == 2:
        cv2.ellipse(
            wall, (x, y), (wide // 2 + 1, high // 2 + 1), float(rng.uniform(0, 180)), 0, 360, color, -1, cv2.LINE_AA
        )
    elif kind == 3:
        for step in range(int(rng.integers(2, 7))):
            cv2.rectangle(
                wall,
                (x + step * 9, y),
                (x + step * 9 + 6, y + high),
                [(value * (0.6 + 0.1 * step)) for value in color],
                -1,
            )
    else:
        cv2.line(
            wall,
            (x, y),
            (int(rng.integers(width)), int(rng.integers(height))),
            color,
            int(rng.integers(1, 9)),
            cv2.LINE_AA,
        )


def _lights(wall: RGB, rng: np.random.Generator) -> None:
    """Draw blurred points of light."""
    glow = np.zeros_like(wall)
    for _ in range(int(rng.integers(3, 14))):
        place = int(rng.integers(wall.shape[1])), int(rng.integers(wall.shape[0]))
        cv2.circle(
            glow,
            place,
            int(rng.integers(2, max(wall.shape[0] // 12, 4))),
            rng.uniform(60, 255, 3).tolist(),
            -1,
            cv2.LINE_AA,
        )
    wall[:] = cv2.addWeighted(wall, 1.0, glow, 0.45, 0)
