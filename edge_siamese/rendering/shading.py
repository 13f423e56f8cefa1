"""Ray casting and shading of a head: surface points, color and light of each pixel."""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from .camera import Camera, Field, Floats
from .canvas import Canvas
from .chart import REACH
from .head import Head
from .views import View

_COARSE_STEPS, _FINE_STEPS = 6, 2


def light_direction(view: View) -> Floats:
    """Unit vector ``(3,)`` towards the light in camera axes."""
    azimuth, elevation = np.radians([view.light_azimuth, view.light_elevation])
    return np.array([np.sin(azimuth) * np.cos(elevation), -np.sin(elevation), np.cos(azimuth) * np.cos(elevation)])


def light_color(view: View) -> Floats:
    """Red, green and blue of the light, around 1, ``(3,)``."""
    warm = (6500 - view.color_temperature) / 6500
    return np.array([1 + 0.35 * warm, 1.0, 1 - 0.55 * warm])


def draw_head(image: Field, head: Head, canvas: Canvas, camera: Camera, view: View) -> None:
    """Draw a head into a float32 ``(H, W, 3)`` image.

    Args:
        image: RGB, 0 to 255, changed in place.
        head: the shape.
        canvas: painted chart of the head.
        camera: maps the head to pixels of `image`.
        view: expression and light.
    """
    x, y, width, height = _window(head, camera, image.shape[1], image.shape[0])
    if width < 2 or height < 2:
        return
    meeting = _Rays(head, camera, view, x, y, width, height)
    radius, column, row = meeting.solve()
    alpha = np.clip((radius - meeting.miss) * np.float32(camera.scale * head.axes[:2].mean()) + 0.5, 0, 1)
    alpha = cv2.GaussianBlur(alpha, (3, 3), 0.6)
    paint = _looked_up(canvas.cells, column, row)
    relief = _looked_up(head.relief, column, row)
    lit = _lit(paint, relief, camera, view)
    part = image[y : y + height, x : x + width]
    lit -= part
    lit *= alpha[..., None]
    part += lit


def _looked_up(chart: npt.NDArray[Any], column: Field, row: Field) -> npt.NDArray[Any]:
    """Values of a chart ``(N, N, ...)`` at positions from -REACH to REACH."""
    half = len(chart) / 2
    scale, shift = np.float32(half / REACH), np.float32(half - 0.5)
    found = cv2.remap(
        chart, column * scale + shift, row * scale + shift, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
    )
    return np.asarray(found)


def _lit(paint: npt.NDArray[Any], relief: Field, camera: Camera, view: View) -> Field:
    """Color of each pixel from its paint ``(H, W, 4)`` and relief ``(H, W, 4)``: Lambert, sky, highlight."""
    towards = light_direction(view)
    half = towards + np.array([0.0, 0.0, 1.0])
    lights = np.stack([towards, (0, -1, 0), half / np.linalg.norm(half)]) @ camera.rotation
    mixing = np.zeros((4, 4))
    mixing[:3, :3], mixing[3, 3] = lights, 1
    shares = cv2.transform(relief, mixing.astype(np.float32))
    key, sky, shine, openness = (shares[..., i] for i in range(4))
    key = np.maximum(key * 0.82 + 0.18, 0) * np.float32(view.light_strength)
    base = openness * (view.ambient * (1 + 0.22 * sky))
    paint = paint.astype(np.float32)
    gloss = np.maximum(shine, 0) ** 18 * paint[..., 3] * np.float32(0.30 * view.light_strength)
    key = key * (0.35 + 0.65 * openness)
    color = light_color(view)
    lit = np.empty((*paint.shape[:2], 3), np.float32)
    for channel in range(3):
        lit[..., channel] = paint[..., channel] * (base + key * np.float32(color[channel])) + gloss
    return _rolled_off(lit)


def _rolled_off(lit: Field) -> Field:
    """Compress highlights smoothly below 255, in place."""
    over = np.maximum(lit - np.float32(200), 0)
    lit -= over
    over /= 1 + over * np.float32(1 / 55)
    lit += over
    return lit


