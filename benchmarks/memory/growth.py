"""Growth of memory over frames: the slope of a line through it, with its interval."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edge_siamese.errors import DataError

STEADY_BYTES = 512 * 1024  # growth over the measured frames below this is called steady
_NORMAL_95 = 1.96


@dataclass(frozen=True)
class Growth:
    """Growth of memory over the frames of a loop.

    Attributes:
        frames: frames from the first to the last sample.
        samples: number of samples.
        slope: bytes for each frame, by least squares.
        interval: 95 % interval of the slope; for samples that do not depend on each other, so it is narrower than the
            truth where memory grows in steps.
    """

    frames: int
    samples: int
    slope: float
    interval: tuple[float, float]

    @property
    def bytes(self) -> float:
        """Growth over the measured frames."""
        return self.slope * self.frames

    @property
    def is_steady(self) -> bool:
        """Whether memory did not grow: less than `STEADY_BYTES` over the measured frames."""
        return self.bytes < STEADY_BYTES


def growth(frames: Sequence[int], resident: Sequence[int]) -> Growth:
    """Fit a line through samples of memory.

    Args:
        frames: number of the frame of each sample, increasing.
        resident: bytes.

    Raises:
        DataError: fewer than three samples, or all at one frame.
    """
    x, y = np.asarray(frames, np.float64), np.asarray(resident, np.float64)
    if len(x) != len(y) or len(x) < 3 or x.min() == x.max():
        raise DataError(f"memory: expected three or more samples at different frames, found {len(x)}")
    centered = x - x.mean()
    slope = float(centered @ y / (centered @ centered))
    residuals = y - y.mean() - slope * centered
    error = math.sqrt(float(residuals @ residuals) / (len(x) - 2) / float(centered @ centered))
    interval = (slope - _NORMAL_95 * error, slope + _NORMAL_95 * error)
    return Growth(int(x.max() - x.min()), len(x), slope, interval)
