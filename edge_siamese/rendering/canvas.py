"""Canvas: paints soft-edged polygons, in head units, on the texture of a head."""

from functools import cache

import cv2
import numpy as np
import numpy.typing as npt

from .camera import Field, Floats
from .chart import REACH, directions
from .people import Color

TEXTURE_SIZE = 384
"""Width and height of the painted chart in cells."""
CELLS_PER_UNIT = TEXTURE_SIZE / (4 * REACH)
"""Cells per head unit in the middle of the face."""

Texture = npt.NDArray[np.uint8]
Area = tuple[int, int, Field]
"""Left, top and a float32 mask, 0 to 1, of a painted area."""


class Canvas:
    """The painted chart of one head.

    Attributes:
        cells: uint8 ``(TEXTURE_SIZE, TEXTURE_SIZE, 4)``: red, green, blue and gloss.
        axes: float64 ``(3,)`` half extents of the head, for positioning.
    """

    def __init__(self, cells: Texture, axes: Floats) -> None:
        self.cells = cells
        self.axes = axes

    def copy(self) -> "Canvas":
        """A copy of the canvas."""
        return Canvas(self.cells.copy(), self.axes)

    def fill(
        self,
        points: npt.ArrayLike,
        color: Color,
        *,
        opacity: float = 1.0,
        soft: float = 0.0,
        gloss: float | None = None,
    ) -> None:
        """Fill the polygon of frontal positions ``(N, 2)``, its edge `soft` wide; both in head units."""
        self.blend(self.area(points, soft), color, opacity, gloss)

    def fill_inside(
        self, points: npt.ArrayLike, within: Area, color: Color, *, soft: float = 0.0, gloss: float | None = None
    ) -> None:
        """Fill the part of a polygon that lies within an :meth:`area`."""
        (x, y, mask), (x2, y2, frame) = self.area(points, soft), within
        left, top = max(x, x2), max(y, y2)
        right, bottom = min(x + mask.shape[1], x2 + frame.shape[1]), min(y + mask.shape[0], y2 + frame.shape[0])
        if right > left and bottom > top:
            both = (
                mask[top - y : bottom - y, left - x : right - x] * frame[top - y2 : bottom - y2, left - x2 : right - x2]
            )
            self.blend((left, top, both), color, 1.0, gloss)

    def stroke(
        self, points: npt.ArrayLike, width: float, color: Color, *, opacity: float = 1.0, soft: float = 0.0
    ) -> None:
        """Draw a line through frontal positions ``(N, 2)``, thinning to its ends; `width` in head units."""
        points = np.asarray(points, float)
        reached = np.concatenate([points[:1], points, points[-1:]])
        along = reached[2:] - reached[:-2]
        half = _taper(len(points)) * (width / 2 / (np.hypot(along[:, 0], along[:, 1]) + 1e-9))
        half = half[:, None] * along[:, ::-1] * (-1, 1)
        self.fill(np.vstack([points + half, (points - half)[::-1]]), color, opacity=opacity, soft=soft)

    def tint(self, weight: Field, color: Color, gloss: float | None = None) -> None:
        """Mix `color` in over the whole chart by ``(TEXTURE_SIZE, TEXTURE_SIZE)`` weights in 0..1."""
        self.blend((0, 0, weight), color, 1.0, gloss)

    def blend(self, area: Area, color: Color, opacity: float, gloss: float | None) -> None:
        """Blend `color` with the mask (0 to 1) of an area."""
        x, y, mask = area
        part = self.cells[y : y + mask.shape[0], x : x + mask.shape[1]]
        channels = 3 if gloss is None else 4
        target = np.array([*color, gloss or 0.0][:channels], np.float32)
        weight = (mask * np.float32(opacity))[..., None]
        part[..., :channels] = part[..., :channels] + (target - part[..., :channels]) * weight + np.float32(0.5)

    def area(self, points: npt.ArrayLike, soft: float = 0.0) -> Area:
        """Corner and float32 mask of an anti-aliased polygon, clipped to the chart."""
        flat = np.asarray(points, float) / self.axes[:2]
        depth = np.sqrt(np.maximum(1 - flat[:, 0] ** 2 - flat[:, 1] ** 2, 0))
        where = flat * (TEXTURE_SIZE / 2 / REACH / (1 + depth))[:, None] + (TEXTURE_SIZE / 2 - 0.5)
        return polygon_mask(where, (TEXTURE_SIZE, TEXTURE_SIZE), soft * CELLS_PER_UNIT)


@cache
def _taper(count: int) -> Floats:
    """Widths of a stroke along `count` points, thin at both ends."""
    return np.asarray(np.sin(np.linspace(0.12, np.pi - 0.12, count)) ** 0.6)


def polygon_mask(points: Floats, size: tuple[int, int], blur: float = 0.0) -> Area:
    """Rasterize a polygon.

    Args:
        points: ``(N, 2)`` pixels.
        size: width and height of the image it is clipped to.
        blur: standard deviation of its edge in pixels; below 0.3 the edge is only anti-aliased.

    Returns:
        Left, top and a float32 mask in 0..1 of the polygon's surroundings; the mask may be empty.
    """
    margin = 2 + int(3 * blur)
    x, y, width, height = cv2.boundingRect(points.astype(np.float32))
    left, top = min(max(x - margin, 0), size[0]), min(max(y - margin, 0), size[1])
    right, bottom = min(max(x + width + margin, left), size[0]), min(max(y + height + margin, top), size[1])
    mask = np.zeros((bottom - top, right - left), np.uint8)
    if not mask.size:
        return left, top, mask.astype(np.float32)
    fixed = ((points - (left, top)) * 16 + 0.5).astype(np.int32)
    cv2.fillPoly(mask, [fixed], (255,), cv2.LINE_AA, 4)
    soft = cv2.GaussianBlur(mask, (0, 0), blur) if blur >= 0.3 else mask
    return left, top, soft.astype(np.float32) * np.float32(1 / 255)


def positions(axes: Floats) -> tuple[Field, Field, Field]:
    """Frontal position (x, y in head units) and depth direction of every cell of the painted chart."""
    x, y, z = directions(TEXTURE_SIZE)
    return x * np.float32(axes[0]), y * np.float32(axes[1]), z


def ellipse(x: float, y: float, half_width: float, half_height: float, turn: float = 0.0, corners: int = 20) -> Floats:
    """Points ``(corners, 2)`` of an ellipse turned by `turn` radians."""
    angle = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    u, v = half_width * np.cos(angle), half_height * np.sin(angle)
    return np.column_stack([x + u * np.cos(turn) - v * np.sin(turn), y + u * np.sin(turn) + v * np.cos(turn)])


def mixed(first: Color, second: Color, amount: float) -> Color:
    """`first` with `amount` (0..1) of `second` in it."""
    red, green, blue = (a + (b - a) * amount for a, b in zip(first, second, strict=True))
    return red, green, blue


def darker(color: Color, factor: float) -> Color:
    """`color` times a factor."""
    red, green, blue = (value * factor for value in color)
    return red, green, blue
