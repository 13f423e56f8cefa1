"""Cross-layer equalization of float .tflite networks; see `quantization.keras.equalization` for Keras networks.

Between two convolutions each channel can be divided by a positive factor and multiplied back, if only ReLU, leaky or
parametric ReLU, or zero padding is in between. Before a depthwise convolution, whose kernels are quantized per channel,
all channels get the same range. Before a standard convolution the range differences are split between its input and its
kernel, as in Xiao et al., "SmoothQuant" (ICML 2023) with equal shares.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ...tflite_edit import constant_values, operator_kind, output_axis, packed, read_model_object, replace_constant
from ..calibration import spread
from .probe import GraphProbe

_CONVOLUTIONS, _PASSING = {"CONV_2D", "DEPTHWISE_CONV_2D"}, {"RELU", "LEAKY_RELU", "PRELU", "PAD"}
_LINEAR_OR_RELU = {0, 1}  # fused activations
_PERCENTILE, _IMAGES = 99.9, 32
_MIN_SHARE = 1e-3  # of the largest range; smaller channels are treated as dead
# Largest factors of a channel: in general, and before a separate activation.
_MAX_RARE = _MAX_BEFORE = 4


@dataclass(frozen=True)
class _AdjacentConvolutions:
    """Two convolutions with nothing between them that minds a factor.

    Attributes:
        first, second: operators.
        between: input tensor of the second, before padding.
    """

    first: Any
    second: Any
    between: int


def equalized_graph(graph: bytes, images: npt.NDArray[np.uint8]) -> bytes:
    """Return a graph that computes the same function with equalized channel ranges.

    Args:
        graph: float32 .tflite with input ``(pixel - 128) / 128``.
        images: calibration images uint8 ``(N, H, W, C)``; 32 of them are used.
    """
    model = read_model_object(graph)
    pairs = _pairs(model)
    if not pairs:
        return graph
    tensors = [index for pair in pairs for index in (pair.between, int(pair.first.outputs[0]))]
    ranges = _channel_ranges(graph, tensors, spread(images, _IMAGES))
    # Do not scale up a channel that a parametric ReLU nearly blocks.
    extents = [np.maximum(after, before / _MAX_BEFORE) for after, before in zip(ranges[::2], ranges[1::2], strict=True)]
    factors = [_factors(model, pair, extent) for pair, extent in zip(pairs, extents, strict=True)]
    for pair, factor in zip(pairs, factors, strict=True):
        _scale(model, pair.first.inputs[1], output_axis(model, pair.first), 1 / factor)
        _scale(model, pair.first.inputs[2], 0, 1 / factor)
        _scale(model, pair.second.inputs[1], 3, factor)
    return packed(model)


def _pairs(model: Any) -> list[_AdjacentConvolutions]:
    graph = model.subgraphs[0]
    users: dict[int, list[Any]] = {}
    for operator in graph.operators:
        for index in operator.inputs:
            users.setdefault(int(index), []).append(operator)
    for index in graph.outputs:
        users.setdefault(int(index), []).append(None)
    found = []
    for first in graph.operators:
        if not _has_kernel(model, first) or first.builtinOptions.fusedActivationFunction not in _LINEAR_OR_RELU:
            continue
        at = between = int(first.outputs[0])
        while len(users.get(at, [])) == 1 and users[at][0] is not None and int(users[at][0].inputs[0]) == at:
            following = users[at][0]
            kind = operator_kind(model, following)
            if _has_kernel(model, following):
                found.append(_AdjacentConvolutions(first, following, between))
            if kind not in _PASSING:
                break
            at = int(following.outputs[0])
            between = between if kind == "PAD" else at
    return found


def _has_kernel(model: Any, operator: Any) -> bool:
    """Check for a convolution with constant kernel and bias, without groups or depth multiplier."""
    if operator_kind(model, operator) not in _CONVOLUTIONS or len(operator.inputs) != 3 or min(operator.inputs) < 0:
        return False
    tensors = [model.subgraphs[0].tensors[index] for index in operator.inputs]
    constant = all(model.buffers[tensor.buffer].data is not None for tensor in tensors[1:])
    return constant and tensors[0].shape[-1] == tensors[1].shape[3]


def _factors(model: Any, pair: _AdjacentConvolutions, extent: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Compute the divisor of each channel between the two convolutions."""
    alive = extent > _MIN_SHARE * extent.max()
    if operator_kind(model, pair.second) == "DEPTHWISE_CONV_2D":
        return np.where(alive, extent, 1.0)
    kernel = np.abs(constant_values(model, pair.second.inputs[1])).max(axis=(0, 1, 2)).astype(np.float64)
    alive &= kernel > _MIN_SHARE * kernel.max()
    return np.where(alive, np.sqrt(extent / np.maximum(kernel, 1e-12)), 1.0)


def _scale(model: Any, index: int, axis: int, factor: npt.NDArray[np.float64]) -> None:
    """Multiply a constant along an axis."""
    values = constant_values(model, index)
    shape = [1] * values.ndim
    shape[axis] = -1
    replace_constant(model, index, values * factor.reshape(shape))


def _channel_ranges(graph: bytes, tensors: list[int], images: npt.NDArray[np.uint8]) -> list[npt.NDArray[np.float64]]:
    """Return the range ``(C,)`` of each channel of each tensor: mean 99.9th percentile, or a share of the maximum."""
    probe = GraphProbe(graph, tensors)
    rows: list[list[npt.NDArray[np.float64]]] = [[] for _ in tensors]
    for image in images:
        for row, values in zip(rows, probe(image), strict=True):
            sizes = np.abs(values).reshape(-1, values.shape[-1])
            row.append(np.stack([np.percentile(sizes, _PERCENTILE, axis=0), sizes.max(axis=0)]))
    typical = [np.mean(row, axis=0)[0] for row in rows]
    maximum = [np.max(row, axis=0)[1] for row in rows]
    return [np.maximum(usual, rare / _MAX_RARE) for usual, rare in zip(typical, maximum, strict=True)]
