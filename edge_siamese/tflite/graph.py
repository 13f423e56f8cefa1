"""Read-only graph of a .tflite: operators with options, tensors with quantization, constants as views of the file.

::

    graph = read_graph(Path("model.tflite").read_bytes())
    for operator in graph.operators:
        print(operator.kind, operator.option("stride_w", 1), operator.outputs[0].shape, operator.macs)

It needs only numpy, no runtime. Field numbers are those of the published TFLite schema. Only the main graph is read;
`Graph.subgraph_count` is above 1 for a model with further graphs (branches, loops).
"""

import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import ModelError
from .flatbuffer import Table
from .operators import CUSTOM, Option, operator_name, read_options
from .tensor import Quantization, Tensor

_MODEL_CODES, _MODEL_SUBGRAPHS, _MODEL_BUFFERS, _MODEL_SIGNATURES = 1, 2, 4, 7
_CODE_DEPRECATED, _CODE_CUSTOM, _CODE_VERSION, _CODE_BUILTIN = 0, 1, 2, 3
_GRAPH_TENSORS, _GRAPH_INPUTS, _GRAPH_OUTPUTS, _GRAPH_OPERATORS = 0, 1, 2, 3
_TENSOR_SHAPE, _TENSOR_DTYPE, _TENSOR_BUFFER, _TENSOR_NAME, _TENSOR_QUANTIZATION = 0, 1, 2, 3, 4
_TENSOR_VARIABLE, _TENSOR_SPARSITY, _TENSOR_SIGNATURE = 5, 6, 7
_QUANTIZATION_SCALE, _QUANTIZATION_ZERO_POINT, _QUANTIZATION_AXIS = 2, 3, 6
_BUFFER_DATA, _BUFFER_OFFSET, _BUFFER_SIZE = 0, 1, 2
_OPERATOR_CODE, _OPERATOR_INPUTS, _OPERATOR_OUTPUTS, _OPERATOR_OPTIONS = 0, 1, 2, 4
_SIGNATURE_INPUTS, _SIGNATURE_OUTPUTS, _SIGNATURE_SUBGRAPH = 0, 1, 4

