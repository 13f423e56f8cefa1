"""Error versus reject, counted by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_siamese.errors import DataError
from edge_siamese.evaluation.error_reject import error_versus_reject, oracle

Genuine = tuple[np.ndarray, np.ndarray]
"""Pairs ``(G, 2)`` and whether each matched ``(G,)``."""


def pairs(*compared: tuple[int, int, bool]) -> Genuine:
    first, second, match = zip(*compared, strict=True)
    return np.stack([first, second], axis=1), np.array(match)


# Photo 0 fails in all three of its pairs, 3 in one of the others.
FIVE = pairs(
    (0, 1, False), (0, 2, False), (0, 3, False), (1, 2, True), (1, 3, False), (2, 3, True), (1, 4, True), (3, 4, True),
)  # fmt: skip


def test_the_lowest_are_discarded_with_all_their_pairs() -> None:
    curve = error_versus_reject(*FIVE, np.array([1, 9, 8, 3, 7]), (0.0, 0.2, 0.4))
    assert curve.fnmr.tolist() == [4 / 8, 1 / 5, 0 / 2]
    assert curve.pairs.tolist() == [8, 5, 2]
    assert curve.area == pytest.approx((0.5 + 0.2) / 4 + (0.2 + 0.0) / 4)
    assert curve.relative_area == pytest.approx(curve.area / 0.5)


def test_a_score_that_errs_raises_the_curve() -> None:
    wrong = error_versus_reject(*FIVE, np.array([9, 1, 8, 7, 2]), (0.0, 0.2, 0.4))
    assert wrong.fnmr.tolist() == [4 / 8, 2 / 4, 2 / 3]
    assert wrong.relative_area > 1


def test_no_more_than_the_share_is_discarded() -> None:
    curve = error_versus_reject(*FIVE, np.array([1, 9, 8, 3, 7]), (0.0, 0.19, 0.2, 0.39))
    assert curve.pairs.tolist() == [8, 8, 5, 5]


def test_equal_qualities_are_kept_together() -> None:
    curve = error_versus_reject(*FIVE, np.array([3, 3, 8, 3, 1]), (0.0, 0.2, 0.4))
    assert curve.pairs.tolist() == [8, 6, 6]


def test_a_constant_discards_nothing() -> None:
    curve = error_versus_reject(*FIVE, np.full(5, 50.0))
    assert set(curve.fnmr) == {0.5}
    assert curve.relative_area == pytest.approx(1.0)


def test_no_error_leaves_nothing_to_gain() -> None:
    assert error_versus_reject(*pairs((0, 1, True), (1, 2, True)), np.arange(3), (0.0, 0.1)).relative_area == 1.0


def test_running_out_of_pairs_and_wrong_numbers_are_rejected() -> None:
    with pytest.raises(DataError, match="with 60% of 5 photos discarded no genuine pair is left"):
        error_versus_reject(*FIVE, np.array([1, 2, 9, 3, 8]), (0.0, 0.6))
    with pytest.raises(DataError, match="a quality for each of 5 photos, found 4"):
        error_versus_reject(*FIVE, np.arange(4))


def test_the_oracle_discards_the_culprit_first() -> None:
    assert oracle(*FIVE, 5, maximum=0.2).tolist() == [0, 5, 5, 5, 5]
    assert error_versus_reject(*FIVE, oracle(*FIVE, 5, maximum=0.4), (0.0, 0.2, 0.4)).fnmr.tolist() == [0.5, 0.2, 0.0]


@st.composite
def comparisons(draw: st.DrawFn) -> tuple[Genuine, list[int]]:
    count = draw(st.integers(8, 14))
    first, second = np.triu_indices(count, 1)
    match = draw(st.lists(st.booleans(), min_size=len(first), max_size=len(first)))
    qualities = draw(st.lists(st.integers(0, 9), min_size=count, max_size=count))
    return (np.stack([first, second], axis=1), np.array(match)), qualities


@given(comparisons())
def test_it_agrees_with_counting_one_by_one(case: tuple[Genuine, list[int]]) -> None:
    (index, match), qualities = case
    shares = (0.0, 0.1, 0.25)
    curve = error_versus_reject(index, match, np.array(qualities), shares)
    for share, fnmr, count in zip(shares, curve.fnmr, curve.pairs, strict=True):
        limit = sorted(qualities)[int(share * len(qualities))]
        left = [
            bool(matched)
            for (one, other), matched in zip(index, match, strict=True)
            if qualities[one] >= limit and qualities[other] >= limit
        ]
        assert count == len(left)
        assert fnmr == pytest.approx(left.count(False) / len(left))


@given(comparisons())
def test_only_the_order_of_qualities_counts(case: tuple[Genuine, list[int]]) -> None:
    compared, qualities = case
    plain, bent = np.array(qualities, float), np.exp(np.array(qualities, float))
    assert error_versus_reject(*compared, plain).fnmr.tolist() == error_versus_reject(*compared, bent).fnmr.tolist()


@given(comparisons())
def test_the_oracle_never_lowers_less_than_one_best_photo(case: tuple[Genuine, list[int]]) -> None:
    compared, qualities = case
    photos = len(qualities)
    share = 1.0 / photos
    best = error_versus_reject(*compared, oracle(*compared, photos, share), (0.0, share)).fnmr[1]
    for photo in range(photos):
        chosen = np.ones(photos)
        chosen[photo] = 0
        assert best <= error_versus_reject(*compared, chosen, (0.0, share)).fnmr[1] + 1e-12
