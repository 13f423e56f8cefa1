"""How a back end stores the weights of a convolution, which kernel computes it, and the scratch that takes."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from .c_text import as_int32
from .steps import Convolution

Backend = Literal["c", "dsp", "mve"]
BACKENDS: tuple[Backend, ...] = ("c", "dsp", "mve")
HOST_BACKENDS: tuple[Backend, ...] = ("c", "dsp")  # whose kernels any compiler takes
_MAX_STRIDE = 2
_MVE_COLUMNS = 8
_END = 0x80008000
SHORT_SHIFTS = range(1, 24)


@dataclass(frozen=True, eq=False)
class ConvolutionLayout:
    """A convolution as its kernel takes it.

    Attributes:
        kernel: name of the C function.
        weights: int8 or int32, in the kernel's order.
        depth: products in a sum as stored.
        scratch: bytes.
        direct: the pixels of the input are the columns.
        short: factors are in the short form.
    """

    kernel: str
    weights: npt.NDArray[np.int8] | npt.NDArray[np.int32]
    depth: int
    scratch: int
    direct: bool
    short: bool


def layout(step: Convolution, backend: Backend, known: ConvolutionLayout | None = None) -> ConvolutionLayout:
    """Choose the kernel and order the weights.

    Args:
        step: the convolution.
        backend: of the kernels.
        known: the layout of another stripe of the same convolution.
    """
    chosen = known or (_depthwise(step, backend) if step.depthwise else _convolution(step, backend))
    return replace(chosen, scratch=_scratch(step, chosen, backend))


def _convolution(step: Convolution, backend: Backend) -> ConvolutionLayout:
    direct = step.window.kernel == step.window.stride == (1, 1) and step.window.padding == (0, 0)
    if backend == "dsp" and (chosen := _dsp(step, direct)):
        return chosen
    flat = _padded(step.weights.reshape(len(step.weights), step.depth), 4)
    if backend == "mve":
        return ConvolutionLayout("es_conv", flat, step.depth, 0, direct, short_form(step))
    groups = flat.reshape(-1, 4, step.depth).transpose(0, 2, 1)
    return ConvolutionLayout("es_conv_plain", groups, step.depth, 0, direct, short_form(step))


def _depthwise(step: Convolution, backend: Backend) -> ConvolutionLayout:
    channels_match = step.inputs[0].channels == step.output.channels
    if backend == "mve" and step.window.dilation == (1, 1) and channels_match:
        return ConvolutionLayout("es_depthwise", step.weights, step.depth, 0, False, False)
    short = short_form(step)
    plain = step.window.dilation == (1, 1) and step.window.stride[0] == step.window.stride[1] <= _MAX_STRIDE
    plain = plain and channels_match and step.output.height_width[1] > 1 and (backend == "c" or short)
    if not plain or backend == "mve":
        return ConvolutionLayout("es_depthwise_any", step.weights, step.depth, 0, False, short)
    return ConvolutionLayout("es_depthwise", step.weights.transpose(2, 0, 1), step.depth, 0, False, short)


def _scratch(step: Convolution, chosen: ConvolutionLayout, backend: Backend) -> int:
    """Bytes that a kernel needs while it runs."""
    pixels = step.output.size // step.output.channels
    if step.depthwise:
        if chosen.kernel == "es_depthwise_any" or backend == "mve":
            return 0
        scratch = 2 * plane_pitch(step) * step.inputs[0].height_width[0]
        words = step.window.kernel[0] * expanded_words(step.window.kernel[1], step.window.stride[1])
        return scratch + (4 * words if backend == "dsp" else 0)
    if backend == "dsp" and chosen.kernel == "es_conv":
        return (2 * (4 if pixels >= 4 else 1) + (0 if chosen.direct else 1)) * chosen.depth
    columns = _MVE_COLUMNS if backend == "mve" else 2
    return 0 if chosen.direct else min(columns, pixels) * chosen.depth


def short_form(step: Convolution) -> bool:
    """Whether every channel's factor can be applied in the short form: below 1, and no sum leaves 32 bits on the way."""
    right = -step.shifts
    magnitude = np.abs(step.weights.astype(np.int64)).sum(axis=(0, 1) if step.depthwise else (1, 2, 3))
    limit = np.abs(step.bias) + 255 * magnitude + ((2 * abs(step.result_zero) + 1) << np.clip(right, 1, 40))
    return not step.once and all(shift in SHORT_SHIFTS for shift in right.tolist()) and int(limit.max()) < 2**31


def plane_pitch(step: Convolution) -> int:
    """Columns of a channel's plane; the twin of ``es_plane_pitch``."""
    outputs = -(-step.output.height_width[1] // 4) * 4
    columns = (outputs - 1) * step.window.stride[1] + step.window.kernel[1] + 1
    return (max(columns, step.window.padding[1] + step.inputs[0].height_width[1]) + 1) // 2 * 2


def expanded_words(width: int, stride: int) -> int:
    """Words that a row of a depthwise kernel takes in pairs of int16; twice the number where two outputs share a word."""
    return (width + 1) // 2 if stride == _MAX_STRIDE else 2 * (width // 2 + 1)


def _dsp(step: Convolution, direct: bool) -> ConvolutionLayout | None:
    """Words that hold the weights of two channels, 256 * a + b in each half; None where the sums of a exceed 24 bits."""
    flat = _padded(step.weights.reshape(len(step.weights), step.depth), 2).astype(np.int64)
    flat = np.pad(flat, ((0, 0), (0, -step.depth % 4)))
    if 128 * np.abs(flat[::2]).sum(axis=1).max() >= 2**23:
        return None
    halves = (256 * flat[::2] + flat[1::2]).reshape(len(flat) // 2, -1, 4)
    words = np.stack([_word(halves[..., 0], halves[..., 2]), _word(halves[..., 1], halves[..., 3])], axis=-1)
    ended = np.pad(words.reshape(len(words), -1), ((0, 0), (0, 1)), constant_values=_END)
    depth = flat.shape[1]
    return ConvolutionLayout("es_conv", as_int32(ended), depth, 0, direct and depth == step.depth, short_form(step))


def _word(low: npt.NDArray[np.int64], high: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    return (low & 0xFFFF) | ((high & 0xFFFF) << 16)


def _padded(array: npt.NDArray[np.int8], multiple: int) -> npt.NDArray[np.int8]:
    """Zeros behind the last row until their number is a multiple."""
    return np.pad(array, ((0, -len(array) % multiple), (0, 0)))
