"""Percentiles are samples chosen by nearest rank; their intervals cover the true value as often as they claim."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_siamese_benchmarks.timing.percentiles import interval_ranks, nearest_rank, percentile, percentile_interval


def coverage(count: int, percent: float, low: int, high: int) -> float:
    """Probability that the true percentile is from the order statistic `low` to that of `high`, term by term."""
    share = percent / 100
    return sum(math.comb(count, k) * share**k * (1 - share) ** (count - k) for k in range(low, high))


@given(st.lists(st.integers(0, 10**12), min_size=1), st.floats(0.001, 100))
def test_a_percentile_is_the_smallest_sample_that_enough_do_not_exceed(samples: list[int], percent: float) -> None:
    found = percentile(np.sort(np.array(samples)), percent)
    needed = len(samples) * percent / 100 - 1e-6
    assert sum(sample <= found for sample in samples) >= needed
    assert found == min(samples) or sum(sample < found for sample in samples) < needed + 2e-6


@given(st.lists(st.integers(0, 10**12), min_size=2, unique=True))
def test_samples_in_another_order_are_rejected(samples: list[int]) -> None:
    descending = np.sort(np.array(samples))[::-1]
    for function in (percentile, percentile_interval):
        with pytest.raises(ValueError, match="expected ascending samples"):
            function(descending, 50)


def test_no_samples_have_no_percentile() -> None:
    with pytest.raises(ValueError, match="expected at least one sample"):
        percentile(np.zeros(0, np.int64), 50)


@given(st.integers(1, 400), st.sampled_from([1, 10, 25, 50, 90, 99]))
def test_intervals_are_the_shortest_that_cover_in_each_tail(count: int, percent: float) -> None:
    low, high = interval_ranks(count, percent)
    below = coverage(count, percent, 0, low or 0)
    above = coverage(count, percent, count + 1 if high is None else high, count + 1)
    assert below <= 0.025 + 1e-9
    assert above <= 0.025 + 1e-9
    if low:
        assert coverage(count, percent, 0, low + 1) > 0.025 - 1e-9
    if high and high > 1:
        assert coverage(count, percent, high - 1, count + 1) > 0.025 - 1e-9


@pytest.mark.parametrize(
    ("count", "percent", "expected"),
    [
        (5, 50, (None, None)),
        (6, 50, (1, 6)),
        (10, 50, (2, 9)),
        (100, 50, (40, 61)),
        (100, 99, (97, None)),
        (1024, 99, (1007, 1020)),
    ],
)
def test_known_ranks(count: int, percent: float, expected: tuple[int | None, int | None]) -> None:
    assert interval_ranks(count, percent) == expected


@pytest.mark.parametrize("percent", [50, 90, 99])
def test_intervals_cover_the_percentile_of_a_skewed_distribution(percent: float) -> None:
    true, runs = -math.log(1 - percent / 100) * 1e6, 2000
    draws = np.sort(np.random.default_rng(5).exponential(1e6, (runs, 512)).astype(np.int64), axis=1)
    covered = 0
    for ordered in draws:
        low, high = percentile_interval(ordered, percent)
        assert low is not None
        covered += low <= true and (high is None or true <= high)
    assert covered / runs >= 0.95 - 3 * math.sqrt(0.95 * 0.05 / runs)


def test_ranks() -> None:
    assert [nearest_rank(10, percent) for percent in (1, 50, 90, 99, 100)] == [1, 5, 9, 10, 10]
