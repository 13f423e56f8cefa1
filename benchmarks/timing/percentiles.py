"""Percentiles of durations with distribution-free confidence intervals from order statistics.

A percentile is a sample: the nearest rank. The interval of a percentile lies between two order statistics, chosen by
the binomial distribution of the number of samples below the true percentile (David and Nagaraja, "Order Statistics",
2003, section 7.1). Nothing is assumed about the distribution, only that the samples are independent. Durations of
one run are correlated while a machine is disturbed, so intervals of ratios come from blocks instead (`ratios`).
"""

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from edge_siamese.intervals import CONFIDENCE, binomial_cdf

Nanoseconds = npt.NDArray[np.int64]


def nearest_rank(count: int, percent: float) -> int:
    """Rank, from 1, of the smallest of `count` samples that at least `percent` % of them do not exceed."""
    return max(math.ceil(count * percent / 100 - 1e-9), 1)


def percentile(ordered: Nanoseconds, percent: float) -> int:
    """The nearest-rank percentile, always one of the samples; p99 of fewer than 100 samples is the largest.

    Args:
        ordered: int64 ``(N,)``, ascending, at least one sample.
        percent: above 0 and at most 100.

    Raises:
        ValueError: the samples are not ascending, or there are none.
    """
    _check_order(ordered)
    return int(ordered[nearest_rank(len(ordered), percent) - 1])


def interval_ranks(count: int, percent: float, confidence: float = CONFIDENCE) -> tuple[int | None, int | None]:
    """Ranks, from 1, between which the true percentile lies; None on a side on which the samples do not suffice.

    The probability that the percentile is below the lower or above the upper order statistic is at most
    ``(1 - confidence) / 2`` each.
    """
    share, tail = percent / 100, (1 - confidence) / 2

    def cdf(below: int) -> float:
        return 0.0 if below < 0 else 1.0 if below >= count else binomial_cdf(below, count, share)

    low = _first(0, count, lambda rank: cdf(rank) > tail)  # cdf(low - 1) <= tail
    high = _first(1, count + 1, lambda rank: cdf(rank - 1) >= 1 - tail)
    return low if low >= 1 else None, high if high <= count else None


def percentile_interval(
    ordered: Nanoseconds, percent: float, confidence: float = CONFIDENCE
) -> tuple[int | None, int | None]:
    """Confidence interval of the true percentile, in the unit of the samples.

    Args:
        ordered: int64 ``(N,)``, ascending, at least one sample.
        percent: above 0 and below 100.
        confidence: probability that the interval contains the true percentile, at least.

    Returns:
        Lower and upper bound, each a sample; None for a bound that so few samples cannot give.

    Raises:
        ValueError: the samples are not ascending, or there are none.
    """
    _check_order(ordered)
    low, high = interval_ranks(len(ordered), percent, confidence)
    return None if low is None else int(ordered[low - 1]), None if high is None else int(ordered[high - 1])


def _check_order(ordered: Nanoseconds) -> None:
    if len(ordered) == 0:
        raise ValueError("percentile: expected at least one sample, found none")
    if np.any(ordered[1:] < ordered[:-1]):
        raise ValueError("percentile: expected ascending samples, found them in another order")


def _first(low: int, high: int, is_true: Callable[[int], bool]) -> int:
    """The first number from `low` to `high` of a rising predicate; `high` if it is true of none before."""
    while low < high:
        middle = (low + high) // 2
        if is_true(middle):
            high = middle
        else:
            low = middle + 1
    return low
