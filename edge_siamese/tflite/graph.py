"""The operators of a .tflite and what they cost, read without a runtime.

Field and operator numbers are those of the published TFLite schema.
"""

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..errors import ModelError
from .flatbuffer import Table

_MODEL_CODES, _MODEL_SUBGRAPHS, _MODEL_BUFFERS = 1, 2, 4
_GRAPH_TENSORS, _GRAPH_OPERATORS = 0, 3
_TENSOR_SHAPE, _TENSOR_BUFFER = 0, 2
_OPERATOR_CODE, _OPERATOR_INPUTS, _OPERATOR_OUTPUTS = 0, 1, 2
_CODE_DEPRECATED, _CODE_CUSTOM, _CODE_BUILTIN = 0, 1, 3

_NAMES = {
    0: "ADD", 1: "AVERAGE_POOL_2D", 2: "CONCATENATION", 3: "CONV_2D", 4: "DEPTHWISE_CONV_2D", 6: "DEQUANTIZE",
    9: "FULLY_CONNECTED", 11: "L2_NORMALIZATION", 14: "LOGISTIC", 17: "MAX_POOL_2D", 18: "MUL", 19: "RELU",
    21: "RELU6", 22: "RESHAPE", 23: "RESIZE_BILINEAR", 25: "SOFTMAX", 28: "TANH", 34: "PAD", 40: "MEAN", 41: "SUB",
    45: "STRIDED_SLICE", 54: "PRELU", 67: "TRANSPOSE_CONV", 74: "SUM", 77: "SHAPE", 83: "PACK", 98: "LEAKY_RELU",
    114: "QUANTIZE", 117: "HARD_SWISH", 150: "GELU",
}  # fmt: skip


@dataclass(frozen=True)
class Operator:
    """One operator.

    Attributes:
        name: as in the TFLite schema, ``"BUILTIN_<number>"`` for one this module has no name for.
        inputs, outputs: shapes; an absent optional input is ``()``.
        macs: multiply-accumulates of one run; 0 for operators without weights.
        weights: how many constant values its weight tensor has; biases are not counted.
    """

    name: str
    inputs: tuple[tuple[int, ...], ...]
    outputs: tuple[tuple[int, ...], ...]
    macs: int
    weights: int


def operators(model: bytes) -> list[Operator]:
    """The operators of a model's first graph, in order.

    Raises:
        ModelError: the bytes are not a TFLite model.
    """
    try:
        return list(_operators(Table.root(model)))
    except (struct.error, IndexError, StopIteration, ValueError) as error:
        raise ModelError("the graph cannot be read: not a TFLite model, or damaged") from error


def _operators(root: Table) -> Iterator[Operator]:
    names = [_operator_name(code) for code in root.tables(_MODEL_CODES)]
    graph = next(root.tables(_MODEL_SUBGRAPHS))
    shapes = [_integers(tensor, _TENSOR_SHAPE) for tensor in graph.tables(_GRAPH_TENSORS)]
    for operator in graph.tables(_GRAPH_OPERATORS):
        name = names[operator.number(_OPERATOR_CODE)]
        inputs = tuple(shapes[index] if index >= 0 else () for index in _integers(operator, _OPERATOR_INPUTS))
        outputs = tuple(shapes[index] for index in _integers(operator, _OPERATOR_OUTPUTS))
        weights = math.prod(inputs[1]) if name in _MACS_PER_OUTPUT else 0
        yield Operator(name, inputs, outputs, _macs(name, inputs, outputs), weights)


def _operator_name(code: Table) -> str:
    number = code.number(_CODE_BUILTIN, "<i") or code.number(_CODE_DEPRECATED, "<b")
    return code.string(_CODE_CUSTOM) or _NAMES.get(number, f"BUILTIN_{number}")


def _integers(table: Table, field: int) -> tuple[int, ...]:
    return tuple(int(value) for value in np.frombuffer(table.octets(field, 4), "<i4"))


_MACS_PER_OUTPUT = {
    "CONV_2D": lambda weights: math.prod(weights[1:]),
    "DEPTHWISE_CONV_2D": lambda weights: math.prod(weights[1:3]),
    "FULLY_CONNECTED": lambda weights: weights[-1],
}


def _macs(name: str, inputs: tuple[tuple[int, ...], ...], outputs: tuple[tuple[int, ...], ...]) -> int:
    per_output = _MACS_PER_OUTPUT.get(name)
    return math.prod(outputs[0]) * per_output(inputs[1]) if per_output else 0
