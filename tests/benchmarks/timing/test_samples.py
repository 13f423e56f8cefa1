"""Percentiles are samples, chosen by nearest rank, and timings are taken by the clock that is given."""

import math
from collections.abc import Iterator
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_siamese_benchmarks.timing.samples import Summary, collect, percentile, summarize


@pytest.mark.parametrize(
    ("samples", "expected"),
    [
        ([7], (7, 7, 7)),
        ([1, 2], (1, 2, 2)),
        (list(range(1, 11)), (5, 9, 10)),
        (list(range(1, 101)), (50, 90, 99)),
        (list(range(1000, 0, -1)), (500, 900, 990)),
    ],
)
def test_known_series(samples: list[int], expected: tuple[int, int, int]) -> None:
    assert summarize(samples) == Summary(len(samples), *expected)


@given(st.lists(st.integers(0, 10**12), min_size=1), st.floats(0.001, 100))
def test_a_percentile_is_the_smallest_sample_that_enough_do_not_exceed(samples: list[int], percent: float) -> None:
    ordered = sorted(samples)
    found = percentile(ordered, percent)
    needed = len(samples) * percent / 100
    assert sum(sample <= found for sample in samples) >= math.floor(needed)
    assert sum(sample < found for sample in samples) < needed


def test_only_runs_after_the_warm_up_are_measured() -> None:
    ticks: Iterator[int] = count(step=5)
    runs = []
    assert collect(lambda: runs.append(len(runs)), repeat=3, warmup=2, clock=lambda: next(ticks)) == [5, 5, 5]
    assert runs == [0, 1, 2, 3, 4]


def test_figures_for_people_and_programs() -> None:
    summary = Summary(3, 1_500_000, 2_000_000, 12_345_678)
    assert summary.milliseconds() == ("1.500", "2.000", "12.346")
    assert summary.to_json() == {"samples": 3, "median_ns": 1_500_000, "p90_ns": 2_000_000, "p99_ns": 12_345_678}
