"""A small teacher with weights of which every layer matters, and crops."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from edge_siamese_converter.networks.mobilefacenet import AnnealedPReLU, MobileFaceNetTable, build_mobilefacenet
from edge_siamese_converter.tasks.embedder.teacher_cut.cut import table_of
from edge_siamese_converter.tasks.embedder.teacher_cut.units import get_unit

TABLE = MobileFaceNetTable(8, ((8, 8), (16, 16), (24,)), (8, 16, 16), 24, 8, 12)


def _make_teacher(seed: int) -> Any:
    """A network with random kernels, normalizations and slopes."""
    rng = np.random.default_rng(seed)
    network = build_mobilefacenet(TABLE, activation="prelu")
    for layer in network.layers:
        if isinstance(layer, AnnealedPReLU):
            layer.slope.assign(rng.normal(0.1, 0.2, layer.slope.shape))
        elif layer.weights and not layer.name.endswith("_bn"):
            (kernel,) = layer.get_weights()
            inputs = 9 if layer.name.endswith("depthwise") else np.prod(kernel.shape[:3])
            layer.set_weights([rng.normal(0, np.sqrt(2 / inputs), kernel.shape)])
        elif layer.name.endswith("_bn"):
            shape = layer.gamma.shape
            layer.set_weights(
                [rng.uniform(0.85, 1.15, shape), rng.normal(0, 0.3, shape), rng.normal(0, 0.1, shape),
                 rng.uniform(0.85, 1.15, shape)]
            )  # fmt: skip
    return network


@pytest.fixture(scope="session")
def table() -> MobileFaceNetTable:
    """The teacher's widths."""
    return TABLE


@pytest.fixture(scope="session")
def teacher() -> Any:
    """Not to be changed by a test."""
    return _make_teacher(0)


@pytest.fixture
def own_teacher() -> Any:
    """One that a test may change."""
    return _make_teacher(1)


@pytest.fixture(scope="session")
def crops() -> npt.NDArray[np.uint8]:
    """Smooth random images, so that neighboring pixels say something of each other."""
    rng = np.random.default_rng(1)
    coarse = rng.integers(0, 256, (24, 8, 8, 3))
    return np.asarray(coarse.repeat(14, 1).repeat(14, 2), np.uint8)


class OnnxWriter:
    """Writes a network of ours as an ONNX file whose input is ``(pixel - 127.5) / 127.5``."""

    def __init__(self, network: Any, *, int8: bool = False) -> None:
        self.network, self.int8 = network, int8
        self.onnx = pytest.importorskip("onnx")
        self.nodes: list[Any] = []
        self.tensors: list[Any] = []

    def constant(self, name: str, values: npt.NDArray[Any], *, quantized: bool = False) -> str:
        if not (quantized and self.int8):
            self.tensors.append(self.onnx.numpy_helper.from_array(np.ascontiguousarray(values, np.float32), name))
            return name
        scale = (np.abs(values).reshape(len(values), -1).max(1) / 127).astype(np.float32)
        steps = np.round(values / scale.reshape(-1, *[1] * (values.ndim - 1))).astype(np.int8)
        for suffix, tensor in (("_q", steps), ("_scale", scale), ("_zero", np.zeros(len(scale), np.int8))):
            self.tensors.append(self.onnx.numpy_helper.from_array(tensor, name + suffix))
        inputs = [f"{name}_q", f"{name}_scale", f"{name}_zero"]
        self.nodes.append(self.onnx.helper.make_node("DequantizeLinear", inputs, [name], axis=0))
        return name

    def conv(self, x: str, name: str, *, strides: int = 1) -> str:
        unit = get_unit(self.network, name)
        kernel, bias = unit.kernel.astype(np.float64), unit.bias.astype(np.float64)
        if name == "stem":
            kernel = kernel * (127.5 / 128)
            bias = bias - kernel.sum((0, 1, 2)) * (0.5 / 127.5)
        depthwise = name.endswith("depthwise")
        axes = (2, 3, 0, 1) if depthwise else (3, 2, 0, 1)
        size = kernel.shape[0]
        inputs = [
            x,
            self.constant(f"{name}_w", kernel.transpose(axes), quantized=True),
            self.constant(f"{name}_b", bias),
        ]
        self.nodes.append(
            self.onnx.helper.make_node(
                "Conv", inputs, [name], kernel_shape=[size, size], strides=[strides, strides], pads=[size // 2] * 4,
                group=kernel.shape[2] if depthwise else 1,
            )
        )  # fmt: skip
        if unit.slope is None:
            return name
        slope = self.constant(f"{name}_a", unit.slope.reshape(-1, 1, 1))
        self.nodes.append(self.onnx.helper.make_node("PRelu", [name, slope], [f"{name}_act"]))
        return f"{name}_act"

    def write(self, path: Path) -> None:
        table = table_of(self.network)
        x = self.conv(self.conv("image", "stem", strides=2), "stem_depthwise")
        for name, _, _, residual in table.blocks():
            y = self.conv(self.conv(x, f"{name}_expand"), f"{name}_depthwise", strides=1 if residual else 2)
            y = self.conv(y, f"{name}_project")
            if residual:
                self.nodes.append(self.onnx.helper.make_node("Add", [x, y], [f"{name}_add"]))
                y = f"{name}_add"
            x = y
        x = self.conv(self.conv(x, "last"), "reduce")
        self.nodes.append(self.onnx.helper.make_node("Flatten", [x], ["whole"]))
        unit = get_unit(self.network, "embedding")
        by_channel = unit.kernel.reshape(7, 7, table.reduced, -1).transpose(3, 2, 0, 1).reshape(table.dimension, -1)
        inputs = [
            "whole",
            self.constant("embedding_w", by_channel, quantized=True),
            self.constant("embedding_b", unit.bias),
        ]
        self.nodes.append(self.onnx.helper.make_node("Gemm", inputs, ["embedding"], transB=1))
        self.save(path)

    def save(self, path: Path) -> None:
        value = self.onnx.helper.make_tensor_value_info
        graph = self.onnx.helper.make_graph(
            self.nodes, "teacher", [value("image", 1, ["N", 3, 112, 112])], [value("embedding", 1, ["N", None])],
            self.tensors,
        )  # fmt: skip
        self.onnx.save(
            self.onnx.helper.make_model(graph, opset_imports=[self.onnx.helper.make_opsetid("", 13)], ir_version=8),
            str(path),
        )


@pytest.fixture(scope="session")
def onnx_writer() -> type[OnnxWriter]:
    """Writes a network of ours as an ONNX file."""
    return OnnxWriter
