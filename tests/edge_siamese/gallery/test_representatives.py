"""The few templates that stand for all."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from edge_siamese.gallery.representatives import representatives
from edge_siamese.matching import scores_q15

ROWS = arrays.arrays(np.int8, st.tuples(st.integers(1, 12), st.integers(1, 6)))


@given(ROWS, st.integers(-128, 127), st.integers(1, 15))
def test_they_are_distinct_and_no_more_than_asked(rows: np.ndarray, zero_point: int, count: int) -> None:
    chosen = representatives(rows, zero_point, count)
    assert len(chosen) == len(set(chosen)) == min(count, len(np.unique(rows, axis=0)))
    assert representatives(rows, zero_point, count) == chosen


@given(ROWS, st.integers(-128, 127))
def test_the_first_is_the_medoid(rows: np.ndarray, zero_point: int) -> None:
    totals = scores_q15(rows, rows, zero_point).astype(int).sum(axis=0)
    assert totals[representatives(rows, zero_point, 1)[0]] == totals.max()


def test_each_group_is_represented_before_any_twice_and_an_outlier_last() -> None:
    rng = np.random.default_rng(0)
    centres = np.array([(100, 0, 0, 0), (0, 100, 0, 0)])
    groups = np.repeat(centres, 8, axis=0) + rng.integers(-8, 8, (16, 4))
    rows = np.concatenate([[(-60, -60, -60, 60)], groups]).astype(np.int8)
    first, second, third = representatives(rows, 0, 3)
    assert {first > 8, second > 8} == {True, False}
    assert third == 0
