import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_siamese_firmware.codegen.fixed_point import (
    activation_range,
    clamp_table,
    compose,
    quantize_multiplier,
    rescale,
)


@given(st.floats(1e-9, 1e6))
def test_a_multiplier_is_its_factor(factor: float) -> None:
    multiplier, shift = quantize_multiplier(factor)
    assert 2**30 <= multiplier < 2**31
    assert multiplier / 2**31 * 2**shift == pytest.approx(factor, rel=2**-30)


def test_factors_at_the_edges() -> None:
    assert quantize_multiplier(0) == (0, 0)
    assert quantize_multiplier(2**-40) == (0, 0)
    assert quantize_multiplier(0.5) == (2**30, 0)
    assert quantize_multiplier(1 - 2**-40) == (2**30, 1)


@given(st.integers(-(2**24), 2**24), st.floats(1e-6, 0.99), st.booleans())
def test_rescaling_errs_by_half_a_step_or_by_three_quarters(value: int, factor: float, once: bool) -> None:
    multiplier, shift = quantize_multiplier(factor)
    error = abs(rescale(value, multiplier, shift, once=once) - value * factor)
    assert error <= (0.5 if once else 0.75) + abs(value) * 2**-30


def test_where_the_roundings_differ() -> None:
    half = (2**30, 0)
    assert [rescale(value, *half) for value in (-3, -1, 1, 3)] == [-1, 0, 1, 2]
    quarter = (2**30, -1)
    assert [rescale(value, *quarter) for value in (-2, 2, 1)] == [-1, 1, 1]
    assert [rescale(value, *quarter, once=True) for value in (-2, 2, 1)] == [0, 1, 0]


def test_activations() -> None:
    assert activation_range("NONE", 0.1, 3) == (-128, 127)
    assert activation_range("RELU", 0.1, -20) == (-20, 127)
    assert activation_range("RELU6", 0.1, -20) == (-20, 40)
    with pytest.raises(KeyError):
        activation_range("TANH", 0.1, 0)


def test_tables() -> None:
    assert clamp_table(-128, 127) is None
    clamp = clamp_table(-5, 6)
    assert clamp is not None
    assert (clamp[0], clamp[128], clamp[255]) == (-5, 0, 6)
    negate = np.arange(127, -129, -1).astype(np.int8)
    assert compose(None, negate) is negate
    assert compose(clamp, negate).tolist() == [int(negate[value + 128]) for value in clamp.tolist()]
