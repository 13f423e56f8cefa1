"""Extreme-value estimate of the threshold for a false match rate that is too small to be counted.

The highest impostor scores exceed a level by amounts that follow a generalized Pareto distribution (Pickands, "Statistical
inference using extreme order statistics", Annals of Statistics 1975), fitted with probability-weighted moments (Hosking and
Wallis, "Parameter and quantile estimation for the generalized Pareto distribution", Technometrics 1987). The threshold is an upper
limit: the estimate is repeated for strangers drawn with replacement, since the scores of one stranger depend on each other.
With few strangers such an interval is too narrow, so the limit is the 99th percentile, widened as Student's distribution is wider than the
normal one; `docs/gallery.md` has how often it holds.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import OperatingPointError
from ..intervals import Proportion
from ..matching import Q15

MIN_STRANGERS, MIN_COMPARISONS = 10, 500
"""Fewest strangers and comparisons for an estimate."""
MAX_EXTRAPOLATION = 30
"""An estimated rate is at least 1 / (30 comparisons)."""
TAIL = 0.1
"""Share of the comparisons, the highest, to which the distribution is fitted."""
_REPLICATES, _SEED, _LIMIT_PERCENT = 400, 1, 99
_SMALLEST_SHAPE, _NORMAL_99 = 1e-6, 2.3263

Scores = npt.NDArray[np.int16]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class TailEstimate:
    """Estimated threshold for a false match rate.

    Attributes:
        target_fmr: the rate.
        threshold_q15: upper limit of the Q15 score that strangers exceed at this rate.
        middle_q15: the estimate itself, at most the threshold.
    """

    target_fmr: float
    threshold_q15: int
    middle_q15: int


@dataclass(frozen=True)
class HeldBack:
    """False matches among strangers that were not used for the estimate.

    Attributes:
        matches: comparisons of held-back strangers that match, of all of them.
    """

    matches: Proportion

    def to_json(self) -> dict[str, Any]:
        return self.matches.to_json()


def estimate_tail(by_stranger: Sequence[Scores], target_fmr: float) -> TailEstimate:
    """Estimate the threshold for a false match rate.

    Args:
        by_stranger: Q15 scores of each stranger.
        target_fmr: above 0 and below 1.

    Raises:
        OperatingPointError: there are fewer than `MIN_STRANGERS` or `MIN_COMPARISONS`, or the rate is more than
            `MAX_EXTRAPOLATION` times below what the comparisons can show.
    """
    _require_enough(by_stranger, target_fmr)
    return _estimate(by_stranger, target_fmr)


def held_back(by_stranger: Sequence[Scores], target_fmr: float) -> HeldBack:
    """Estimate with every other stranger, and count the matches of the rest; then the same the other way round.

    Raises:
        OperatingPointError: see `estimate_tail`.
    """
    _require_enough(by_stranger, target_fmr)
    halves = by_stranger[::2], by_stranger[1::2]
    count = trials = 0
    for used, rest in (halves, halves[::-1]):
        threshold, scores = _estimate(used, target_fmr).threshold_q15, np.concatenate(rest)
        count += int(np.count_nonzero(scores >= threshold))
        trials += len(scores)
    return HeldBack(Proportion(count, trials))


def _require_enough(by_stranger: Sequence[Scores], target_fmr: float) -> None:
    comparisons = sum(map(len, by_stranger))
    if len(by_stranger) < MIN_STRANGERS or comparisons < MIN_COMPARISONS:
        raise OperatingPointError(
            f"an estimate needs at least {MIN_STRANGERS} strangers and {MIN_COMPARISONS} impostor pairs, found "
            f"{len(by_stranger)} and {comparisons:,}"
        )
    if target_fmr * MAX_EXTRAPOLATION * comparisons < 1:
        needed = math.ceil(1 / (MAX_EXTRAPOLATION * target_fmr))
        raise OperatingPointError(
            f"an estimate of an FMR of {target_fmr:g} needs at least {needed:,} impostor pairs, found {comparisons:,}"
        )


def _estimate(by_stranger: Sequence[Scores], target_fmr: float) -> TailEstimate:
    scores = [each.astype(np.float64) for each in by_stranger]
    middle = _tail_quantile(np.concatenate(scores), target_fmr)
    rng = np.random.default_rng(_SEED)
    drawn = [
        _tail_quantile(np.concatenate([scores[row] for row in rng.integers(0, len(scores), len(scores))]), target_fmr)
        for _ in range(_REPLICATES)
    ]
    limit = middle + max(float(np.percentile(drawn, _LIMIT_PERCENT)) - middle, 0.0) * _widening(len(scores))
    return TailEstimate(target_fmr, _threshold(limit), _threshold(middle))


def _widening(strangers: int) -> float:
    """99th percentile of Student's distribution over that of the normal one, for a sample's standard error."""
    z, degrees = _NORMAL_99, strangers - 1
    student = z + (z**3 + z) / (4 * degrees) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * degrees**2)
    return student / z * math.sqrt(strangers / degrees)


def _threshold(score: float) -> int:
    return min(math.floor(score) + 1, Q15 - 1)


def _tail_quantile(scores: Floats, rate: float) -> float:
    """The score that a share `rate` of comparisons exceeds, by the distribution of the highest."""
    ordered = np.sort(scores)
    count = max(round(TAIL * len(ordered)), 2)
    if rate >= count / len(ordered):
        return float(ordered[len(ordered) - 1 - int(rate * len(ordered))])
    level = ordered[-count - 1]
    shape, scale = _pareto(ordered[-count:] - level)
    share = rate * len(ordered) / count
    if abs(shape) < _SMALLEST_SHAPE:
        return float(level - scale * math.log(share))
    return float(level + scale / shape * (1.0 - share**shape))


def _pareto(excesses: Floats) -> tuple[float, float]:
    """Shape k (positive for a finite end) and scale of ascending excesses: ``P(Y > y) = (1 - k y / scale)^(1 / k)``."""
    places = (np.arange(1, len(excesses) + 1) - 0.35) / len(excesses)
    first, second = float(excesses.mean()), float(((1.0 - places) * excesses).mean())
    if first <= 2 * second or first == 0.0:
        return 0.0, max(first, 1.0)
    return first / (first - 2 * second) - 2.0, 2 * first * second / (first - 2 * second)