_DTYPES = (
    "FLOAT32", "FLOAT16", "INT32", "UINT8", "INT64", "STRING", "BOOL", "INT16", "COMPLEX64", "INT8", "FLOAT64",
    "COMPLEX128", "UINT64", "RESOURCE", "VARIANT", "UINT32", "UINT16", "INT4", "BFLOAT16", "INT2", "UINT4",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Operator:
    """One operation.

    Attributes:
        index: position in execution order.
        kind: name as in the schema, such as ``"CONV_2D"``; for a custom operator its own name.
        version: version of the builtin operator.
        inputs: input tensors; None for an absent optional input.
        outputs: output tensors.
        options: option table by field name; empty for an operator without one.
    """

    index: int
    kind: str
    version: int
    inputs: tuple[Tensor | None, ...]
    outputs: tuple[Tensor, ...]
    options: Mapping[str, Option]

    def option(self, name: str, default: Any = None) -> Any:
        """A field of the option table."""
        return self.options.get(name, default)

    @property
    def activation(self) -> str:
        """The fused activation: ``"NONE"``, ``"RELU"``, ``"RELU6"``..."""
        return str(self.options.get("activation", "NONE"))

    @property
    def computed(self) -> list[Tensor]:
        """The inputs that are not constants."""
        return [tensor for tensor in self.inputs if tensor is not None and not tensor.is_constant]

    @property
    def weight_count(self) -> int:
        """Number of weights of a convolution or dense layer, without biases."""
        weights = self._weights()
        return weights.size if weights else 0

    @property
    def macs(self) -> int:
        """Number of multiply-accumulates of one run; 0 for operators without weights."""
        weights = self._weights()
        if weights is None:
            return 0
        if self.kind == "TRANSPOSE_CONV":
            image = self.inputs[2]
            return image.size * math.prod(weights.shape[:3]) if image else 0
        per_output = weights.shape[1:3] if self.kind == "DEPTHWISE_CONV_2D" else weights.shape[1:]
        return self.outputs[0].size * math.prod(per_output)

    def _weights(self) -> Tensor | None:
        if self.kind not in {"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV"}:
            return None
        return self.inputs[1] if len(self.inputs) > 1 else None


@dataclass(frozen=True, eq=False)
class Graph:
    """The main graph of a model.

    Attributes:
        tensors: tensors by index.
        inputs, outputs: input and output tensors, in file order.
        operators: operators in execution order.
        input_names, output_names: tensors by their names in the first signature; empty without one.
        subgraph_count: 1 unless the model has branches or loops.
    """

    tensors: tuple[Tensor, ...]
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    operators: tuple[Operator, ...]
    input_names: Mapping[str, Tensor]
    output_names: Mapping[str, Tensor]
    subgraph_count: int

    @property
    def macs(self) -> int:
        """Number of multiply-accumulates of one run."""
        return sum(operator.macs for operator in self.operators)


def read_graph(data: bytes) -> Graph:
    """Read the main graph of a .tflite.

    Args:
        data: content of the file; constants are views of it.

    Raises:
        ModelError: the data is not a TFLite model or is damaged.
    """
    try:
        return _graph(Table.root(data), data)
    except (struct.error, IndexError, StopIteration, ValueError, OverflowError) as error:
        raise ModelError("the graph cannot be read: not a TFLite model, or damaged") from error


def _graph(root: Table, data: bytes) -> Graph:
    subgraphs = list(root.tables(_MODEL_SUBGRAPHS))
    main = subgraphs[0]
    buffers = [_buffer(buffer, data) for buffer in root.tables(_MODEL_BUFFERS)]
    tensors = tuple(_tensor(i, table, buffers) for i, table in enumerate(main.tables(_GRAPH_TENSORS)))
    codes = [(_kind(code), code.number(_CODE_VERSION, "<i", 1)) for code in root.tables(_MODEL_CODES)]
    inputs, outputs = _names(root, tensors)
    return Graph(
        tensors=tensors,
        inputs=_present(main, _GRAPH_INPUTS, tensors),
        outputs=_present(main, _GRAPH_OUTPUTS, tensors),
        operators=tuple(_operator(i, table, codes, tensors) for i, table in enumerate(main.tables(_GRAPH_OPERATORS))),
        input_names=inputs,
        output_names=outputs,
        subgraph_count=len(subgraphs),
    )


def _buffer(table: Table, data: bytes) -> npt.NDArray[np.uint8] | None:
    """Bytes of a buffer: inside the FlatBuffer, or after it in models above 2 GB."""
    size, offset = table.number(_BUFFER_SIZE, "<Q"), table.number(_BUFFER_OFFSET, "<Q")
    if offset > 1:  # 1 means no buffer
        return np.frombuffer(data, np.uint8, size, offset)
    span = table.span(_BUFFER_DATA)
    return np.frombuffer(data, np.uint8, len(span), span.start) if span else None


def _tensor(index: int, table: Table, buffers: list[npt.NDArray[np.uint8] | None]) -> Tensor:
    quantization = table.table(_TENSOR_QUANTIZATION)
    return Tensor(
        index=index,
        name=table.octets(_TENSOR_NAME).decode("utf-8", "replace"),
        shape=_integers(table, _TENSOR_SIGNATURE) or _integers(table, _TENSOR_SHAPE),
        dtype=_DTYPES[table.number(_TENSOR_DTYPE, "<B")],
        quantization=_quantization(quantization) if quantization else None,
        data=buffers[table.number(_TENSOR_BUFFER)],
        is_variable=bool(table.number(_TENSOR_VARIABLE, "<B")),
        is_sparse=table.table(_TENSOR_SPARSITY) is not None,
    )


def _quantization(table: Table) -> Quantization | None:
    scales = np.frombuffer(table.octets(_QUANTIZATION_SCALE, 4), "<f4")
    zero_points = np.frombuffer(table.octets(_QUANTIZATION_ZERO_POINT, 8), "<i8")
    if not len(scales):
        return None
    if len(zero_points) != len(scales):
        if len(zero_points) > 1:
            raise ValueError("as many zero points as scales expected")
        zero_points = np.full(len(scales), zero_points[0] if len(zero_points) else 0, np.int64)
    return Quantization(scales, zero_points, table.number(_QUANTIZATION_AXIS, "<i"))


def _operator(index: int, table: Table, codes: list[tuple[str, int]], tensors: tuple[Tensor, ...]) -> Operator:
    kind, version = codes[table.number(_OPERATOR_CODE)]
    inputs = tuple(tensors[at] if at >= 0 else None for at in _integers(table, _OPERATOR_INPUTS))
    options = read_options(kind, table.table(_OPERATOR_OPTIONS))
    return Operator(index, kind, version, inputs, _present(table, _OPERATOR_OUTPUTS, tensors), options)


def _kind(code: Table) -> str:
    number = max(code.number(_CODE_BUILTIN, "<i"), code.number(_CODE_DEPRECATED, "<b"))
    kind = operator_name(number)
    return code.octets(_CODE_CUSTOM).decode("utf-8", "replace") or kind if kind == CUSTOM else kind


def _names(root: Table, tensors: tuple[Tensor, ...]) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    for signature in root.tables(_MODEL_SIGNATURES):
        if signature.number(_SIGNATURE_SUBGRAPH) == 0:
            inputs, outputs = (
                {entry.string(0): tensors[entry.number(1)] for entry in signature.tables(field)}
                for field in (_SIGNATURE_INPUTS, _SIGNATURE_OUTPUTS)
            )
            return inputs, outputs
    return {}, {}


def _present(table: Table, field: int, tensors: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    return tuple(tensors[at] for at in _integers(table, field) if at >= 0)


def _integers(table: Table, field: int) -> tuple[int, ...]:
    return tuple(np.frombuffer(table.octets(field, 4), "<i4").tolist())
