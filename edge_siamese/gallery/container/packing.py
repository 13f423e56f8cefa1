"""Templates of 4 bits: half the bytes of a gallery. In memory they are int8 like others, so that all arithmetic is the same.

A template of 4 bits has the values -8 to 7 plus the zero point. Scores do not depend on the length of a vector, so a
template is scaled to use these values, and the probe that it is compared with keeps its 8 bits.
"""

import numpy as np
import numpy.typing as npt

from ...errors import GalleryError
from .layout import FARTHEST_ZERO_POINT, fits_int4

Int8 = npt.NDArray[np.int8]
LARGEST = 7
CLIP = 3.0
"""Values beyond so many root mean squares of their template become the largest value."""
_ROWS_AT_ONCE = 4096


def require_packable(dimension: int, zero_point: int) -> None:
    """Check that templates can have 4 bits.

    Raises:
        GalleryError: the dimension is odd, or the zero point too far from 0.
    """
    if not fits_int4(dimension, zero_point):
        raise GalleryError(
            f"templates of 4 bits: expected an even dimension and a zero point from {-FARTHEST_ZERO_POINT} to "
            f"{FARTHEST_ZERO_POINT}, found {dimension} and {zero_point}"
        )


def reduced(templates: Int8, zero_point: int) -> Int8:
    """Templates int8 ``(T, D)`` scaled and rounded to -7 to 7 plus the zero point; the same on every machine.

    Raises:
        GalleryError: see `require_packable`.
    """
    require_packable(templates.shape[1], zero_point)
    levels = np.empty(templates.shape, np.int8)
    for start in range(0, len(templates), _ROWS_AT_ONCE):
        rows = slice(start, start + _ROWS_AT_ONCE)
        values = templates[rows].astype(np.float64) - zero_point
        root = np.sqrt((values * values).sum(axis=1, keepdims=True) / values.shape[1])
        step = np.where(root > 0, CLIP * root / LARGEST, 1.0)
        levels[rows] = np.clip(np.rint(values / step), -LARGEST, LARGEST) + zero_point
    return levels


def packed(templates: Int8, zero_point: int) -> bytes:
    """Templates int8 ``(T, D)`` of `reduced` or `unpacked`, two values in a byte, the first in the low four bits.

    Raises:
        GalleryError: a value does not fit, or see `require_packable`.
    """
    require_packable(templates.shape[1], zero_point)
    levels = templates.astype(np.int16) - zero_point
    if levels.size and (levels.min() < -LARGEST - 1 or levels.max() > LARGEST):
        raise GalleryError(f"templates of 4 bits: expected values from -8 to 7, found {levels.min()} to {levels.max()}")
    nibbles = (levels & 15).astype(np.uint8)
    return (nibbles[:, ::2] | nibbles[:, 1::2] << 4).tobytes()


def unpacked(data: npt.NDArray[np.uint8], zero_point: int) -> Int8:
    """Templates int8 ``(T, D)`` of packed ones, uint8 ``(T, D / 2)``."""
    templates = np.empty((len(data), 2 * data.shape[1]), np.int8)
    templates[:, ::2], templates[:, 1::2] = data & 15, data >> 4
    templates ^= 8  # two's complement of four bits
    templates += np.int8(zero_point - 8)
    return templates
