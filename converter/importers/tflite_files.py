"""Import float .tflite files by editing their graph.

The edited graph has batch size 1, channels last, tensor names, a signature, and the input normalization as its first
layer. Nothing else changes.
"""

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from ai_edge_litert import schema_py_generated as schema

from edge_siamese.errors import DataError, ModelError
from edge_siamese.tflite.model_card import model_bytes

from ..licenses import license_of_model
from ..quantization.tflite.quantize import INPUT, OUTPUT, SIGNATURE
from ..tflite_edit import constant_values, operator_kind, packed, read_model_object
from .contract import PixelInput, image_shape, require_vector
from .input_layers import InputNormalization, affine_of, whole_contract
from .networks import GraphNetwork

_ARITHMETIC = {"ADD", "SUB", "MUL", "DIV"}
_TO_LAST, _TO_FIRST = (0, 2, 3, 1), (0, 3, 1, 2)


def load_tflite(path: Path, pixels: PixelInput) -> GraphNetwork:
    """Read a float .tflite.

    Raises:
        ModelError: the file is not a .tflite.
        DataError: it is quantized already, or not one image to one vector.
    """
    data = model_bytes(path)
    return adopt(data, str(path), pixels, "tflite", license_of_model(path))


def adopt(data: bytes, what: str, pixels: PixelInput, source: str = "tflite", license: str = "") -> GraphNetwork:
    """Convert a float .tflite to the input ``(pixel - 128) / 128``.

    Args:
        data: bytes of the .tflite.
        what: name of the file for error messages.
        pixels: input normalization of the network.
        source, license: attributes of the `GraphNetwork`.

    Raises:
        DataError: it is quantized already, or not one image to one vector.
    """
    try:
        model = read_model_object(data)
    except ModelError as error:
        raise DataError(f"{what}: {error}") from error
    editor = _Editor(model)
    graph = editor.graph
    if len(model.subgraphs) != 1 or len(graph.inputs) != 1 or len(graph.outputs) != 1:
        raise DataError(f"{what}: expected one graph of one input and one output")
    image, embedding = graph.tensors[graph.inputs[0]], graph.tensors[graph.outputs[0]]
    _require_float(what, graph, image, embedding)
    shape, channels_first = image_shape(what, [1, *image.shape[1:]])
    require_vector(what, [1, *embedding.shape[1:]])
    editor.fix_batch()
    found = editor.take_normalization(shape[2], channels_first=channels_first)
    pixels, described = whole_contract(pixels, found)
    if channels_first:
        editor.take_channels_last(shape)
    if convolution := pixels.convolution(shape[2]):
        editor.convolve_input(shape, *convolution)
    return GraphNetwork(editor.finished(), source, license, pixels, described)


def _require_float(what: str, graph: Any, *ends: Any) -> None:
    kinds = {schema.TensorType.FLOAT32, schema.TensorType.INT32, schema.TensorType.INT64, schema.TensorType.BOOL}
    if any(end.type != schema.TensorType.FLOAT32 for end in ends) or any(t.type not in kinds for t in graph.tensors):
        raise DataError(
            f"{what}: expected a float32 network, found one that is quantized already; convert its original"
        )


