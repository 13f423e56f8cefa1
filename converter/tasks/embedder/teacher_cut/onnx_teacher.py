"""Read a MobileFaceNet teacher from ONNX into this project's layers.

Float weights and int8 weights behind ``DequantizeLinear`` are both taken. The teacher's input is
``(pixel - 127.5) / 127.5``, this project's ``(pixel - 128) / 128``; the difference is folded into the first convolution.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from edge_siamese.errors import DataError, RuntimeMissingError

from ....networks.mobilefacenet import INPUT_SIZE, MobileFaceNetTable, build_mobilefacenet
from .units import FoldedUnit, set_unit

Floats = npt.NDArray[np.float32]

_IGNORED = {"DequantizeLinear", "Identity", "Flatten", "Reshape", "Constant"}


@dataclass(frozen=True, eq=False)
class _TeacherConvolution:
    """A convolution of the file: kernel ``(outputs, inputs, k, k)``, bias, slopes of the PReLU after it, strides."""

    kernel: Floats
    bias: Floats
    slope: Floats | None
    strides: int

    @property
    def depthwise(self) -> bool:
        return bool(self.kernel.shape[1] == 1 and self.kernel.shape[2] == 3)

    def unit(self) -> FoldedUnit:
        axes = (2, 3, 0, 1) if self.depthwise else (2, 3, 1, 0)
        return FoldedUnit(np.ascontiguousarray(self.kernel.transpose(axes)), self.bias, self.slope)


def load_teacher(path: Path) -> Any:
    """Read a teacher.

    Parameters
    ----------
    path : Path
        ONNX file of a MobileFaceNet: stem, depthwise stem, stages of inverted residuals, two 1x1 convolutions and one
        matrix product, each convolution but a block's last followed by PReLU.

    Returns
    -------
    keras.Model
        The same network as `networks.mobilefacenet.build_mobilefacenet` makes it, with PReLU.

    Raises
    ------
    RuntimeMissingError
        The package `onnx` is not installed.
    DataError
        The file cannot be read, or is of another layout; the message names the first part that differs.
    """
    convolutions, weights, bias = _read(path)
    table = _table(path, convolutions, weights)
    network = build_mobilefacenet(table, activation="prelu")
    names = ["stem", "stem_depthwise"]
    for name, *_ in table.blocks():
        names += [f"{name}_expand", f"{name}_depthwise", f"{name}_project"]
    for name, convolution in zip([*names, "last", "reduce"], convolutions, strict=True):
        unit = convolution.unit()
        set_unit(network, name, _with_pixel_scale(unit) if name == "stem" else unit)
    # The file flattens channels first, this project channels last.
    side = INPUT_SIZE // 2 ** (1 + len(table.hidden))
    by_place = weights.reshape(-1, table.reduced, side, side).transpose(2, 3, 1, 0)
    set_unit(network, "embedding", FoldedUnit(by_place.reshape(1, 1, -1, table.dimension), bias))
    return network


def _with_pixel_scale(unit: FoldedUnit) -> FoldedUnit:
    """The first convolution for inputs ``(pixel - 128) / 128``; exact but for the zeros around the image."""
    bias = unit.bias + unit.kernel.sum(axis=(0, 1, 2)) * (0.5 / 127.5)
    return FoldedUnit((unit.kernel * (128 / 127.5)).astype(np.float32), bias.astype(np.float32), unit.slope)


def _open(path: Path) -> Any:
    """The graph of an ONNX file."""
    try:
        import onnx
    except ImportError as error:
        raise RuntimeMissingError("reading a teacher network needs onnx; install edge-siamese[import]") from error
    try:
        return onnx.load(str(path)).graph
    except Exception as error:  # an OSError, or protobuf's DecodeError, whose module moves from release to release
        raise DataError(f"{path}: expected an ONNX file, cannot read it ({error})") from error


def _read(path: Path) -> tuple[list[_TeacherConvolution], Floats, Floats]:
    """Convolutions in order, and the last product's weights ``(D, M)`` and bias."""
    graph = _open(path)
    import onnx

    tensors = {item.name: onnx.numpy_helper.to_array(item) for item in graph.initializer}
    convolutions: list[_TeacherConvolution] = []
    product: tuple[Floats, Floats] | None = None
    for node in graph.node:
        attributes = {item.name: onnx.helper.get_attribute_value(item) for item in node.attribute}
        if node.op_type == "DequantizeLinear":
            tensors[node.output[0]] = _dequantized(path, node, tensors, int(attributes.get("axis", 1)))
        elif node.op_type == "Conv":
            convolutions.append(_convolution(path, node, tensors, attributes))
        elif node.op_type == "PRelu":
            slope = _tensor(path, tensors, node.input[1]).reshape(-1)
            previous = convolutions[-1]
            convolutions[-1] = _TeacherConvolution(previous.kernel, previous.bias, slope, previous.strides)
        elif node.op_type == "Gemm":
            weights = _tensor(path, tensors, node.input[1])
            product = (weights if attributes.get("transB") else weights.T, _tensor(path, tensors, node.input[2]))
        elif node.op_type not in _IGNORED | {"Add"}:
            raise DataError(f"{path}: expected a MobileFaceNet of Conv, PRelu, Add and Gemm, found {node.op_type}")
    if product is None:
        raise DataError(f"{path}: expected a MobileFaceNet that ends with a matrix product (Gemm), found none")
    return convolutions, *product


