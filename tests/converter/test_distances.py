import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from edge_siamese.errors import DataError
from edge_siamese_converter import distances
from edge_siamese_converter.distances import DISTANCES, EPSILON, distance, pairwise

values = st.floats(-8, 8, width=32)


def matrices(rows: int) -> st.SearchStrategy[np.ndarray]:
    return hnp.arrays(np.float32, (rows, 5), elements=values)


@pytest.mark.parametrize(("name", "expected"), [("l1", 7.0), ("squared_l2", 25.0), ("l2", 5.0), ("cosine", 0.04)])
def test_golden_values(name: str, expected: float) -> None:
    a, b = np.array([[3.0, 4.0]], "f4"), np.array([[6.0, 8.0]], "f4")
    if name == "cosine":
        b = np.array([[4.0, 3.0]], "f4")
    assert distance(name)(a, b).numpy() == pytest.approx([expected], abs=1e-6)
    assert pairwise(name, a, b) == pytest.approx(np.array([[expected]]), abs=1e-6)


@settings(max_examples=60)
@given(a=matrices(4), b=matrices(4), name=st.sampled_from(sorted(DISTANCES)))
def test_tensors_and_matrices_agree(a: np.ndarray, b: np.ndarray, name: str) -> None:
    expected = np.array(pairwise(name, a, b)).diagonal()
    assert distance(name)(a, b).numpy() == pytest.approx(expected, rel=1e-4, abs=1e-4)


@pytest.mark.parametrize("name", sorted(DISTANCES))
@pytest.mark.parametrize("row", [[0.3, -0.7, 0.2], [0.0, 0.0, 0.0]])
def test_gradients_are_finite_where_embeddings_coincide(name: str, row: list[float]) -> None:
    a, b = tf.Variable([row]), tf.Variable([row])
    with tf.GradientTape() as tape:
        result = distance(name)(a, b)
    assert np.isfinite(result).all()
    assert all(np.isfinite(gradient).all() for gradient in tape.gradient(result, [a, b]))


def test_half_precision_is_compared_in_single() -> None:
    a = tf.constant([[256.0, 1.0]], tf.bfloat16)
    b = tf.constant([[0.0, 0.0]], tf.bfloat16)
    assert distance("l1")(a, b).dtype == tf.float32
    assert distance("l1")(a, b).numpy() == pytest.approx([257.0])


def test_coinciding_rows_are_at_the_smallest_distance() -> None:
    row = np.full((1, 4), 0.5, "f4")
    assert pairwise("l2", row, row) == pytest.approx(np.sqrt(EPSILON))
    assert pairwise("cosine", row, row) == pytest.approx(0.0, abs=1e-6)
    assert pairwise("cosine", row * 0, row) == pytest.approx(1.0)


def test_large_matrices_are_compared_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(7, 3)), rng.normal(size=(4, 3))
    whole = pairwise("l1", a, b)
    monkeypatch.setattr(distances, "_VALUES_AT_ONCE", 24)
    assert whole.shape == (7, 4)
    assert np.array_equal(pairwise("l1", a, b), whole)
    assert pairwise("l1", a[:0], b).shape == (0, 4)


@pytest.mark.parametrize("choice", [distance, lambda name: pairwise(name, np.ones((1, 2)), np.ones((1, 2)))])
def test_an_unknown_distance_is_rejected(choice: object) -> None:
    with pytest.raises(DataError, match="unknown distance 'cosin'; did you mean 'cosine'"):
        choice("cosin")
