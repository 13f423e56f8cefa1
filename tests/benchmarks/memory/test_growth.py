"""A leak is found with its size, steady memory is not called one."""

import numpy as np
import pytest

from edge_siamese.errors import DataError
from edge_siamese_benchmarks.memory.growth import growth

FRAMES = list(range(100, 1100, 20))


def test_the_slope_of_a_leak_is_found() -> None:
    found = growth(FRAMES, [90_000_000 + 1024 * frame for frame in FRAMES])
    assert found.slope == pytest.approx(1024)
    assert found.interval == pytest.approx((1024, 1024))
    assert (found.frames, found.samples) == (980, 50)
    assert found.bytes == pytest.approx(980 * 1024)
    assert not found.is_steady


def test_constant_memory_is_steady() -> None:
    found = growth(FRAMES, [90_000_000] * len(FRAMES))
    assert (found.slope, found.interval, found.is_steady) == (0, (0, 0), True)


def test_the_interval_holds_the_true_slope_in_95_of_100_runs() -> None:
    rng = np.random.default_rng(1)
    frames = np.array(FRAMES)
    held = 0
    for _ in range(1000):
        noisy = 50e6 + 300 * frames + rng.normal(0, 40_000, len(frames))
        low, high = growth(FRAMES, noisy.round().astype(int).tolist()).interval
        held += low <= 300 <= high
    assert 925 <= held <= 970


@pytest.mark.parametrize(("frames", "sizes"), [([], []), ([1, 2], [5, 5]), ([3, 3, 3], [1, 2, 3]), ([1, 2, 3], [1])])
def test_too_few_samples_are_rejected(frames: list[int], sizes: list[int]) -> None:
    with pytest.raises(DataError, match="three or more samples"):
        growth(frames, sizes)
