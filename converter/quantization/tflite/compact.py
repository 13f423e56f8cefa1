"""A smaller file for the same network: nothing nameless tools need, and nothing twice.

What TensorFlow writes holds a zero point of eight bytes for every channel of every weight and bias, though all are
zero, besides tensor names and conversion metadata. Here equal vectors are written once, and constants are aligned to 16
bytes as the TFLite schema asks, which matters where unaligned words cannot be read.
"""

from typing import Any

import flatbuffers
import numpy as np
import numpy.typing as npt

from ...tflite_edit import read_model_object

_IDENTIFIER = b"TFL3"
_CONSTANT_ALIGNMENT = 16


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


def _slim(quantization: Any) -> None:
    if quantization is None or quantization.scale is None:
        return
    quantization.min = quantization.max = None
    quantization.scale = np.asarray(quantization.scale, np.float32)
    quantization.zeroPoint = np.asarray(quantization.zeroPoint, np.int64)
