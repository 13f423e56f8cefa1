"""Edit .tflite files: read the flatbuffer as mutable objects, change constants, write a compact file.

`edge_siamese.tflite.graph` is the read-only counterpart. A model is the object form of the TFLite schema, with the
classes of ai-edge-litert. Files of TensorFlow contain tensor names, conversion metadata and an eight-byte zero point for
every channel of every weight and bias, all zero. Here equal vectors are stored once, and constants are aligned to 16
bytes as the schema requires, for processors that cannot read unaligned words.
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
    """Read a .tflite in the object form of the schema; constants stored after the flatbuffer are moved to their buffers.

    Raises:
        ModelError: the bytes are not a .tflite.
    """
    try:
        model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(data, 0))
    except Exception as error:  # damaged flatbuffers raise many types
        raise ModelError("the model cannot be read as a .tflite: it is truncated or altered") from error
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
    """Return the kind of an operator: its name in the schema, or the name of a custom operator."""
    code = model.operatorCodes[operator.opcodeIndex]
    kind = operator_name(max(code.builtinCode, code.deprecatedBuiltinCode))
    name = code.customCode or b""
    return (name.decode("utf-8", "replace") if isinstance(name, bytes) else str(name)) if kind == CUSTOM else kind


def output_axis(model: Any, operator: Any) -> int:
    """Return the axis of the output channels of a kernel."""
    return 3 if operator_kind(model, operator) == "DEPTHWISE_CONV_2D" else 0


def constant_values(model: Any, index: int) -> npt.NDArray[np.float32]:
    """Read a float32 constant of a model in object form."""
    tensor = model.subgraphs[0].tensors[index]
    return np.asarray(model.buffers[tensor.buffer].data, np.uint8).view(np.float32).reshape(tensor.shape)


def replace_constant(model: Any, index: int, values: npt.NDArray[np.floating]) -> None:
    """Replace the values of a constant; other tensors with the same buffer keep theirs."""
    tensors = model.subgraphs[0].tensors
    if sum(tensor.buffer == tensors[index].buffer for tensor in tensors) > 1:
        model.buffers.append(type(model.buffers[0])())
        tensors[index].buffer = len(model.buffers) - 1
    data = np.ascontiguousarray(values, np.float32).tobytes()
    model.buffers[tensors[index].buffer].data = np.frombuffer(data, np.uint8)


def compact(network: bytes) -> bytes:
    """Rewrite a .tflite without tensor names, conversion metadata and repeated vectors; its outputs do not change."""
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
    """Serialize a model in the object form of the schema."""
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