class _Editor:
    """Edits of the single graph of a model in the object form of the schema."""

    def __init__(self, model: Any) -> None:
        self.model, self.graph = model, model.subgraphs[0]

    def fix_batch(self) -> None:
        for tensor in self.graph.tensors:
            tensor.shapeSignature = None

    def take_normalization(self, channels: int, *, channels_first: bool) -> InputNormalization | None:
        """Remove constant scales and offsets at the input, with one number or one per channel."""
        found, place = InputNormalization(), int(self.graph.inputs[0])
        axis = 1 if channels_first else 3
        while operator := self._only_user(place):
            if self._transposes(operator, _TO_LAST):
                place, axis = int(operator.outputs[0]), 3
                continue
            affine = self._affine(operator, place, channels, axis)
            if affine is None or int(operator.outputs[0]) in list(self.graph.outputs):
                break
            name = self.graph.tensors[operator.outputs[0]].name or b"tensor"
            found = found.then(*affine, name.decode("utf-8", "replace").split(";")[0].rsplit("/", 1)[-1])
            self._bypass(operator, place)
        return found if found.layers else None

    def take_channels_last(self, shape: tuple[int, int, int]) -> None:
        """Make the input ``(1, H, W, C)``; a transpose at the input of the graph is removed."""
        height, width, channels = shape
        old = self.graph.inputs[0]
        users = [each for each in self.graph.operators if old in list(each.inputs)]
        if len(users) == 1 and self._transposes(users[0], _TO_LAST):
            self.graph.operators.remove(users[0])
            self.graph.inputs = np.array([users[0].outputs[0]], np.int32)
            return
        order = self._constant(np.array(_TO_FIRST, np.int32), schema.TensorType.INT32)
        image = self._tensor((1, height, width, channels))
        self._prepend("TRANSPOSE", None, None, [image, order], old)

    def convolve_input(
        self, shape: tuple[int, int, int], kernel: npt.NDArray[np.float32], bias: npt.NDArray[np.float32]
    ) -> None:
        """Insert a 1x1 convolution with `kernel` ``(in, out)`` and `bias` ``(out,)`` at the input."""
        weights = self._constant(np.ascontiguousarray(kernel.T)[:, None, None], schema.TensorType.FLOAT32)
        added = self._constant(bias, schema.TensorType.FLOAT32)
        options = schema.Conv2DOptionsT()
        options.padding = schema.Padding.VALID
        options.strideW = options.strideH = options.dilationWFactor = options.dilationHFactor = 1
        image = self._tensor((1, *shape))
        self.graph.tensors[self.graph.inputs[0]].name = b"pixel_input"
        table = schema.BuiltinOptions.Conv2DOptions
        self._prepend("CONV_2D", options, table, [image, weights, added], self.graph.inputs[0])

    def finished(self) -> bytes:
        """Return the bytes of the .tflite, with unique tensor names and one signature."""
        names = Counter(tensor.name for tensor in self.graph.tensors)
        for index, tensor in enumerate(self.graph.tensors):
            if not tensor.name or names[tensor.name] > 1:
                tensor.name = (tensor.name or b"tensor") + b"#%d" % index
        signature = schema.SignatureDefT()
        signature.signatureKey, signature.subgraphIndex = SIGNATURE.encode(), 0
        signature.inputs = [_entry(INPUT, self.graph.inputs[0])]
        signature.outputs = [_entry(OUTPUT, self.graph.outputs[0])]
        self.model.signatureDefs, self.model.metadata = [signature], None
        return packed(self.model)

    def _only_user(self, tensor: int) -> Any:
        """Return the only operator that takes a tensor, None if there is none or several."""
        users = [each for each in self.graph.operators if tensor in list(each.inputs)]
        return users[0] if len(users) == 1 else None

    def _affine(self, operator: Any, tensor: int, channels: int, axis: int) -> tuple[Any, Any] | None:
        kind = operator_kind(self.model, operator)
        if kind not in _ARITHMETIC or operator.builtinOptions.fusedActivationFunction:
            return None
        first = int(operator.inputs[0]) == tensor
        other = int(operator.inputs[1 if first else 0])
        if self.model.buffers[self.graph.tensors[other].buffer].data is None:
            return None
        constant = constant_values(self.model, other).astype(np.float64)
        shape = (1,) * (4 - constant.ndim) + constant.shape
        if constant.size not in {1, channels} or (constant.size > 1 and shape[axis] != channels):
            return None
        affine = affine_of(kind, constant, first=first)
        return affine if affine and np.isfinite(affine).all() and np.all(affine[0]) else None

    def _bypass(self, operator: Any, tensor: int) -> None:
        """Connect the consumers of an operator to `tensor` instead."""
        result = int(operator.outputs[0])
        self.graph.operators.remove(operator)
        for each in self.graph.operators:
            each.inputs = np.array([tensor if int(at) == result else int(at) for at in each.inputs], np.int32)

    def _transposes(self, operator: Any, order: tuple[int, ...]) -> bool:
        if operator_kind(self.model, operator) != "TRANSPOSE":
            return False
        data = self.model.buffers[self.graph.tensors[operator.inputs[1]].buffer].data
        return data is not None and tuple(np.asarray(data, np.uint8).view(np.int32)) == order

    def _prepend(self, kind: str, options: Any, table: int | None, inputs: list[int], output: int) -> None:
        operator = schema.OperatorT()
        operator.opcodeIndex = self._code(getattr(schema.BuiltinOperator, kind))
        operator.inputs, operator.outputs = np.array(inputs, np.int32), np.array([output], np.int32)
        operator.builtinOptions, operator.builtinOptionsType = options, table or 0
        self.graph.operators.insert(0, operator)
        self.graph.inputs = np.array([inputs[0]], np.int32)

    def _code(self, builtin: int) -> int:
        for index, code in enumerate(self.model.operatorCodes):
            if max(code.builtinCode, code.deprecatedBuiltinCode) == builtin:
                return index
        code = schema.OperatorCodeT()
        code.builtinCode = code.deprecatedBuiltinCode = builtin
        code.version = 1
        self.model.operatorCodes.append(code)
        return len(self.model.operatorCodes) - 1

    def _tensor(self, shape: tuple[int, ...], kind: int = schema.TensorType.FLOAT32, buffer: int = 0) -> int:
        tensor = schema.TensorT()
        tensor.shape, tensor.type, tensor.buffer = np.array(shape, np.int32), kind, buffer
        self.graph.tensors.append(tensor)
        return len(self.graph.tensors) - 1

    def _constant(self, values: npt.NDArray[Any], kind: int) -> int:
        buffer = schema.BufferT()
        buffer.data = np.frombuffer(np.ascontiguousarray(values).tobytes(), np.uint8)
        self.model.buffers.append(buffer)
        return self._tensor(values.shape, kind, len(self.model.buffers) - 1)


def _entry(name: str, index: int) -> Any:
    entry = schema.TensorMapT()
    entry.name, entry.tensorIndex = name.encode(), int(index)
    return entry
