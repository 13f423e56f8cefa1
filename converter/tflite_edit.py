"""What a .tflite computes, operator by operator, as plain data.

Enumerations and option tables are those of the published TFLite schema, read with the classes that ai-edge-litert ships.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from ai_edge_litert import schema_py_generated as schema

from edge_siamese.errors import ModelError

_DTYPES = {
    "FLOAT32": "<f4",
    "FLOAT16": "<f2",
    "INT8": "i1",
    "UINT8": "u1",
    "INT16": "<i2",
    "INT32": "<i4",
    "INT64": "<i8",
}


@dataclass(frozen=True, eq=False)
class Tensor:
    """A tensor of the main graph.

    Attributes:
        index: in the file, and in an interpreter that has loaded it.
        name: may be empty.
        shape: -1 where a side is only known when the model runs.
        kind: of the elements, as the schema spells it: ``"FLOAT32"``, ``"INT8"``...
        data: bytes of a constant, None for what is computed.
    """

    index: int
    name: str
    shape: tuple[int, ...]
    kind: str
    data: bytes | None

    @cached_property
    def values(self) -> npt.NDArray[Any]:
        """Elements of a constant, in its shape."""
        if self.data is None or self.kind not in _DTYPES:
            raise ModelError(f"tensor {self.index} ({self.name}) is no constant of numbers")
        return np.frombuffer(self.data, _DTYPES[self.kind]).reshape(self.shape)


@dataclass(frozen=True, eq=False)
class Operator:
    """One operation.

    Attributes:
        kind: ``"CONV_2D"`` as the schema spells it; a custom one by its own name.
        inputs: None where an optional one is absent.
        outputs: what it computes.
        options: the operator's own table, None when it has none.
    """

    kind: str
    inputs: tuple[Tensor | None, ...]
    outputs: tuple[Tensor, ...]
    options: Any

    def option(self, name: str, default: Any = None) -> Any:
        """A field of the operator's table."""
        return getattr(self.options, name, default)

    @property
    def activation(self) -> str:
        """The fused activation: ``"NONE"``, ``"RELU"``, ``"RELU6"``..."""
        return _ACTIVATIONS.get(self.option("fusedActivationFunction", 0), "UNKNOWN")

    @property
    def computed(self) -> list[Tensor]:
        """The inputs that are not constants."""
        return [tensor for tensor in self.inputs if tensor is not None and tensor.data is None]


@dataclass(frozen=True, eq=False)
class Graph:
    """The main graph of a model, operators in the order in which they run."""

    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    operators: tuple[Operator, ...]
    subgraphs: int


def read_model_object(data: bytes) -> Any:
    """A .tflite in the schema's object form, constants that were kept behind the flatbuffer in their buffers.

    Raises:
        ModelError: the bytes are something else.
    """
    try:
        model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(data, 0))
    except Exception as error:  # whatever a damaged flatbuffer leads to
        raise ModelError(f"the model cannot be read as a .tflite ({error})") from error
    if not model.subgraphs:
        raise ModelError("the model cannot be read as a .tflite (it holds no graph)")
    for buffer in model.buffers:
        if buffer.offset > 1:  # 1 is "none" there
            if buffer.offset + buffer.size > len(data):
                raise ModelError("the model cannot be read as a .tflite (a constant is beyond its end)")
            buffer.data = np.frombuffer(data, np.uint8, buffer.size, buffer.offset)
            buffer.offset = buffer.size = 0
    return model


def read_graph(data: bytes) -> Graph:
    """Read the main graph of a .tflite.

    Raises:
        ModelError: the bytes are something else.
    """
    model = read_model_object(data)
    graph = model.subgraphs[0]
    tensors = [_tensor(model, index, tensor) for index, tensor in enumerate(graph.tensors)]

    def chosen(indices: Iterable[int]) -> list[Tensor | None]:
        return [tensors[index] if index >= 0 else None for index in indices]

    def present(indices: Iterable[int]) -> tuple[Tensor, ...]:
        return tuple(tensor for tensor in chosen(indices) if tensor is not None)

    operators = tuple(
        Operator(operator_kind(model, each), tuple(chosen(each.inputs)), present(each.outputs), each.builtinOptions)
        for each in graph.operators
    )
    return Graph(present(graph.inputs), present(graph.outputs), operators, len(model.subgraphs))


def operator_kind(model: Any, operator: Any) -> str:
    """The kind of an operator of a model in object form."""
    code = model.operatorCodes[operator.opcodeIndex]
    kind = _OPERATORS.get(max(code.builtinCode, code.deprecatedBuiltinCode), "UNKNOWN")
    return _text(code.customCode) if kind == "CUSTOM" else kind


class LayerNames:
    """Which layer of a Keras network an operator came from, by the names TensorFlow gave its tensors.

    TensorFlow writes ``network/layer/operation`` and may number every part when it traces a second time; the reading of
    the numbers that explains more layers is taken.
    """

    def __init__(self, graph: Graph, layers: Iterable[str] = ()) -> None:
        self._layers = frozenset(layers)
        readings: tuple[Callable[[str], str], ...] = (lambda part: part, lambda part: re.sub(r"_\d+$", "", part))
        parts = [part for operator in graph.operators for part in _name_parts(operator)]
        self._read = max(readings, key=lambda read: len({read(part) for part in parts} & self._layers))
        self._tensors = Counter(_short(operator.outputs[0].name) for operator in graph.operators)

    def of(self, operator: Operator) -> str:
        """The layer's name; where it is not known, the name of the tensor that the operator computes."""
        for part in _name_parts(operator):
            if self._read(part) in self._layers:
                return self._read(part)
        tensor = operator.outputs[0]
        name = _short(tensor.name)
        return name if self._tensors[name] == 1 and name else f"{name or 'tensor'}#{tensor.index}"


def _short(name: str) -> str:
    """The first of the names that were joined, without the modules that Python keeps a class in."""
    first = name.split(";", maxsplit=1)[0]
    return first if "/" in first else first.rsplit(".", maxsplit=1)[-1]


def _name_parts(operator: Operator) -> list[str]:
    constants = [tensor for tensor in operator.inputs if tensor is not None and tensor.data is not None]
    names = [name for tensor in (*operator.outputs, *constants) for name in tensor.name.split(";")]
    return [part for name in names for part in name.split("/")]


def _tensor(model: Any, index: int, tensor: Any) -> Tensor:
    signature = tensor.shapeSignature if tensor.shapeSignature is not None else tensor.shape
    shape = tuple(int(side) for side in (signature if signature is not None else ()))
    data = model.buffers[tensor.buffer].data
    constant = None if data is None or not len(data) else np.asarray(data, np.uint8).tobytes()
    return Tensor(index, _text(tensor.name), shape, _KINDS.get(tensor.type, "UNKNOWN"), constant)


def _text(name: bytes | str | None) -> str:
    return name.decode("utf-8", "replace") if isinstance(name, bytes) else name or ""


def _enumeration(source: Any) -> dict[int, str]:
    return {value: name for name, value in vars(source).items() if isinstance(value, int)}


_OPERATORS, _KINDS = _enumeration(schema.BuiltinOperator), _enumeration(schema.TensorType)
_ACTIVATIONS = _enumeration(schema.ActivationFunctionType)
