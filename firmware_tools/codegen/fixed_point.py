"""Fixed-point numbers of int8 inference: real factors as integer multipliers, real limits as int8.

A real factor is ``multiplier / 2**31 * 2**shift`` with the multiplier in [2**30, 2**31). The runtimes round in one of
two ways, which differ by one step now and then:

* *twice*: ``multiplier / 2**31`` to the nearest integer, then the shift to the right with halves away from zero;
* *once*: the whole product to the nearest integer, halves up.
"""

import math
from typing import Literal

import numpy as np
import numpy.typing as npt

Rounding = Literal["litert", "tflm"]
ROUNDINGS: tuple[Rounding, ...] = ("litert", "tflm")
INT8_MIN, INT8_MAX = -128, 127
_MIN_SHIFT = -31


def quantize_multiplier(factor: float) -> tuple[int, int]:
    """Multiplier and shift of a factor that is not negative; both 0 where it is below 2**-32."""
    if factor == 0:
        return 0, 0
    mantissa, shift = math.frexp(factor)
    multiplier = math.floor(mantissa * 2**31 + 0.5)
    if multiplier == 2**31:
        multiplier, shift = multiplier // 2, shift + 1
    return (0, 0) if shift < _MIN_SHIFT else (multiplier, shift)


def rescale(value: int, multiplier: int, shift: int, *, once: bool = False) -> int:
    """`value` times the factor, as the kernels compute it; the Python twin of ``es_rescale``."""
    if once:
        total = 31 - shift
        return (value * multiplier + (1 << (total - 1))) >> total
    high = ((value << max(shift, 0)) * multiplier + (1 << 30)) >> 31
    right = max(-shift, 0)
    return (high + ((1 << right) >> 1) - (high < 0 and right > 0)) >> right


def quantize_real(value: float, scale: float, zero_point: int) -> int:
    """The stored integer nearest to a real number, halves away from zero, in float32 as the runtimes divide."""
    ratio = float(np.float32(value) / np.float32(scale))
    return zero_point + int(math.copysign(math.floor(abs(ratio) + 0.5), ratio))


def activation_range(activation: str, scale: float, zero_point: int) -> tuple[int, int]:
    """Smallest and largest int8 that a fused activation lets through.

    Raises:
        KeyError: the activation is no clamp.
    """
    low, high = {"NONE": (None, None), "RELU": (0, None), "RELU6": (0, 6), "RELU_N1_TO_1": (-1, 1)}[activation]
    smallest = INT8_MIN if low is None else max(INT8_MIN, quantize_real(low, scale, zero_point))
    largest = INT8_MAX if high is None else min(INT8_MAX, quantize_real(high, scale, zero_point))
    return smallest, largest


def clamp_table(low: int, high: int) -> npt.NDArray[np.int8] | None:
    """Table of a clamp for the values -128 to 127; None where it changes nothing."""
    if (low, high) == (INT8_MIN, INT8_MAX):
        return None
    return np.clip(np.arange(INT8_MIN, INT8_MAX + 1), low, high).astype(np.int8)


def compose(first: npt.NDArray[np.int8] | None, second: npt.NDArray[np.int8]) -> npt.NDArray[np.int8]:
    """The table of `second` after `first`."""
    if first is None:
        return second
    composed: npt.NDArray[np.int8] = second[first.astype(np.int64) - INT8_MIN]
    return composed
