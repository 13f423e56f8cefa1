"""The few templates that stand for all."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from edge_siamese.cli.shared.galleries import STRATEGIES
from edge_siamese.gallery.templates.representatives import Candidates, Strategy, representatives
from edge_siamese.matching import scores_q15

INDICES = arrays.arrays(np.int8, st.tuples(st.integers(1, 12), st.integers(1, 6)))
SEVERAL = (Strategy.GREEDY, Strategy.K_MEDOIDS, Strategy.FARTHEST_FIRST)


def total(indices: np.ndarray, zero_point: int, chosen: list[int]) -> int:
    """Sum of best scores with the chosen ones: what PAM maximizes."""
    return int(scores_q15(indices, indices, zero_point).astype(int)[:, chosen].max(axis=1).sum())


@pytest.fixture
def two_groups() -> np.ndarray:
    """An outlier in row 0, and eight templates around each of two directions."""
    rng = np.random.default_rng(0)
    centers = np.array([(100, 0, 0, 0), (0, 100, 0, 0)])
    groups = np.repeat(centers, 8, axis=0) + rng.integers(-8, 8, (16, 4))
    return np.concatenate([[(-60, -60, -60, 60)], groups]).astype(np.int8)


@given(INDICES, st.integers(-128, 127), st.integers(1, 15), st.sampled_from(SEVERAL))
def test_they_are_distinct_and_no_more_than_asked(
    indices: np.ndarray, zero_point: int, count: int, strategy: Strategy
) -> None:
    chosen = representatives(indices, zero_point, count, strategy)
    assert len(chosen) == len(set(chosen)) == min(count, len(np.unique(indices, axis=0)))
    assert representatives(indices, zero_point, count, strategy) == chosen


@given(INDICES, st.integers(-128, 127), st.sampled_from(Strategy))
def test_a_single_one_is_the_medoid(indices: np.ndarray, zero_point: int, strategy: Strategy) -> None:
    totals = scores_q15(indices, indices, zero_point).astype(int).sum(axis=0)
    (chosen,) = representatives(indices, zero_point, 1, strategy)
    assert totals[chosen] == totals.max()


@given(INDICES, st.integers(-128, 127), st.integers(1, 8))
def test_k_medoids_are_never_worse_than_greedy_and_no_exchange_improves_them(
    indices: np.ndarray, zero_point: int, count: int
) -> None:
    chosen = representatives(indices, zero_point, count, Strategy.K_MEDOIDS)
    reached = total(indices, zero_point, chosen)
    assert reached >= total(indices, zero_point, representatives(indices, zero_point, count))
    for out in chosen:
        for other in set(Candidates.of(indices, zero_point).distinct) - set(chosen):
            assert total(indices, zero_point, [*(row for row in chosen if row != out), other]) <= reached


def test_exchanges_find_what_greedy_misses() -> None:
    """The medoid of all lies between the groups, so greedy keeps a template that two good ones make superfluous."""
    degrees = np.radians([0, 4, 8, 45, 82, 86, 90])
    indices = np.rint(np.stack([np.cos(degrees), np.sin(degrees)], axis=1) * 120).astype(np.int8)
    assert 3 in representatives(indices, 0, 2)
    chosen = representatives(indices, 0, 2, Strategy.K_MEDOIDS)
    assert 3 not in chosen
    assert total(indices, 0, chosen) == max(total(indices, 0, list(pair)) for pair in combinations(range(7), 2))


def test_each_group_is_represented_before_any_twice_and_an_outlier_last(two_groups: np.ndarray) -> None:
    for strategy in (Strategy.GREEDY, Strategy.K_MEDOIDS):
        first, second, third = representatives(two_groups, 0, 3, strategy)
        assert {first > 8, second > 8} == {True, False}
        assert third == 0


def test_farthest_first_takes_the_worst_represented(two_groups: np.ndarray) -> None:
    chosen = representatives(two_groups, 0, 5, Strategy.FARTHEST_FIRST)
    scores = scores_q15(two_groups, two_groups, 0)
    assert 0 in chosen[1:3]
    for place in range(1, 5):
        best = scores[:, chosen[:place]].max(axis=1)
        assert best[chosen[place]] == best.min()


def test_a_medoid_is_one_however_many_are_asked_for(two_groups: np.ndarray) -> None:
    assert len(representatives(two_groups, 0, 9, Strategy.MEDOID)) == 1


def test_coverage_is_the_mean_best_score_and_grows(two_groups: np.ndarray) -> None:
    candidates = Candidates.of(two_groups, 0)
    values = [candidates.coverage(candidates.choose(count)) for count in range(1, 18)]
    assert values == sorted(values)
    assert values[-1] == 32767
    assert values[0] * 17 == total(two_groups, 0, candidates.choose(1))


def test_the_command_line_offers_every_strategy() -> None:
    assert list(STRATEGIES) == [str(strategy) for strategy in Strategy]
