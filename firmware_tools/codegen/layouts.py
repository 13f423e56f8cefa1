"""How a back end stores the weights of a convolution, which kernel computes it, and the scratch that takes."""

from dataclasses import dataclass
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


def layout(step: Convolution, backend: Backend) -> ConvolutionLayout:
    """Choose the kernel and order the weights."""
    if step.depthwise:
        return _depthwise(step, backend)
    direct = step.window.kernel == step.window.stride == (1, 1) and step.window.padding == (0, 0)
    flat = step.weights.reshape(len(step.weights), step.depth)
    if backend == "mve":
        columns = 0 if direct else min(_MVE_COLUMNS, step.output.size // step.output.channels)
        padded = _padded(flat, 4)
        return ConvolutionLayout("es_conv", padded, step.depth, columns * step.depth, direct, short_form(step))
    if backend == "dsp" and (chosen := _dsp(step, direct)):
        return chosen
    groups = _padded(flat, 4).reshape(-1, 4, step.depth)
    scratch = 0 if direct else 2 * step.depth
    return ConvolutionLayout("es_conv_plain", groups.transpose(0, 2, 1), step.depth, scratch, direct, short_form(step))


def _depthwise(step: Convolution, backend: Backend) -> ConvolutionLayout:
    if backend == "mve" and step.window.dilation == (1, 1) and step.inputs[0].channels == step.output.channels:
        return ConvolutionLayout("es_depthwise", step.weights, step.depth, 0, False, False)
    (height, width), (stride, across) = step.window.kernel, step.window.stride
    plain = step.window.dilation == (1, 1) and stride == across <= _MAX_STRIDE
    image, output = step.inputs[0], step.output
    plain = plain and (backend == "c" or short_form(step))
    if not plain or image.channels != output.channels or output.height_width[1] < 2:
        return ConvolutionLayout("es_depthwise_any", step.weights, step.depth, 0, False, short_form(step))
    scratch = 2 * plane_pitch(step) * image.height_width[0]
    if backend == "dsp":
        scratch += 4 * height * expanded_words(width, stride)
    return ConvolutionLayout(
        "es_depthwise", step.weights.transpose(2, 0, 1), step.depth, scratch, False, short_form(step)
    )


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
    direct = direct and depth == step.depth
    columns = 4 if step.output.size >= 4 * len(step.weights) else 1
    scratch = 2 * columns * depth + (0 if direct else depth)
    return ConvolutionLayout("es_conv", as_int32(ended), depth, scratch, direct, short_form(step))


def _word(low: npt.NDArray[np.int64], high: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    return (low & 0xFFFF) | ((high & 0xFFFF) << 16)


def _padded(array: npt.NDArray[np.int8], multiple: int) -> npt.NDArray[np.int8]:
    """Zeros behind the last row until their number is a multiple."""
    return np.pad(array, ((0, -len(array) % multiple), (0, 0)))
