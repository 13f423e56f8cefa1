import numpy as np
import pytest

from edge_siamese.tflite import dot_products
from edge_siamese.tflite.dot_products import open_dot_products


@pytest.mark.parametrize(("count", "dimension"), [(1, 1), (5, 3), (700, 256), (40, 1000)])
def test_products_are_exact_for_the_largest_values(count: int, dimension: int) -> None:
    rng = np.random.default_rng(count)
    matrix = rng.choice(np.array([-128, 127, 0], np.int8), (count, dimension))
    products = open_dot_products(matrix)
    assert products is not None
    for vector in (
        rng.integers(-128, 128, dimension, np.int8),
        np.full(dimension, -128, np.int8),
        np.zeros(dimension, np.int8),
    ):
        ((rows, dots),) = products.blocks(vector)
        assert rows == slice(0, count)
        assert np.array_equal(dots, matrix.astype(np.int64) @ vector.astype(np.int64))


def test_blocks_cover_all_rows_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dot_products, "_ROWS_AT_ONCE", 16)
    matrix = np.random.default_rng(0).integers(-128, 128, (40, 8), np.int8)
    products = open_dot_products(matrix)
    assert products is not None
    assert products.largest_block == 16
    assert [rows for rows, _ in products.blocks(matrix[0])] == [slice(0, 16), slice(16, 32), slice(32, 40)]
    found = np.concatenate([dots for _, dots in products.blocks(matrix[0])])
    assert np.array_equal(found, matrix.astype(int) @ matrix[0].astype(int))


def test_what_cannot_be_exact_is_not_prepared() -> None:
    assert open_dot_products(np.zeros((2, 1001), np.int8)) is None
    assert open_dot_products(np.zeros((0, 8), np.int8)) is None
