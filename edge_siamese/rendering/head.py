"""Head shape: a unit sphere stretched to a skull, with a radius for every direction of the chart."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from .camera import Field, Floats
from .chart import REACH, cells, directions, frontal
from .hair import coverage, lift
from .people import Person
from .views import View

CHART_SIZE = 176
"""Width and height of the chart of radius and normals in cells."""
_JAW = 0.22  # stretch of the lower face for a fully open mouth


@dataclass(frozen=True)
class Head:
    """Shape of one person's head.

    Attributes:
        person: the person.
        axes: float64 ``(3,)`` half width, half height and half depth in head units.
        radius: float32 ``(CHART_SIZE, CHART_SIZE)`` distance of the surface from the center, 1 on the plain ellipsoid.
        relief: float32 ``(CHART_SIZE, CHART_SIZE, 4)``: outward normal in head axes, and openness to ambient light.
    """

    person: Person
    axes: Floats
    radius: Field
    relief: Field

    def jaw(self, view: View) -> tuple[float, float]:
        """Height below which an opened mouth stretches the head (y of the unit head), and the amount."""
        return self.person.mouth_level / self.axes[1] * 1.08, _JAW * view.mouth_open

    def on_face(self, points: npt.ArrayLike, view: View | None = None) -> Floats:
        """Points ``(N, 3)`` of the surface at frontal positions ``(N, 2)`` in head units."""
        flat = np.asarray(points, float) / self.axes[:2]
        return self.surface(frontal(flat), view)

    def surface(self, unit: npt.ArrayLike, view: View | None = None) -> Floats:
        """Points ``(N, 3)`` of the surface in unit directions ``(N, 3)``, the mouth opened as in `view`."""
        unit = np.asarray(unit, float)
        where = cells(unit, CHART_SIZE).astype(np.float32)
        reached = cv2.remap(
            self.radius, where[:, None, :], np.zeros(0), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        points = unit * np.asarray(reached, float).reshape(-1, 1)
        if view is not None:
            level, stretch = self.jaw(view)
            below = np.maximum(points[:, 1] - level, 0)
            points[:, 1] += below / (1 - stretch) - below
        return np.asarray(points * self.axes)

    def landmarks(self, view: View) -> Floats:
        """Points ``(5, 3)``: right eye, left eye, nose tip, right and left mouth corner; right is the subject's."""
        return self.on_face(landmark_positions(self.person, view), view)

    def outline(self, view: View) -> Floats:
        """Points ``(N, 3)`` around the face: hairline, temples, cheeks, jaw and chin."""
        longitude, height = (
            part.ravel() for part in np.meshgrid(np.radians(np.linspace(-76, 76, 9)), _OUTLINE_HEIGHTS)
        )
        around = np.sqrt(1 - height**2)
        unit = np.column_stack([around * np.sin(longitude), height, around * np.cos(longitude)])
        return self.surface(unit, view)


_OUTLINE_HEIGHTS = np.array([-0.56, -0.3, 0.0, 0.3, 0.55, 0.75, 0.88, 0.95])


def landmark_positions(person: Person, view: View) -> Floats:
    """Frontal positions ``(5, 2)`` of the landmarks in head units."""
    corner = person.mouth_width + 0.065 * view.smile - 0.03 * view.mouth_open
    level = person.mouth_level - person.mouth_curve - 0.06 * view.smile
    eyes = [(side * person.eye_distance, person.eye_level) for side in (-1, 1)]
    return np.array([*eyes, (0, nose_tip(person)), (-corner, level), (corner, level)])


def nose_tip(person: Person) -> float:
    """Frontal y of the tip of the nose in head units."""
    return 0.84 * person.nose_length


@lru_cache(maxsize=64)
def head_of(person: Person) -> Head:
    """Build the head of a person (cached)."""
    axes = np.array([person.head_width, person.head_height, person.head_depth])
    x, y, z = directions(CHART_SIZE)
    across, down = x * np.float32(axes[0]), y * np.float32(axes[1])
    power = np.float32(2.42 + 0.1 * person.forehead)  # above 2: squarer than an ellipsoid
    skull = sum(np.abs(part) ** power for part in (x, y, z)) ** (-1 / power)
    skull += (_bones(person, across, down) + _features(person, across, down) + _nose(person, across, down)) * _smooth(
        z, -0.05, 0.35
    )
    skull -= 0.20 * _smooth(y, 0.90, 1.0)
    hidden = coverage(person, CHART_SIZE)
    radius = (skull + lift(person, hidden)).astype(np.float32)
    return Head(person, axes, radius, _relief(radius, axes))


def _bump(across: Field, down: Field, where: tuple[float, float], spread: tuple[float, float]) -> Field:
    """A bell-shaped bump of height 1 at ``(+-x, y)`` (once if x is 0)."""
    sideways = np.abs(across) - np.float32(where[0])
    return np.asarray(
        np.exp(
            -0.5
            * ((sideways / np.float32(spread[0])) ** 2 + ((down - np.float32(where[1])) / np.float32(spread[1])) ** 2)
        )
    )