def _convolution(
    path: Path, node: Any, tensors: Mapping[str, npt.NDArray[Any]], attributes: Mapping[str, Any]
) -> _TeacherConvolution:
    kernel = _tensor(path, tensors, node.input[1])
    bias = _tensor(path, tensors, node.input[2]) if len(node.input) > 2 else np.zeros(len(kernel), np.float32)
    return _TeacherConvolution(kernel, bias, None, int(attributes.get("strides", [1])[0]))


def _tensor(path: Path, tensors: Mapping[str, npt.NDArray[Any]], name: str) -> Floats:
    if name not in tensors:
        raise DataError(f"{path}: expected constant weights, found that '{name}' is computed")
    return np.asarray(tensors[name], np.float32)


def _dequantized(path: Path, node: Any, tensors: Mapping[str, npt.NDArray[Any]], axis: int) -> Floats:
    values, scale = _tensor(path, tensors, node.input[0]), _tensor(path, tensors, node.input[1])
    zero = _tensor(path, tensors, node.input[2]) if len(node.input) > 2 else np.zeros_like(scale)
    if scale.size > 1:
        shape = [1] * values.ndim
        shape[axis] = -1
        scale, zero = scale.reshape(shape), zero.reshape(shape)
    return np.asarray((values - zero) * scale, np.float32)


def _table(path: Path, convolutions: list[_TeacherConvolution], weights: Floats) -> MobileFaceNetTable:
    """The widths of what was read.

    Raises
    ------
    DataError
        The convolutions are not those of a MobileFaceNet.
    """
    count = len(convolutions)
    if count < 7 or (count - 4) % 3:
        raise DataError(f"{path}: expected 4 convolutions and 3 for each block of a MobileFaceNet, found {count}")
    stem, stem_depthwise, *inner = convolutions[:-2]
    last, reduce = convolutions[-2:]
    if stem.kernel.shape[1:] != (3, 3, 3) or not stem_depthwise.depthwise:
        raise DataError(f"{path}: expected a 3x3 stem on 3 channels and a depthwise one, found {stem.kernel.shape}")
    hidden: list[list[int]] = []
    streams: list[int] = []
    for number in range(len(inner) // 3):
        expand, depthwise, project = inner[3 * number : 3 * number + 3]
        if not depthwise.depthwise or project.slope is not None or expand.kernel.shape[2:] != (1, 1):
            raise DataError(f"{path}: block {number + 1} is no inverted residual with a linear end")
        if depthwise.strides == 2:
            hidden.append([])
            streams.append(len(project.kernel))
        if not hidden or len(project.kernel) != streams[-1]:
            raise DataError(f"{path}: expected a stage to begin with a stride of 2, found block {number + 1}")
        hidden[-1].append(len(expand.kernel))
    side = INPUT_SIZE // 2 ** (1 + len(hidden))
    if weights.shape[1] != len(reduce.kernel) * side * side:
        raise DataError(
            f"{path}: expected a last product on {len(reduce.kernel)} channels at {side}x{side}, found {weights.shape}"
        )
    return MobileFaceNetTable(
        len(stem.kernel), tuple(map(tuple, hidden)), tuple(streams), len(last.kernel), len(reduce.kernel), len(weights)
    )
