"""Samples keep their label and order, and are summarized by nearest rank."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_siamese.errors import DataError
from edge_siamese_benchmarks.timing.samples import LatencySamples, Summary


@pytest.mark.parametrize(
    ("samples", "expected"),
    [
        ([7], (7, 7, 7, 7)),
        ([1, 2], (1, 2, 2, 2)),
        (list(range(1, 11)), (5, 9, 10, 10)),
        (list(range(1, 101)), (50, 90, 99, 100)),
        (list(range(1000, 0, -1)), (500, 900, 990, 1000)),
    ],
)
def test_known_series(samples: list[int], expected: tuple[int, ...]) -> None:
    summary = LatencySamples.of("embed", samples).summary()
    assert (summary.median, summary.p90, summary.p99, summary.max) == expected
    assert summary.samples == len(samples)


def test_samples_of_different_things_are_not_pooled() -> None:
    fast, slow = LatencySamples.of("one model", [1, 2]), LatencySamples.of("another model", [10, 20])
    with pytest.raises(ValueError, match="of different things: not joined"):
        LatencySamples.joined("one model", [fast, slow])


def test_blocks_are_joined_in_order() -> None:
    parts = [LatencySamples.of("embed", [3, 1], [0, 0]), LatencySamples.of("embed", [2], [1])]
    joined = LatencySamples.joined("embed", parts)
    assert joined.ns.tolist() == [3, 1, 2]
    assert joined.block_percentiles(50) == {0: 1, 1: 2}
    with pytest.raises(ValueError, match="rising block numbers"):
        LatencySamples.joined("embed", parts[::-1])


def test_no_samples() -> None:
    with pytest.raises(DataError, match=r"^embed: expected at least one sample, found none$"):
        LatencySamples.of("embed", []).summary()


def test_a_negative_duration_is_rejected() -> None:
    with pytest.raises(DataError, match=r"^embed: expected durations of at least 0 ns, found -5 ns$"):
        LatencySamples.of("embed", [1, -5])


@given(st.lists(st.integers(0, 10**11), min_size=1, max_size=200))
def test_a_histogram_counts_each_sample_in_its_bin(values: list[int]) -> None:
    histogram = LatencySamples.of("embed", values).histogram()
    assert sum(histogram.counts) == len(values)
    assert histogram.counts[0] > 0
    assert histogram.counts[-1] > 0
    assert len(histogram.edges) == len(histogram.counts) + 1
    assert histogram.edges[0] <= max(min(values), 1) * (1 + 1e-9)
    assert max(*values, 1) <= histogram.edges[-1] * (1 + 1e-9)
    assert np.allclose(np.diff(np.log(histogram.edges)), np.log(1.05))


def test_figures_for_people_and_programs() -> None:
    summary = Summary(3, 1_500_000, 2_000_000, 12_345_678, 20_000_000, (1_000_000, None))
    assert summary.milliseconds() == ("1.500", "2.000", "12.346", "20.000")
    assert summary.to_json() == {
        "samples": 3,
        "median_ns": 1_500_000,
        "p90_ns": 2_000_000,
        "p99_ns": 12_345_678,
        "max_ns": 20_000_000,
        "median_interval_95_ns": [1_000_000, None],
        "p90_interval_95_ns": [None, None],
        "p99_interval_95_ns": [None, None],
    }
