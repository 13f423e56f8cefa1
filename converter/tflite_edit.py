"""Change a .tflite: its flatbuffer as mutable objects, edits of its constants, and writing it again.

`edge_siamese.tflite.graph` is the read-only view of the same file. Here a model is the object form of the published
TFLite schema, in the classes that ai-edge-litert ships. What TensorFlow writes holds a zero point of eight bytes for
every channel of every weight and bias, though all are zero, besides tensor names and conversion metadata. Written here,
equal vectors are stored once and constants are aligned to 16 bytes as the schema asks, which matters where unaligned
words cannot be read.
"""

from typing import Any

import flatbuffers
import numpy as np
import numpy.typing as npt
from ai_edge_litert import schema_py_generated as schema

from edge_siamese.errors import ModelError
from edge_siamese.tflite.operators import CUSTOM, operator_name

_IDENTIFIER = b"TFL3"
_CONSTANT_ALIGNMENT = 16


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


def operator_kind(model: Any, operator: Any) -> str:
    """The kind of an operator of a model in object form: as the schema spells it, a custom one by its own name."""
    code = model.operatorCodes[operator.opcodeIndex]
    kind = operator_name(max(code.builtinCode, code.deprecatedBuiltinCode))
    name = code.customCode or b""
    return (name.decode("utf-8", "replace") if isinstance(name, bytes) else str(name)) if kind == CUSTOM else kind


def output_axis(model: Any, operator: Any) -> int:
    """The axis of a kernel that runs over the channels it computes."""
    return 3 if operator_kind(model, operator) == "DEPTHWISE_CONV_2D" else 0


def constant_values(model: Any, index: int) -> npt.NDArray[np.float32]:
    """A float32 constant of a model in object form."""
    tensor = model.subgraphs[0].tensors[index]
    return np.asarray(model.buffers[tensor.buffer].data, np.uint8).view(np.float32).reshape(tensor.shape)


def replace_constant(model: Any, index: int, values: npt.NDArray[np.floating]) -> None:
    """Give a tensor of a model in object form other values; others that shared its buffer keep theirs."""
    tensors = model.subgraphs[0].tensors
    if sum(tensor.buffer == tensors[index].buffer for tensor in tensors) > 1:
        model.buffers.append(type(model.buffers[0])())
        tensors[index].buffer = len(model.buffers) - 1
    data = np.ascontiguousarray(values, np.float32).tobytes()
    model.buffers[tensors[index].buffer].data = np.frombuffer(data, np.uint8)


def compact(network: bytes) -> bytes:
    """Rewrite a .tflite without names, foreign metadata and repetitions; what it computes stays the same."""
    model = read_model_object(network)
    for entry in model.metadata or []:
        model.buffers[entry.buffer].data = None
    model.metadata, model.description = None, None
    for graph in model.subgraphs:
        graph.name = None
        for tensor in graph.tensors:
            tensor.name, tensor.shapeSignature = None, None
            tensor.shape = np.asarray(tensor.shape, np.int32)
            _slim(tensor.quantization)
        for operator in graph.operators:
            operator.inputs = np.asarray(operator.inputs, np.int32)
            operator.outputs = np.asarray(operator.outputs, np.int32)
    return packed(model)


def packed(model: Any) -> bytes:
    """The bytes of a model in the schema's object form."""
    builder = SharingBuilder()
    builder.Finish(model.Pack(builder), file_identifier=_IDENTIFIER)
    return bytes(builder.Output())


class SharingBuilder(flatbuffers.Builder):  # type: ignore[misc]
    """A FlatBuffers builder that writes equal vectors once and aligns vectors of bytes to 16."""

    def __init__(self) -> None:
        super().__init__(1 << 20)
        self._written: dict[tuple[str, bytes], int] = {}

    def CreateNumpyVector(self, x: npt.NDArray[Any]) -> int:  # noqa: N802
        key = (x.dtype.str, x.tobytes())
        if key not in self._written:
            if x.dtype == np.uint8:
                self.Prep(_CONSTANT_ALIGNMENT, x.size)
            self._written[key] = super().CreateNumpyVector(x)
        return self._written[key]


def _slim(quantization: Any) -> None:
    if quantization is None or quantization.scale is None:
        return
    quantization.min = quantization.max = None
    quantization.scale = np.asarray(quantization.scale, np.float32)
    quantization.zeroPoint = np.asarray(quantization.zeroPoint, np.int64)
