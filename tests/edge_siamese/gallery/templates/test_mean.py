import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from edge_siamese.gallery.templates.representatives import mean_template
from edge_siamese.matching import Q15, scores_q15

TEMPLATES = arrays(np.int8, st.tuples(st.integers(2, 8), st.just(32)))
ZERO_POINTS = st.integers(-128, 127)


@given(TEMPLATES, ZERO_POINTS)
def test_it_points_where_the_mean_of_the_directions_points(templates: np.ndarray, zero_point: int) -> None:
    mean = mean_template(templates, zero_point)
    assert (mean.dtype, mean.shape) == (np.int8, (32,))
    vectors = templates.astype(float) - zero_point
    exact = (vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1)).sum(axis=0)
    if np.linalg.norm(exact) > 0.1:
        found = mean.astype(float) - zero_point
        assert found @ exact / np.linalg.norm(found) / np.linalg.norm(exact) > 0.995


@given(TEMPLATES, ZERO_POINTS, st.randoms(use_true_random=False))
def test_the_order_does_not_matter(templates: np.ndarray, zero_point: int, random: object) -> None:
    shuffled = np.random.default_rng(random.randint(0, 99)).permutation(templates)  # type: ignore[attr-defined]
    first, second = mean_template(templates, zero_point), mean_template(shuffled, zero_point)
    canceled = any((first == row).all() and (second == other).all() for row in templates for other in templates)
    assert canceled or (first == second).all()


def test_a_long_vector_counts_no_more_than_a_short_one() -> None:
    long, short = np.zeros(4, np.int8), np.zeros(4, np.int8)
    long[0], short[1] = 120, 10
    assert mean_template(np.stack([long, short]), 0).tolist() == [127, 127, 0, 0]


def test_one_stays_as_it_is() -> None:
    one = np.array([[3, -7, 100]], np.int8)
    assert mean_template(one, 5).tolist() == [3, -7, 100]


def test_opposite_directions_leave_the_first() -> None:
    assert mean_template(np.array([[10, -4], [-10, 4]], np.int8), 0).tolist() == [10, -4]


@pytest.mark.parametrize("zero_point", [0, -128, 127, -9])
def test_it_is_nearer_to_others_of_the_same_kind_than_one_of_them_is(zero_point: int) -> None:
    rng = np.random.default_rng(0)
    direction = rng.uniform(0.5, 1.5, 256) * (
        1 if zero_point == -128 else -1 if zero_point == 127 else rng.choice([-1, 1], 256)
    )
    noisy = np.clip(np.rint(40 * direction + rng.normal(0, 30, (12, 256))) + zero_point, -128, 127).astype(np.int8)
    mean = mean_template(noisy[:6], zero_point)
    scores = scores_q15(noisy[6:], np.vstack([mean[None], noisy[:6]]), zero_point) / Q15
    assert (scores[:, 0] > scores[:, 1:].max(axis=1)).all()
