"""The operators of a network with what decides their cost: shapes, kernel, stride, type."""

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .device import ModelError, Table, model_bytes

Shape = tuple[int, ...]

# Field and operator numbers of the published TFLite schema.
_MODEL_CODES, _MODEL_SUBGRAPHS, _MODEL_BUFFERS = 1, 2, 4
_GRAPH_TENSORS, _GRAPH_OPERATORS = 0, 3
_TENSOR_SHAPE, _TENSOR_TYPE, _TENSOR_BUFFER = 0, 1, 2
_OPERATOR_CODE, _OPERATOR_INPUTS, _OPERATOR_OUTPUTS, _OPERATOR_OPTIONS = 0, 1, 2, 4
_CODE_DEPRECATED, _CODE_CUSTOM, _CODE_BUILTIN = 0, 1, 3
_OPTIONS_STRIDE_WIDTH, _OPTIONS_STRIDE_HEIGHT = 1, 2  # of convolutions, transposed ones and pooling
_POOL_WIDTH, _POOL_HEIGHT = 3, 4
_TYPES = {0: "float32", 1: "float16", 2: "int32", 3: "uint8", 4: "int64", 6: "bool", 7: "int16", 9: "int8"}
_KINDS = {
    0: "ADD", 1: "AVERAGE_POOL_2D", 2: "CONCATENATION", 3: "CONV_2D", 4: "DEPTHWISE_CONV_2D", 5: "DEPTH_TO_SPACE",
    6: "DEQUANTIZE", 9: "FULLY_CONNECTED", 11: "L2_NORMALIZATION", 14: "LOGISTIC", 17: "MAX_POOL_2D", 18: "MUL",
    19: "RELU", 21: "RELU6", 22: "RESHAPE", 23: "RESIZE_BILINEAR", 25: "SOFTMAX", 26: "SPACE_TO_DEPTH", 28: "TANH",
    34: "PAD", 39: "TRANSPOSE", 40: "MEAN", 41: "SUB", 42: "DIV", 45: "STRIDED_SLICE", 49: "SPLIT", 54: "PRELU",
    55: "MAXIMUM", 57: "MINIMUM", 67: "TRANSPOSE_CONV", 74: "SUM", 76: "RSQRT", 77: "SHAPE", 83: "PACK",
    97: "RESIZE_NEAREST_NEIGHBOR", 98: "LEAKY_RELU", 99: "SQUARED_DIFFERENCE", 114: "QUANTIZE", 117: "HARD_SWISH",
    150: "GELU",
}  # fmt: skip
_FREE = {"RESHAPE"}
_WEIGHTED = {"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV"}
PAIRWISE = {"ADD", "SUB", "MUL", "DIV", "MAXIMUM", "MINIMUM", "SQUARED_DIFFERENCE"}
PADDED = ("CONV_2D", "DEPTHWISE_CONV_2D")  # these take padding in front of them upon themselves
_POOLING = {"AVERAGE_POOL_2D", "MAX_POOL_2D"}
_STRIDED = {"CONV_2D", "DEPTHWISE_CONV_2D", "TRANSPOSE_CONV"} | _POOLING


