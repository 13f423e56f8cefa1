"""Measure the activation ranges of a float .tflite, and adjust dead channels so that biases do not overflow.

Ranges minimize the quantization error (`quantization.calibration`). The error of the input of a parametric ReLU is
measured after it, because its negative values are large but scaled down.

The bias of an int8 convolution is a 32-bit integer in units of input scale times kernel scale. A dead channel has a
nearly zero kernel but a normal bias, which overflows. One tap of such a kernel is increased so that the bias fits; the
output changes by less than 2e-5 of the bias.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from edge_siamese.preprocessing import INPUT_RANGE
from edge_siamese.tflite.graph import Graph, Operator, read_graph

from ...tflite_edit import constant_values, operator_kind, output_axis, packed, read_model_object, replace_constant
from ..calibration import Range, min_error_range, spread
from .probe import GraphProbe

_WITH_BIAS = {"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"}
_SAME_RANGE = {"RESHAPE", "TRANSPOSE", "PAD", "MAX_POOL_2D", "SQUEEZE", "EXPAND_DIMS", "STRIDED_SLICE", "SLICE"}
_IMAGES, _ROWS = 64, 60  # images, and vectors along the last axis sampled per image and tensor
_SHARES = np.linspace(0.02, 1.0, 50)
_BIAS_STEPS = 2**30


def measure_graph_ranges(graph: bytes, images: npt.NDArray[np.uint8]) -> dict[str, Range]:
    """Measure the range with minimal error of the input and of each computed float tensor, by tensor name.

    Args:
        graph: float32 .tflite with input ``(pixel - 128) / 128``.
        images: calibration images uint8 ``(N, H, W, C)``; 64 of them are used.
    """
    read = read_graph(graph)
    operators = [each for each in read.operators if each.outputs[0].dtype == "FLOAT32"]
    samples = _samples(graph, [each.outputs[0].index for each in operators], spread(images, _IMAGES))
    slopes = _slopes(read)
    found: dict[str, Range] = {tensor.name: INPUT_RANGE for tensor in read.inputs}
    for operator, rows in zip(operators, samples, strict=True):
        before = operator.computed[0].name if operator.computed else ""
        name = operator.outputs[0].name
        if operator.kind in _SAME_RANGE and before in found:
            found[name] = found[before]
        else:
            found[name] = _evaluated_behind(rows, slopes[name]) if name in slopes else min_error_range(rows.ravel())
    return found


def with_room_for_biases(graph: bytes, ranges: dict[str, Range]) -> bytes:
    """Return a graph with adjusted dead channels, so that all biases fit into 32 bits."""
    model = read_model_object(graph)
    tensors = model.subgraphs[0].tensors
    for operator in model.subgraphs[0].operators:
        if operator_kind(model, operator) not in _WITH_BIAS or len(operator.inputs) < 3 or operator.inputs[2] < 0:
            continue
        extent = ranges.get(tensors[operator.inputs[0]].name.decode())
        if extent and all(model.buffers[tensors[index].buffer].data is not None for index in operator.inputs[1:]):
            _make_room(model, operator, (extent[1] - extent[0]) / 255)
    return packed(model)


def _make_room(model: Any, operator: Any, input_scale: float) -> None:
    axis = output_axis(model, operator)
    kernel = np.moveaxis(constant_values(model, operator.inputs[1]), axis, 0)
    minimum = 127 * np.abs(constant_values(model, operator.inputs[2])) / (max(input_scale, 1e-12) * _BIAS_STEPS)
    taps = kernel.reshape(len(kernel), -1).copy()
    dead = np.abs(taps).max(axis=1) < minimum
    if dead.any():
        taps[dead, 0] = minimum[dead]
        replace_constant(model, operator.inputs[1], np.moveaxis(taps.reshape(kernel.shape), 0, axis))


def _samples(graph: bytes, tensors: list[int], images: npt.NDArray[np.uint8]) -> list[npt.NDArray[np.float32]]:
    """Sample vectors ``(K, C)`` of each tensor; the last two are the minima and maxima of the channels."""
    probe, rng = GraphProbe(graph, tensors), np.random.default_rng(0)
    rows: list[list[npt.NDArray[np.float32]]] = [[] for _ in tensors]
    extremes: list[list[npt.NDArray[np.float32]]] = [[] for _ in tensors]
    for image in images:
        for row, extreme, values in zip(rows, extremes, probe(image), strict=True):
            vectors = values.reshape(-1, values.shape[-1]).astype(np.float32)
            row.append(vectors[rng.integers(0, len(vectors), min(_ROWS, len(vectors)))])
            extreme.append(np.stack([vectors.min(axis=0), vectors.max(axis=0)]))
    bounds = [np.stack([np.min(each, axis=0)[0], np.max(each, axis=0)[1]]) for each in extremes]
    return [np.concatenate([*row, bound]) for row, bound in zip(rows, bounds, strict=True)]


def _slopes(graph: Graph) -> dict[str, npt.NDArray[np.float32]]:
    """Return the slopes ``(C,)`` of the parametric ReLU after a tensor, by tensor name."""
    return {
        operator.computed[0].name: operator.inputs[1].values.reshape(-1)
        for operator in graph.operators
        if operator.kind == "PRELU" and operator.inputs[1] is not None and _per_channel(operator)
    }


def _per_channel(operator: Operator) -> bool:
    slopes = operator.inputs[1]
    return slopes is not None and slopes.is_constant and slopes.values.size == operator.outputs[0].shape[-1]


def _evaluated_behind(rows: npt.NDArray[np.float32], slopes: npt.NDArray[np.float32]) -> Range:
    """Return the range of `rows` ``(K, C)`` with the smallest squared error of ``x if x > 0 else slope x``."""

    def behind(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        return np.where(values > 0, values, slopes * values)

    def error(low: float, high: float) -> float:
        step = (high - low) / 255
        rounded = np.clip(np.round(rows / step), round(low / step), round(high / step)) * np.float32(step)
        return float(np.mean(np.square(behind(rounded) - expected)))

    expected = behind(rows)
    low, high = min(float(rows.min()), 0.0), max(float(rows.max()), 1e-6)
    below = min(_SHARES, key=lambda share: error(low * share, high))
    above = min(_SHARES[10:], key=lambda share: error(low * below, high * share))
    return low * float(below), high * float(above)
