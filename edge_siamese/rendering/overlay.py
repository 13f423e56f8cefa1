"""Drawing on float32 ``(H, W, 3)`` images: blending and lines."""

import cv2
import numpy as np
import numpy.typing as npt

from .camera import Field, Floats
from .canvas import Area
from .people import Color


def size_of(image: Field) -> tuple[int, int]:
    """Width and height of an image."""
    return image.shape[1], image.shape[0]


def blend(image: Field, area: Area, color: npt.NDArray[np.floating], opacity: float) -> None:
    """Blend a color, or an image of colors, with the mask of an area."""
    x, y, mask = area
    part = image[y : y + mask.shape[0], x : x + mask.shape[1]]
    change = np.asarray(color, np.float32) - part
    change *= (mask * np.float32(opacity))[..., None]
    part += change


def draw_line(image: Field, points: Floats, thick: float, color: Color, closed: bool = False) -> None:
    """Draw an anti-aliased line; widths below one pixel are drawn fainter."""
    low = np.floor(points.min(0)).astype(int) - int(thick) - 2
    high = np.ceil(points.max(0)).astype(int) + int(thick) + 3
    low, high = np.clip(low, 0, size_of(image)), np.clip(high, 0, size_of(image))
    if (high <= low).any():
        return
    mask = np.zeros((high[1] - low[1], high[0] - low[0]), np.uint8)
    cv2.polylines(
        mask, [np.round((points - low) * 16).astype(np.int32)], closed, (255,), max(1, round(thick)), cv2.LINE_AA, 4
    )
    blend(
        image,
        (int(low[0]), int(low[1]), mask.astype(np.float32) / np.float32(255)),
        np.array(color),
        min(0.9, thick),
    )
