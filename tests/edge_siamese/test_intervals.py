import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_siamese.intervals import binomial_cdf, clopper_pearson, pairs_needed, pairs_to_report, upper_bound


@pytest.mark.parametrize(
    ("errors", "trials", "low", "high"),
    [  # R: binom.test(errors, trials)$conf.int
        (0, 10, 0.0, 0.3084971),
        (1, 10, 0.002528579, 0.4450161),
        (5, 100, 0.01643188, 0.1128349),
        (3, 3, 0.2924018, 1.0),
        (50, 100_000, 0.0003711317, 0.0006591352),
    ],
)
def test_two_sided_intervals_are_clopper_pearsons(errors: int, trials: int, low: float, high: float) -> None:
    assert clopper_pearson(errors, trials) == pytest.approx((low, high), rel=1e-6)


@pytest.mark.parametrize(
    ("errors", "trials", "expected"),
    [(0, 10, 0.2589), (1, 10, 0.3942), (5, 100, 0.1023), (50, 100_000, 63.287 / 100_000), (3, 3, 1.0)],
)
def test_one_sided_bounds_are_clopper_pearsons(errors: int, trials: int, expected: float) -> None:
    assert upper_bound(errors, trials) == pytest.approx(expected, rel=1e-3)


def test_without_trials_nothing_is_known() -> None:
    assert clopper_pearson(0, 0) == (0.0, 1.0)


@given(errors=st.integers(0, 40), trials=st.integers(41, 400), rate=st.floats(0.001, 0.999))
def test_the_binomial_tail_is_the_sum_of_its_terms(errors: int, trials: int, rate: float) -> None:
    terms = [math.comb(trials, count) * rate**count * (1 - rate) ** (trials - count) for count in range(errors + 1)]
    assert binomial_cdf(errors, trials, rate) == pytest.approx(math.fsum(terms), rel=1e-8, abs=1e-12)


@pytest.mark.parametrize(("errors", "trials"), [(25_000, 160_437), (300_000, 7_260_000)])
def test_large_counts_agree_with_the_normal_approximation(errors: int, trials: int) -> None:
    rate = errors / trials
    half = 1.959964 * math.sqrt(rate * (1 - rate) / trials)
    low, high = clopper_pearson(errors, trials)
    assert (low, high) == pytest.approx((rate - half, rate + half), rel=2e-4)


@given(errors=st.integers(0, 40), trials=st.integers(41, 5000))
def test_the_bound_lies_above_the_rate_and_falls_with_more_trials(errors: int, trials: int) -> None:
    bound = upper_bound(errors, trials)
    assert errors / trials < bound <= 1
    assert upper_bound(errors, trials + 100) < bound


def test_how_many_pairs_it_takes() -> None:
    assert [pairs_to_report(fmr) for fmr in (0.1, 1e-3, 1e-4, 3e-4)] == [10, 1000, 10_000, 3334]
    assert pairs_needed(1e-3) == 2995
    assert upper_bound(0, 2995) <= 1e-3 < upper_bound(0, 2994)
