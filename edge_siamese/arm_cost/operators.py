"""The operators of a network with what decides their cost: shapes, kernel, stride, type."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import ModelError
from ..tflite.graph import Graph, read_graph
from ..tflite.graph import Operator as GraphOperator
from ..tflite.model_card import model_bytes
from ..tflite.tensor import Tensor as GraphTensor

Shape = tuple[int, ...]

PAIRWISE = {"ADD", "SUB", "MUL", "DIV", "MAXIMUM", "MINIMUM", "SQUARED_DIFFERENCE"}
_FREE = {"RESHAPE"}
_WEIGHTED = {"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV"}
_PADDED = ("CONV_2D", "DEPTHWISE_CONV_2D")  # XNNPACK takes padding in front of these into them
_POOLING = {"AVERAGE_POOL_2D", "MAX_POOL_2D"}
_STRIDED = {"CONV_2D", "DEPTHWISE_CONV_2D", "TRANSPOSE_CONV"} | _POOLING


@dataclass(frozen=True)
class KernelOperator:
    """One operator.

    Attributes:
        kind: as in the TFLite schema, ``"BUILTIN_<number>"`` for one this module has no name for.
        input_shape, output_shape: of the data, without the batch: ``(H, W, C)`` for images.
        dtype: of the output, such as ``"int8"``.
        kernel, stride: height and width; zeros where the operator has none.
        absorbed: whether the runtime does not run it on its own: it is computed once, in advance, or XNNPACK makes it
            part of another operator (padding in front of a convolution, the product in ``x * sigmoid(x)``).
        broadcast: whether a sum or product of two inputs repeats the smaller one.
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


def read_operators(path: Path) -> list[KernelOperator]:
    """The operators of a ``.tflite``'s first graph, in order.

    Raises:
        ModelError: the file is not a TFLite model, or damaged.
    """
    return parse_operators(model_bytes(path), str(path))


def parse_operators(model: bytes, name: str = "the model") -> list[KernelOperator]:
    """The same for a model in memory; `name` begins the message of an error."""
    try:
        return graph_operators(read_graph(model))
    except ModelError as error:
        raise ModelError(f"{name}: {error}") from error


def graph_operators(graph: Graph) -> list[KernelOperator]:
    """The operators of a graph, in order.

    Raises:
        ModelError: an operator lacks an input or an output.
    """
    try:
        return list(_operators(graph))
    except (IndexError, TypeError) as error:
        raise ModelError("an operator lacks an input or an output") from error


def as_int8(operators: Iterable[KernelOperator]) -> list[KernelOperator]:
    """The operators of a float32 network as its int8 conversion has them."""
    return [replace(operator, dtype="int8") if operator.dtype == "float32" else operator for operator in operators]


def _operators(graph: Graph) -> Iterator[KernelOperator]:
    absorbed = _absorbed(graph)
    for operator in graph.operators:
        inputs = [tensor for tensor in operator.inputs if tensor is not None]
        output = operator.outputs[0]
        data = _data(operator.kind, inputs) if inputs else output
        yield KernelOperator(
            operator.kind,
            data.shape[1:],
            output.shape[1:],
            output.dtype.lower(),
            _kernel(operator, inputs),
            _stride(operator),
            absorbed=operator.index in absorbed,
            broadcast=operator.kind in PAIRWISE and len({tensor.size for tensor in inputs}) > 1,
        )


def _data(kind: str, inputs: Sequence[GraphTensor]) -> GraphTensor:
    """The input that the operator works through."""
    if kind in PAIRWISE:
        return max(inputs, key=lambda tensor: tensor.size)
    return inputs[2 if kind == "TRANSPOSE_CONV" else 0]


def _absorbed(graph: Graph) -> set[int]:
    """Positions of the operators that do not run on their own."""
    found = set()
    used = [(operator, [tensor.index for tensor in operator.inputs if tensor]) for operator in graph.operators]
    gates = {(inputs[0], operator.outputs[0].index) for operator, inputs in used if operator.kind == "LOGISTIC"}
    users: dict[int, list[str]] = {}
    for operator, inputs in used:
        for tensor in inputs:
            users.setdefault(tensor, []).append(operator.kind)
    for operator, inputs in used:
        pads = operator.kind == "PAD" and users.get(operator.outputs[0].index, []) in ([kind] for kind in _PADDED)
        gated = operator.kind == "MUL" and bool({tuple(inputs), tuple(inputs[::-1])} & gates)
        if pads or gated or (inputs and not operator.computed):
            found.add(operator.index)
    return found


def _kernel(operator: GraphOperator, inputs: Sequence[GraphTensor]) -> tuple[int, int]:
    if operator.kind in _POOLING:
        return operator.option("filter_height", 0), operator.option("filter_width", 0)
    if operator.kind in _WEIGHTED - {"FULLY_CONNECTED"}:
        return inputs[1].shape[1], inputs[1].shape[2]
    return 0, 0


def _stride(operator: GraphOperator) -> tuple[int, int]:
    if operator.kind not in _STRIDED:
        return 0, 0
    return operator.option("stride_h", 0), operator.option("stride_w", 0)