def _window(head: Head, camera: Camera, width: int, height: int) -> tuple[int, int, int, int]:
    """Rectangle of pixels that can show the head: x, y, width, height."""
    reach = head.axes * float(head.radius.max()) * 1.02
    corners = np.array([(i, j, k) for i in (-1, 1) for j in (-1, 1.12) for k in (-1, 1)]) * reach
    pixels = camera.project(corners)
    low = np.clip(np.floor(pixels.min(0)), 0, (width, height)).astype(int)
    high = np.clip(np.ceil(pixels.max(0)) + 1, 0, (width, height)).astype(int)
    return int(low[0]), int(low[1]), int(high[0] - low[0]), int(high[1] - low[1])


class _Rays:
    """Rays of a window of pixels in the unit head, and the fixed point where they meet its surface.

    A ray is given by its point nearest to the center, `near` (at distance `miss`), and its unit direction `along`; it meets
    a surface of radius r at ``near - along * sqrt(r^2 - miss^2)``. Reading the radius at that point and repeating converges.
    """

    def __init__(self, head: Head, camera: Camera, view: View, x: int, y: int, width: int, height: int) -> None:
        self.head = head
        self.level, self.stretch = head.jaw(view)
        origin, parts = camera.rays(x, y, width, height)
        parts = [part / np.float32(axis) for part, axis in zip(parts, head.axes, strict=True)]
        origin = (origin / head.axes).astype(np.float32)
        length = np.sqrt(sum(part * part for part in parts))
        self.along = [part / length for part in parts]
        forward = sum(part * start for part, start in zip(self.along, origin, strict=True))
        self.near = [start - part * forward for part, start in zip(self.along, origin, strict=True)]
        self.miss = np.sqrt(sum(part * part for part in self.near))

    def solve(self) -> tuple[Field, Field, Field]:
        """Radius of the surface and chart position (column, row in -REACH..REACH) for each pixel."""
        height, width = self.miss.shape
        radius = self._coarse().solved(np.full((-(-height // 2), -(-width // 2)), self.head.radius.max(), np.float32))
        radius = cv2.resize(radius, (2 * radius.shape[1], 2 * radius.shape[0]), interpolation=cv2.INTER_LINEAR)[
            :height, :width
        ]
        for _ in range(_FINE_STEPS):
            radius, column, row = self.step(radius)
        return radius, column, row

    def _coarse(self) -> "_Rays":
        """Every second ray in both directions."""
        coarse = object.__new__(_Rays)
        coarse.head, coarse.level, coarse.stretch = self.head, self.level, self.stretch
        coarse.along = [part[::2, ::2] for part in self.along]
        coarse.near = [part[::2, ::2] for part in self.near]
        coarse.miss = self.miss[::2, ::2]
        return coarse

    def solved(self, radius: Field) -> Field:
        """The radius after the coarse steps, damped so that steep surfaces do not cause oscillation."""
        for _ in range(_COARSE_STEPS):
            radius = np.float32(0.25) * radius + np.float32(0.75) * self.step(radius)[0]
        return radius

    def step(self, radius: Field) -> tuple[Field, Field, Field]:
        """Radius at the intersection for the given radius, and the chart position of that point."""
        depth = np.sqrt(np.maximum(radius * radius - self.miss * self.miss, 0))
        x, y, z = (near - along * depth for near, along in zip(self.near, self.along, strict=True))
        distance = np.maximum(radius, self.miss)
        ratio: Field | float = 1.0
        if self.stretch > 0:
            y = y - np.float32(self.stretch) * np.maximum(y - np.float32(self.level), 0)
            closed = np.sqrt(x * x + y * y + z * z)
            ratio, distance = distance / closed, closed
        scale = 1 / np.maximum(distance + z, np.float32(1e-3))
        column, row = x * scale, y * scale
        return np.asarray(_looked_up(self.head.radius, column, row) * ratio, np.float32), column, row
