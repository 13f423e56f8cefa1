"""Ratios of interleaved samples are right although the machine changes its speed."""

import numpy as np
import pytest

from edge_siamese.errors import DataError
from edge_siamese_benchmarks.timing.ratios import Ratio, block_ratios, ratio
from edge_siamese_benchmarks.timing.samples import LatencySamples


def disturbed(
    true_ratio: float, seed: int, blocks: int = 24, per_block: int = 8
) -> tuple[LatencySamples, LatencySamples]:
    """Samples of two things whose machine is up to five times slower from block to block, with outliers."""
    rng = np.random.default_rng(seed)
    speed = np.repeat(rng.uniform(1, 5, blocks), per_block)
    number = np.repeat(np.arange(blocks), per_block)

    def taken(label: str, mean: float) -> LatencySamples:
        noise = rng.lognormal(0, 0.1, len(speed)) * np.where(rng.random(len(speed)) < 0.05, 10, 1)
        return LatencySamples(label, (mean * speed * noise).astype(np.int64), number)

    return taken("a", 1e6 * true_ratio), taken("b", 1e6)


@pytest.mark.parametrize("true", [0.5, 1.0, 1.2])
def test_the_interval_covers_the_true_ratio(true: float) -> None:
    found = [ratio(*disturbed(true, seed)) for seed in range(100)]
    assert sum(one.low <= true <= one.high for one in found) >= 88
    assert np.median([one.value for one in found]) == pytest.approx(true, rel=0.01)
    assert np.median([one.high / one.low for one in found]) < 1.12


def test_a_thing_takes_as_long_as_itself() -> None:
    samples, _ = disturbed(1.0, 0)
    assert ratio(samples, samples) == Ratio(1.0, 1.0, 1.0, 24, 50)


def test_only_blocks_with_both_are_compared() -> None:
    one = LatencySamples.of("one", [4, 6, 8], [0, 1, 3])
    other = LatencySamples.of("other", [2, 2, 2], [0, 2, 3])
    assert block_ratios(one, other).tolist() == [2.0, 4.0]


def test_too_few_blocks_give_no_interval() -> None:
    one, other = disturbed(1.0, 0, blocks=5)
    with pytest.raises(DataError, match=r"^a / b: expected at least 6 blocks with samples of both, found 5$"):
        ratio(one, other)


def test_a_duration_of_zero_is_no_denominator() -> None:
    with pytest.raises(DataError, match="shorter than the clock can measure"):
        block_ratios(LatencySamples.of("one", [1]), LatencySamples.of("other", [0]))


def test_texts() -> None:
    found = Ratio(1.25, 1.2, 1.3, 12, 50)
    assert found.text() == "1.25 (1.20 to 1.30)"
    assert found.to_json() == {"value": 1.25, "interval_95": [1.2, 1.3], "blocks": 12, "percent": 50}
