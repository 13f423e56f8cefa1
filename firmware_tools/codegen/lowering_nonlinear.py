"""Softmax and PReLU as steps."""

import math

import numpy as np
import numpy.typing as npt

from edge_siamese.tflite.graph import Operator

from .fixed_point import quantize_multiplier
from .steps import Activation, PRelu, Softmax, unsupported

_BITS = 31
_INTEGER_BITS = 5
_STEPS = 256
_MAX_CHANNELS = 4095
_SCALE, _ZERO_POINT = 1 / 256, -128
_EXP_EIGHTH = 1895147668  # exp(-1/8) with 31 fractional bits
_THIRD = 715827883
_POWERS = (1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242)
"""``exp(-2**n)`` for n from -2 to 4, with 31 fractional bits."""


def lower_softmax(operator: Operator, inputs: tuple[Activation, ...], output: Activation) -> Softmax:
    """SOFTMAX over the last axis."""
    (source,) = inputs
    if (output.scale, output.zero_point) != (_SCALE, _ZERO_POINT):
        raise unsupported(
            operator,
            f"its result has the scale {output.scale} and zero point {output.zero_point}, expected 1/256 and -128",
        )
    if source.channels > _MAX_CHANNELS:
        raise unsupported(operator, f"it has {source.channels} channels, expected at most {_MAX_CHANNELS}")
    beta = float(operator.option("beta", 0.0))
    return Softmax((operator,), inputs, output, exponentials=exponentials(source.scale, beta), in_place=True)


def lower_prelu(operator: Operator, inputs: tuple[Activation, ...], output: Activation) -> PRelu:
    """PRELU with constant slopes, one for all values or one for each channel."""
    if len(inputs) != 2 or inputs[1].constant is None:
        raise unsupported(operator, "its slopes are computed while it runs, expected constants")
    source, slopes = inputs
    if slopes.size not in {1, source.channels} or slopes.size != slopes.channels:
        raise unsupported(
            operator, f"it has slopes of {slopes.shape} for {source.shape}, expected one for each channel"
        )
    return PRelu((operator,), inputs, output, in_place=True)


def exponentials(scale: float, beta: float) -> npt.NDArray[np.int64]:
    """``exp(-beta * scale * n)`` for n from 0 to 255, with 31 fractional bits, as the reference kernels compute it.

    Values that have more than 5 integer bits are 0.
    """
    multiplier, shift = quantize_multiplier(min(beta * scale * 2.0 ** (_BITS - _INTEGER_BITS), 2.0**_BITS - 1))
    radius = math.floor((2**_INTEGER_BITS - 1) * 2.0 ** (_BITS - _INTEGER_BITS) / 2.0**shift)
    values = [_exponential(_times(-step << shift, multiplier)) if step <= radius else 0 for step in range(_STEPS)]
    return np.array(values, np.int64)


def _times(a: int, b: int) -> int:
    """``a * b / 2**31`` to the nearest integer, halves away from zero."""
    product = a * b
    nudged = product + ((1 << 30) if product >= 0 else 1 - (1 << 30))
    return nudged >> _BITS if nudged >= 0 else -(-nudged >> _BITS)


def _halved(value: int, times: int) -> int:
    """``value / 2**times`` to the nearest integer, halves away from zero."""
    rest, half = value & ((1 << times) - 1), 1 << (times - 1)
    return (value >> times) + (rest > half - (0 if value < 0 else 1))


def _exponential(value: int) -> int:
    """``exp`` of a value of at most 0 with 26 fractional bits: a polynomial between -1/4 and 0, times powers."""
    if value == 0:
        return (1 << _BITS) - 1
    quarter = 1 << (_BITS - _INTEGER_BITS - 2)
    rest = value % quarter - quarter
    x = (rest << _INTEGER_BITS) + (1 << 28)
    squared = _times(x, x)
    cubed, fourth = _times(squared, x), _times(squared, squared)
    series = x + _halved(_times(_halved(fourth, 2) + cubed, _THIRD) + squared, 1)
    result = _EXP_EIGHTH + _times(_EXP_EIGHTH, series)
    for number, power in enumerate(_POWERS):
        if (rest - value) >> (_BITS - _INTEGER_BITS - 2 + number) & 1:
            result = _times(result, power)
    return result
