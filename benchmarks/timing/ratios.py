"""Ratio of two durations that were measured in turns, with a confidence interval.

Both are measured in every block, so a disturbance that outlasts a block changes both and cancels in the block's ratio.
The ratio is the median over blocks of the ratio of the block's percentiles; its interval resamples blocks (percentile
bootstrap; Efron and Tibshirani, "An Introduction to the Bootstrap", 1993), so that samples within a block may be
correlated.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from edge_siamese.errors import DataError
from edge_siamese.intervals import CONFIDENCE

from .samples import LatencySamples

MIN_BLOCKS = 6
_REPLICATES, _SEED, _DRAWS_AT_ONCE = 2000, 1, 1 << 22


@dataclass(frozen=True)
class Ratio:
    """How many times as long one thing takes as another.

    Attributes:
        value: median of the blocks' ratios.
        low, high: 95 % interval.
        blocks: number of blocks with samples of both.
        percent: percentile that is compared within a block.
    """

    value: float
    low: float
    high: float
    blocks: int
    percent: float

    def text(self) -> str:
        """Text such as ``1.25 (1.21 to 1.30)``."""
        return f"{self.value:.2f} ({self.low:.2f} to {self.high:.2f})"

    def to_json(self) -> dict[str, Any]:
        return {
            "value": self.value,
            "interval_95": [self.low, self.high],
            "blocks": self.blocks,
            "percent": self.percent,
        }


def block_ratios(
    numerator: LatencySamples, denominator: LatencySamples, percent: float = 50
) -> npt.NDArray[np.float64]:
    """Ratio of the percentiles in each block that has samples of both, float64 ``(blocks,)``.

    Raises:
        DataError: a percentile of the denominator is 0 ns.
    """
    above, below = numerator.block_percentiles(percent), denominator.block_percentiles(percent)
    shared = sorted(above.keys() & below.keys())
    if any(below[number] == 0 for number in shared):
        raise DataError(f"{denominator.label}: a duration of 0 ns, shorter than the clock can measure: no ratio to it")
    return np.array([above[number] / below[number] for number in shared], np.float64)


def ratio(numerator: LatencySamples, denominator: LatencySamples, percent: float = 50) -> Ratio:
    """Ratio of two durations that were measured in the same blocks (`measuring.measure`).

    Args:
        numerator, denominator: samples of the same run.
        percent: percentile to compare within a block, above 0 and at most 100.

    Raises:
        DataError: fewer than `MIN_BLOCKS` blocks have samples of both, or the denominator is 0 ns.
    """
    ratios = block_ratios(numerator, denominator, percent)
    if len(ratios) < MIN_BLOCKS:
        raise DataError(
            f"{numerator.label} / {denominator.label}: expected at least {MIN_BLOCKS} blocks with samples of both, "
            f"found {len(ratios)}"
        )
    rng = np.random.default_rng(_SEED)
    step = max(_DRAWS_AT_ONCE // len(ratios), 1)
    counts = [min(step, _REPLICATES - start) for start in range(0, _REPLICATES, step)]
    medians = np.concatenate([np.median(rng.choice(ratios, (count, len(ratios))), axis=1) for count in counts])
    tail = 100 * (1 - CONFIDENCE) / 2
    low, high = np.percentile(medians, [tail, 100 - tail])
    return Ratio(float(np.median(ratios)), float(low), float(high), len(ratios), percent)
