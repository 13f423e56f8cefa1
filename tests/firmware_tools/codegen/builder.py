"""Small int8 models for tests, written with the schema classes of ai-edge-litert."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

TYPES = {"int8": "INT8", "int32": "INT32", "float32": "FLOAT32", "int16": "INT16", "uint8": "UINT8"}


class ModelBuilder:
    """A graph that grows operator by operator.

    Tensors are numbers; every method that makes one returns it.
    """

    def __init__(self) -> None:
        from ai_edge_litert import schema_py_generated as schema

        self.schema: Any = schema
        self.model: Any = schema.ModelT()
        self.model.version, self.model.operatorCodes, self.model.buffers = 3, [], [schema.BufferT()]
        self.graph: Any = schema.SubGraphT()
        self.graph.tensors, self.graph.operators, self.graph.inputs, self.graph.outputs = [], [], [], []

    def tensor(
        self,
        shape: Sequence[int],
        scale: float | Sequence[float] | None = 0.05,
        zero_point: int | Sequence[int] = 0,
        *,
        dtype: str = "int8",
        values: npt.NDArray[Any] | None = None,
        axis: int = 0,
        signature: Sequence[int] | None = None,
    ) -> int:
        """A tensor; with `values` a constant."""
        made = self.schema.TensorT()
        made.shape, made.name = list(shape), f"t{len(self.graph.tensors)}"
        made.shapeSignature = None if signature is None else list(signature)
        made.type = getattr(self.schema.TensorType, TYPES[dtype])
        if values is not None:
            buffer = self.schema.BufferT()
            buffer.data = np.frombuffer(np.ascontiguousarray(values, dtype).tobytes(), np.uint8)
            made.buffer = len(self.model.buffers)
            self.model.buffers.append(buffer)
        if scale is not None:
            made.quantization = self.schema.QuantizationParametersT()
            made.quantization.scale = np.atleast_1d(np.float32(scale))
            made.quantization.zeroPoint = np.atleast_1d(np.int64(zero_point))
            made.quantization.quantizedDimension = axis
        self.graph.tensors.append(made)
        return len(self.graph.tensors) - 1

    def input(self, shape: Sequence[int], scale: float = 0.05, zero_point: int = 0, **more: Any) -> int:
        made = self.tensor(shape, scale, zero_point, **more)
        self.graph.inputs.append(made)
        return made

    def operator(
        self, kind: str, inputs: Sequence[int], outputs: Sequence[int], options: str = "", **fields: Any
    ) -> None:
        """An operator; `options` names its table, `fields` are spelled as the schema's classes do."""
        code = self.schema.OperatorCodeT()
        code.builtinCode = getattr(self.schema.BuiltinOperator, kind)
        code.deprecatedBuiltinCode, code.version = min(code.builtinCode, 127), 1
        self.model.operatorCodes.append(code)
        made = self.schema.OperatorT()
        made.opcodeIndex, made.inputs, made.outputs = len(self.model.operatorCodes) - 1, list(inputs), list(outputs)
        if options:
            made.builtinOptionsType = getattr(self.schema.BuiltinOptions, options)
            made.builtinOptions = getattr(self.schema, f"{options}T")()
            for name, value in fields.items():
                setattr(made.builtinOptions, name, value)
        self.graph.operators.append(made)

    def output(self, tensor: int) -> None:
        self.graph.outputs.append(tensor)

    def bytes(self) -> bytes:
        import flatbuffers

        self.model.subgraphs = [self.graph]
        builder = flatbuffers.Builder(1024)
        builder.Finish(self.model.Pack(builder), b"TFL3")
        return bytes(builder.Output())


def reference(model: bytes, inputs: Sequence[npt.NDArray[np.int8]]) -> list[npt.NDArray[np.int8]]:
    """What the reference kernels compute, outputs in the graph's order."""
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    interpreter = Interpreter(model_content=model, experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
    interpreter.allocate_tensors()
    for detail, values in zip(interpreter.get_input_details(), inputs, strict=True):
        interpreter.set_tensor(detail["index"], values.reshape(detail["shape"]))
    interpreter.invoke()
    return [interpreter.get_tensor(detail["index"]).ravel() for detail in interpreter.get_output_details()]
