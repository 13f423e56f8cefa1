import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from edge_siamese.errors import DataError
from edge_siamese.faces import Embedding
from edge_siamese.matching import NO_SCORE, Q15, score_q15, scores_q15, threshold_q15


def exact_score(a: np.ndarray, b: np.ndarray, zero_point: int) -> int:
    """The definition, in Python's unbounded integers."""
    a, b = [int(v) - zero_point for v in a], [int(v) - zero_point for v in b]
    dot = sum(x * y for x, y in zip(a, b, strict=True))
    root = math.isqrt(sum(x * x for x in a) * sum(y * y for y in b))
    if root == 0:
        return NO_SCORE
    quotient = abs(dot) * Q15 // root
    return max(NO_SCORE, min(Q15 - 1, quotient if dot >= 0 else -quotient))


@given(rows=st.integers(1, 300).flatmap(lambda d: arrays(np.int8, (2, d))), zero_point=st.integers(-128, 127))
def test_scores_are_the_exact_integer_definition(rows: np.ndarray, zero_point: int) -> None:
    assert scores_q15(rows[:1], rows[1:], zero_point)[0, 0] == exact_score(rows[0], rows[1], zero_point)


def test_the_largest_dimension_and_values_stay_exact() -> None:
    rows = np.random.default_rng(0).choice(np.array([-128, 127], np.int8), (40, 512))
    scores = scores_q15(rows, rows, 127)
    for i, j in [(0, 1), (3, 17), (39, 39)]:
        assert scores[i, j] == exact_score(rows[i], rows[j], 127)


def test_equal_vectors_score_almost_one_and_zero_vectors_never_match() -> None:
    row = np.array([[3, -4, 5]], np.int8)
    assert scores_q15(row, row, 0)[0, 0] == Q15 - 1
    assert scores_q15(row, np.full((1, 3), 9, np.int8), 9)[0, 0] == NO_SCORE


def test_embeddings_of_different_embedders_or_lengths_are_rejected() -> None:
    values = np.ones(4, np.int8)
    with pytest.raises(DataError, match="different embedders"):
        score_q15(Embedding(values, 0, "a"), Embedding(values, 0, "b"))
    with pytest.raises(DataError, match="4 and 5 dimensions"):
        scores_q15(np.ones((1, 4), np.int8), np.ones((1, 5), np.int8), 0)


@pytest.mark.parametrize(("score", "expected"), [(-1.0, NO_SCORE), (0.0, 0), (0.5, 16384), (1.0, Q15 - 1)])
def test_people_write_scores_between_minus_one_and_one(score: float, expected: int) -> None:
    assert threshold_q15(score) == expected


@pytest.mark.parametrize("wrong", [np.zeros((2, 4), np.float32), np.zeros((2, 4), np.uint8), np.zeros(4, np.int8)])
def test_anything_but_rows_of_int8_is_rejected(wrong: np.ndarray) -> None:
    right = np.zeros((1, 4), np.int8)
    with pytest.raises(DataError, match=r"probes: expected int8 embeddings \(n, D\), found "):
        scores_q15(wrong, right, 0)
    with pytest.raises(DataError, match=r"templates: expected int8 embeddings \(n, D\), found "):
        scores_q15(right, wrong, 0)
