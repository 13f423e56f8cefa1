"""Chart of a head: stereographic projection of directions with the face in the middle.

A unit direction ``(dx, dy, dz)`` from the center of the (unit) head is mapped to ``(dx, dy) / (1 + dz)``: the face is near
the origin, the ears are on the unit circle, and everything visible at a yaw up to 35 degrees is inside or near the chart's
border.
"""

from functools import cache

import numpy as np
import numpy.typing as npt

from .camera import Field, Floats

REACH = 1.5
"""The chart covers -REACH to REACH in both directions."""


@cache
def directions(size: int) -> tuple[Field, Field, Field]:
    """Components of the unit direction at each cell of a `size` x `size` chart, float32 ``(size, size)`` each."""
    line = ((np.arange(size) + 0.5) / size * 2 - 1) * REACH
    s, t = np.meshgrid(line, line)
    power = s * s + t * t
    parts = 2 * s / (1 + power), 2 * t / (1 + power), (1 - power) / (1 + power)
    x, y, z = (part.astype(np.float32) for part in parts)
    return x, y, z


@cache
def polar(size: int) -> tuple[Field, Field]:
    """Longitude from the middle of the face in degrees (0 to 180) and its sign (-1 or 1) at each cell."""
    x, _, z = directions(size)
    return np.degrees(np.arctan2(np.abs(x), z)).astype(np.float32), np.sign(x).astype(np.float32)


def cells(unit: npt.ArrayLike, size: int) -> Floats:
    """Cells ``(N, 2)`` (column, row) of unit directions ``(N, 3)``."""
    unit = np.asarray(unit, float)
    return np.asarray((unit[:, :2] / (1 + unit[:, 2:]) / REACH + 1) / 2 * size - 0.5)


def frontal(points: npt.ArrayLike) -> Floats:
    """Unit directions ``(N, 3)`` on the face's side with the given x and y ``(N, 2)``."""
    points = np.asarray(points, float)
    depth = np.sqrt(np.maximum(1 - (points**2).sum(1), 0.0))
    return np.column_stack([points, depth])