def _bones(person: Person, across: Field, down: Field) -> Field:
    """Relief of chin, jaw, cheekbones, forehead and brow ridge."""
    p = person
    chin = (0.0, 1.32 + 0.04 * p.chin_length), (0.42 + 0.10 * p.chin_width, 0.30)
    bumps = (
        (0.17 + 0.04 * p.chin_prominence + 0.035 * p.chin_length, *chin),
        (-0.02 + 0.07 * p.jaw, (0.68, 0.92), (0.24, 0.30)),
        (0.025 + 0.035 * p.cheekbones, (0.60, 0.28), (0.20, 0.17)),
        (0.010 + 0.050 * p.cheeks, (0.52, 0.66), (0.26, 0.28)),
        (-0.015 - 0.03 * p.temples, (0.84, -0.35), (0.18, 0.28)),
        (0.03 * p.forehead, (0.0, -0.70), (0.60, 0.32)),
        (0.022 + 0.022 * p.brow_ridge, (0.36, -p.brow_level + 0.07), (0.28, 0.09)),
    )
    return np.asarray(sum(height * _bump(across, down, where, spread) for height, where, spread in bumps), np.float32)


def _features(person: Person, across: Field, down: Field) -> Field:
    """Relief of eye sockets, eyeballs and lips."""
    p = person
    eye = p.eye_distance, p.eye_level
    lips = p.upper_lip + p.lower_lip
    bumps = (
        (-0.075 - 0.022 * p.eye_depth, (p.eye_distance - 0.03, p.eye_level - 0.02), (0.20, 0.13)),
        (0.050, eye, (0.13, 0.085)),
        (0.055, (0.0, p.mouth_level - 0.02), (0.34, 0.24)),
        (0.010 + 0.20 * p.upper_lip, (0.0, p.mouth_level - 0.055), (0.20, 0.045)),
        (0.012 + 0.20 * p.lower_lip, (0.0, p.mouth_level + 0.065), (0.18, 0.050)),
        (-0.018 - 0.12 * lips, (0.0, p.mouth_level + 0.05 + 1.1 * p.lower_lip), (0.20, 0.045)),
    )
    return np.asarray(sum(height * _bump(across, down, where, spread) for height, where, spread in bumps), np.float32)


def _nose(person: Person, across: Field, down: Field) -> Field:
    """Relief of the bridge, back, tip and wings of the nose."""
    p, tip = person, nose_tip(person)
    root = p.eye_level - 0.10
    along = (down - root) / (tip - root)
    rise = np.interp(
        along, (-0.25, 0.05, 0.35, 1.0), (0, 0.34 + 0.16 * p.nose_bridge, 0.50 + 0.10 * p.nose_bridge, 1.0)
    )
    rise += 0.11 * p.nose_hump * np.exp(-0.5 * ((along - 0.45) / 0.16) ** 2)
    rise *= 1 - _smooth(down, tip + 0.01, tip + 0.17)
    width = np.interp(along, (0, 1), (0.075 + 0.01 * p.nose_bridge, 0.06 + 0.24 * p.nose_width))
    ridge = p.nose_height * rise * np.exp(-0.5 * (across / width) ** 2)
    wings = _bump(across, down, (0.70 * p.nose_width, tip + 0.065), (0.30 * p.nose_width + 0.005, 0.075))
    ball = _bump(across, down, (0.0, tip + 0.02), (0.085, 0.08))
    return np.asarray(ridge + 0.075 * wings + (0.035 + 0.02 * p.nose_tip) * ball, np.float32)


def _smooth(value: Field, low: float, high: float) -> Field:
    """Smooth step from 0 at `low` to 1 at `high`."""
    t = np.clip((value - np.float32(low)) / np.float32(high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), np.float32)


def _relief(radius: Field, axes: Floats) -> Field:
    """Normals and ambient openness of a surface given by its radius."""
    points = np.dstack(
        [part * radius * np.float32(axis) for part, axis in zip(directions(CHART_SIZE), axes, strict=True)]
    )
    scale = 1 / (16 * REACH / CHART_SIZE)
    across, down = (cv2.Sobel(points, cv2.CV_32F, dx, dy, scale=scale) for dx, dy in ((1, 0), (0, 1)))
    normal = np.cross(across, down)
    normal /= np.linalg.norm(normal, axis=2, keepdims=True) + 1e-9
    hollow = sum(cv2.GaussianBlur(radius, (0, 0), spread) - radius for spread in (2.0, 5.0))
    openness = np.clip(1 - 5.5 * np.maximum(hollow, -0.012), 0.5, 1.06)
    return np.dstack([normal, openness]).astype(np.float32)