@dataclass(frozen=True)
class Operator:
    """One operator.

    Attributes
    ----------
    kind : str
        As in the TFLite schema, ``"BUILTIN_<number>"`` for one this module has no name for.
    input_shape, output_shape : tuple of int
        Of the data, without the batch: ``(H, W, C)`` for images.
    dtype : str
        Of the output, such as ``"int8"``.
    kernel, stride : tuple of int
        Height and width; zeros where the operator has none.
    absorbed : bool
        Whether the runtime does not run it on its own: it is computed once, in advance, or XNNPACK makes it part of
        another operator (padding in front of a convolution, the product in ``x * sigmoid(x)``).
    broadcast : bool
        Whether a sum or product of two inputs repeats the smaller one.
    """

    kind: str
    input_shape: Shape
    output_shape: Shape
    dtype: str = "int8"
    kernel: tuple[int, int] = (0, 0)
    stride: tuple[int, int] = (0, 0)
    absorbed: bool = False
    broadcast: bool = False

    @property
    def elements(self) -> int:
        """Values it computes."""
        return math.prod(self.output_shape)

    @property
    def pixels(self) -> int:
        """Height times width of the output."""
        return math.prod(self.output_shape[:-1])

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one run; 0 for an operator without weights."""
        taps = self.kernel[0] * self.kernel[1]
        if self.kind == "CONV_2D":
            return self.elements * taps * self.input_shape[-1]
        if self.kind == "DEPTHWISE_CONV_2D":
            return self.elements * taps
        if self.kind == "TRANSPOSE_CONV":
            return math.prod(self.input_shape) * taps * self.output_shape[-1]
        if self.kind == "FULLY_CONNECTED":
            return self.elements * self.input_shape[-1]
        return 0

    @property
    def is_free(self) -> bool:
        """Whether it executes next to nothing: absorbed, or a view of the same bytes."""
        return self.absorbed or self.kind in _FREE

    @property
    def label(self) -> str:
        """What tables call its kind, such as ``"conv 3x3"``."""
        kernel = f" {self.kernel[0]}x{self.kernel[1]}" if any(self.kernel) else ""
        name = {"CONV_2D": "conv", "DEPTHWISE_CONV_2D": "depthwise", "TRANSPOSE_CONV": "transposed conv"}.get(self.kind)
        return (name or self.kind.lower().replace("_", " ").removesuffix(" 2d")) + kernel


def read_operators(path: Path) -> list[Operator]:
    """The operators of a ``.tflite``'s first graph, in order.

    Raises
    ------
    ModelError
        The file is not a TFLite model, or damaged.
    """
    return parse_operators(model_bytes(path), str(path))


def parse_operators(model: bytes, name: str = "the model") -> list[Operator]:
    """The same for a model in memory; `name` begins the message of an error."""
    try:
        return list(_operators(Table.root(model)))
    except (struct.error, IndexError, ValueError, UnicodeDecodeError, OverflowError) as error:
        raise ModelError(f"{name}: the graph cannot be read: not a TFLite model, or damaged") from error


@dataclass(frozen=True)
class _Tensor:
    shape: Shape
    dtype: str
    constant: bool


@dataclass(frozen=True)
class _Node:
    """An operator with the positions of its tensors; absent inputs are left out."""

    kind: str
    inputs: tuple[int, ...]
    output: int
    options: Table | None


def _operators(root: Table) -> Iterator[Operator]:
    kinds = [_kind(code) for code in root.tables(_MODEL_CODES)]
    filled = [bool(buffer.octets(0)) for buffer in root.tables(_MODEL_BUFFERS)]
    graph = next(root.tables(_MODEL_SUBGRAPHS), None)
    if graph is None:
        raise ValueError("no graph")
    tensors = [_tensor(tensor, filled) for tensor in graph.tables(_GRAPH_TENSORS)]
    nodes = [_node(operator, kinds) for operator in graph.tables(_GRAPH_OPERATORS)]
    constants = {index for index, tensor in enumerate(tensors) if tensor.constant}
    absorbed = _absorbed(nodes, constants)
    for index, node in enumerate(nodes):
        inputs = [tensors[position] for position in node.inputs]
        output = tensors[node.output]
        data = _data(node.kind, inputs) if inputs else output
        yield Operator(
            node.kind,
            data.shape[1:],
            output.shape[1:],
            output.dtype,
            _kernel(node.kind, inputs, node.options),
            _stride(node.kind, node.options),
            absorbed=index in absorbed,
            broadcast=node.kind in PAIRWISE and len({math.prod(tensor.shape) for tensor in inputs}) > 1,
        )


def _data(kind: str, inputs: list[_Tensor]) -> _Tensor:
    """The input that the operator works through."""
    if kind in PAIRWISE:
        return max(inputs, key=lambda tensor: math.prod(tensor.shape))
    return inputs[2 if kind == "TRANSPOSE_CONV" else 0]


def _node(operator: Table, kinds: list[str]) -> _Node:
    inputs = tuple(index for index in _integers(operator, _OPERATOR_INPUTS) if index >= 0)
    output = _integers(operator, _OPERATOR_OUTPUTS)[0]
    return _Node(kinds[operator.number(_OPERATOR_CODE)], inputs, output, operator.table(_OPERATOR_OPTIONS))


def _absorbed(nodes: list[_Node], constants: set[int]) -> set[int]:
    """Positions of the operators that do not run on their own."""
    found = set()
    gates = {(node.inputs[0], node.output) for node in nodes if node.kind == "LOGISTIC"}
    users: dict[int, list[str]] = {}
    for node in nodes:
        for tensor in node.inputs:
            users.setdefault(tensor, []).append(node.kind)
    for index, node in enumerate(nodes):
        pads = node.kind == "PAD" and users.get(node.output, []) in ([kind] for kind in PADDED)
        gated = node.kind == "MUL" and bool({node.inputs, node.inputs[::-1]} & gates)
        if pads or gated or (node.inputs and constants.issuperset(node.inputs)):
            found.add(index)
    return found


def _kind(code: Table) -> str:
    number = code.number(_CODE_BUILTIN, "<i") or code.number(_CODE_DEPRECATED, "<b")
    return code.string(_CODE_CUSTOM) or _KINDS.get(number, f"BUILTIN_{number}")


def _tensor(tensor: Table, filled: list[bool]) -> _Tensor:
    number = tensor.number(_TENSOR_TYPE, "<b")
    dtype = _TYPES.get(number, f"type {number}")
    return _Tensor(_integers(tensor, _TENSOR_SHAPE), dtype, filled[tensor.number(_TENSOR_BUFFER)])


def _integers(table: Table, field: int) -> Shape:
    return tuple(int(value) for value in np.frombuffer(table.octets(field, 4), "<i4"))


def _kernel(kind: str, inputs: list[_Tensor], options: Table | None) -> tuple[int, int]:
    if kind in _POOLING and options:
        return options.number(_POOL_HEIGHT, "<i"), options.number(_POOL_WIDTH, "<i")
    if kind in _WEIGHTED - {"FULLY_CONNECTED"}:
        return inputs[1].shape[1], inputs[1].shape[2]
    return 0, 0


def _stride(kind: str, options: Table | None) -> tuple[int, int]:
    if kind not in _STRIDED or not options:
        return 0, 0
    return options.number(_OPTIONS_STRIDE_HEIGHT, "<i"), options.number(_OPTIONS_STRIDE_WIDTH, "<i")
