"""Tables of int8 functions, taken from the reference kernels themselves.

A part of a model that maps one int8 tensor to another of the same shape, value by value, is cut out, fed all 256 values
and run. Nothing about the operators inside has to be known.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from edge_siamese.errors import ModelError, RuntimeMissingError
from edge_siamese.installation import install_command
from edge_siamese.tflite.graph import Operator
from edge_siamese.tflite.runtime import load_network
from edge_siamese.tflite.tensor import Tensor

from .steps import unsupported

_ALL = np.arange(-128, 128, dtype=np.int8).reshape(1, 1, 1, 256)


class Oracle:
    """The reference kernels of the installed runtime, for parts of one model."""

    def __init__(self, model: bytes) -> None:
        """Read a model.

        Raises:
            RuntimeMissingError: ai-edge-litert or flatbuffers is not installed.
        """
        try:
            from ai_edge_litert import schema_py_generated as schema
        except ImportError as error:
            raise RuntimeMissingError(
                "code generation needs ai-edge-litert and flatbuffers: " + install_command("edge-siamese[firmware]")
            ) from error
        self._schema = schema
        self._model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(model, 0))

    def table(self, operators: Sequence[Operator], source: Tensor, target: Tensor) -> npt.NDArray[np.int8]:
        """What the operators make of -128 to 127, int8 ``(256,)``.

        Args:
            operators: in order; they read `source`, constants and each other only.
            source: their only computed input.
            target: their result.

        Raises:
            DataError: the runtime has no int8 kernel for one of them.
        """
        try:
            network = load_network(self._cut(operators, source, target), "reference")
            (result,) = network.run(_ALL).values()
        except (ModelError, RuntimeError) as error:
            raise unsupported(operators[0], "the reference kernels do not compute it for every int8 value") from error
        return result.reshape(256).astype(np.int8)

    def _cut(self, operators: Sequence[Operator], source: Tensor, target: Tensor) -> bytes:
        schema, whole = self._schema, self._model
        graph = whole.subgraphs[0]
        part: Any = schema.ModelT()
        part.version, part.operatorCodes, part.buffers = whole.version, whole.operatorCodes, [schema.BufferT()]
        main: Any = schema.SubGraphT()
        main.tensors, main.operators = [], []
        numbers: dict[int, int] = {}

        def number(index: int) -> int:
            if index < 0:
                return index
            if index not in numbers:
                tensor = graph.tensors[index]
                copy: Any = schema.TensorT()
                copy.type, copy.quantization, copy.name = tensor.type, tensor.quantization, tensor.name
                data = whole.buffers[tensor.buffer].data
                if data is not None and len(data):
                    copy.shape, copy.buffer = tensor.shape, len(part.buffers)
                    part.buffers.append(whole.buffers[tensor.buffer])
                else:
                    copy.shape = [1, 1, 1, 256]
                numbers[index] = len(main.tensors)
                main.tensors.append(copy)
            return numbers[index]

        for operator in operators:
            original = graph.operators[operator.index]
            copy: Any = schema.OperatorT()
            copy.opcodeIndex = original.opcodeIndex
            copy.builtinOptions, copy.builtinOptionsType = original.builtinOptions, original.builtinOptionsType
            copy.inputs = [number(index) for index in original.inputs]
            copy.outputs = [number(index) for index in original.outputs]
            main.operators.append(copy)
        main.inputs, main.outputs = [number(source.index)], [number(target.index)]
        part.subgraphs = [main]
        return self._pack(part)

    @staticmethod
    def _pack(model: Any) -> bytes:
        import flatbuffers

        builder = flatbuffers.Builder(4096)
        builder.Finish(model.Pack(builder), b"TFL3")
        return bytes(builder.Output())
