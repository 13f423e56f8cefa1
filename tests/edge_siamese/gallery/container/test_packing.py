"""Templates of 4 bits keep their direction, and what cannot have 4 bits is rejected."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_siamese.errors import GalleryError
from edge_siamese.gallery.container.packing import packed, reduced, unpacked
from edge_siamese.matching import paired_scores_q15


@pytest.mark.parametrize("zero_point", [-120, -3, 0, 120])
def test_every_pair_of_values_survives(zero_point: int) -> None:
    values = np.array([(low, high) for low in range(-8, 8) for high in range(-8, 8)], np.int8) + np.int8(zero_point)
    data = packed(values, zero_point)
    assert len(data) == 256
    np.testing.assert_array_equal(unpacked(np.frombuffer(data, np.uint8).reshape(256, 1), zero_point), values)


def test_the_first_value_is_in_the_low_bits() -> None:
    assert packed(np.array([[1, -2]], np.int8), 0) == b"\xe1"


@given(st.integers(0, 2**32 - 1), st.integers(-20, 20), st.floats(3, 30))
def test_the_direction_is_kept(seed: int, zero_point: int, size: float) -> None:
    values = np.clip(np.random.default_rng(seed).normal(zero_point, size, (4, 256)), -128, 127).astype(np.int8)
    assert (paired_scores_q15(values, reduced(values, zero_point), zero_point) > 0.98 * 32768).all()


def test_zeros_stay_zeros_and_equal_values_stay_equal() -> None:
    values = np.array([[-3] * 4, [97] * 4, [-2] * 4], np.int8)
    np.testing.assert_array_equal(reduced(values, -3), [[-3] * 4, [-1] * 4, [-1] * 4])


@pytest.mark.parametrize(("dimension", "zero_point"), [(3, 0), (4, 121), (4, -121)])
def test_other_templates_cannot_have_4_bits(dimension: int, zero_point: int) -> None:
    with pytest.raises(GalleryError, match=f"found {dimension} and {zero_point}"):
        reduced(np.zeros((1, dimension), np.int8), zero_point)


def test_values_of_8_bits_are_not_packed() -> None:
    with pytest.raises(GalleryError, match="expected values from -8 to 7, found -9 to 8"):
        packed(np.array([[-9, 8]], np.int8), 0)
