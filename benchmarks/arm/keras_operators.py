"""The int8 operators that a Keras network becomes, found by walking its layers: no conversion, no training.

The TFLite converter folds batch normalization into the convolution before it and a ReLU into the operator before it,
and XNNPACK takes padding into the convolution behind it; this walk does the same.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from edge_siamese.errors import DataError, RuntimeMissingError

from .operators import PADDED, KernelOperator, Shape

_FUSING = {"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "ADD", "SUB", "MUL", "TRANSPOSE_CONV"}
_FOLDING = {"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"}
_FREE_LAYERS = (
    "InputLayer", "Reshape", "Flatten", "Dropout", "SpatialDropout2D", "GaussianNoise", "GaussianDropout", "Identity",
    "ActivityRegularization", "Permute",
)  # fmt: skip
_ACTIVATIONS: dict[str, tuple[str, ...]] = {
    "linear": (),
    "relu": ("RELU",),
    "relu6": ("RELU6",),
    "sigmoid": ("LOGISTIC",),
    "silu": ("LOGISTIC", "MUL"),
    "swish": ("LOGISTIC", "MUL"),
    "hard_silu": ("HARD_SWISH",),
    "hard_swish": ("HARD_SWISH",),
    "hard_sigmoid": ("RELU6",),  # its sum and quotient go into the weights around it
    "tanh": ("TANH",),
    "gelu": ("GELU",),
    "softmax": ("SOFTMAX",),
    "leaky_relu": ("LEAKY_RELU",),
}
_MERGES = {
    "Add": "ADD", "Subtract": "SUB", "Multiply": "MUL", "Concatenate": "CONCATENATION", "Maximum": "MAXIMUM",
    "Minimum": "MINIMUM",
}  # fmt: skip
_POOLS = {"MaxPooling2D": "MAX_POOL_2D", "AveragePooling2D": "AVERAGE_POOL_2D"}


def load_keras(path: Path) -> Any:
    """A network from a ``.keras`` file.

    Raises
    ------
    DataError
        The file is missing, or Keras cannot read it.
    RuntimeMissingError
        Keras is not installed.
    """
    if not path.is_file():
        raise DataError(f"{path}: expected a .keras file, found nothing there")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        import keras
    except ImportError as error:
        raise RuntimeMissingError("a .keras file needs Keras: pip install 'edge-siamese[converter]'") from error
    try:
        return keras.saving.load_model(path, compile=False, safe_mode=True)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise DataError(f"{path}: Keras cannot read it ({str(error).splitlines()[0][:200]})") from error


def keras_operators(model: Any) -> list[KernelOperator]:
    """Operators of a Keras functional or sequential network once it is int8.

    A layer without a counterpart here becomes an operator of its class's name, which the cost model calls unknown.

    Raises
    ------
    DataError
        The network's layers or image size are not known yet.
    """
    return _Walk().operators(model)


class _Walk:
    """Collects operators, and remembers which operator computed each tensor."""

    def __init__(self) -> None:
        self.found: list[KernelOperator] = []
        self._producers: dict[int, str] = {}
        self._uses: dict[int, int] = {}

    def operators(self, model: Any) -> list[KernelOperator]:
        for node in _nodes(model):
            for tensor in node.input_tensors:
                self._uses[id(tensor)] = self._uses.get(id(tensor), 0) + 1
        for node in _nodes(model):
            self._visit(node)
        return self.found

    def _visit(self, node: Any) -> None:
        layer = node.operation
        if _is_network(layer):
            self.found += keras_operators(layer)
            return
        inputs, output = node.input_tensors, node.outputs[0]
        producer = self._producers.get(id(inputs[0]), "") if inputs else ""
        fuses = not inputs or self._uses[id(inputs[0])] == 1
        name, classes = type(layer).__name__, [base.__name__ for base in type(layer).__mro__]
        builder = next((_BUILDERS[name] for name in classes if name in _BUILDERS), None)
        if builder:
            added = builder(layer, [_shape(tensor) for tensor in inputs], _shape(output))
        elif "BatchNormalization" in classes:
            added = [] if producer in _FOLDING and fuses else _elementwise(("MUL", "ADD"), _shape(output))
        elif activations := _activation_layer(layer, classes):
            added = _elementwise(activations, _shape(output))
            if activations[0] in {"RELU", "RELU6"} and producer in _FUSING and fuses:
                added = []
        elif any(free in classes for free in _FREE_LAYERS) or name in {"ReLU", "Activation"}:
            added = []
        else:
            added = [KernelOperator(name, _shape(inputs[0]) if inputs else (), _shape(output))]
        if added and added[0].kind in PADDED and producer == "PAD" and fuses:
            self.found[-1] = replace(self.found[-1], absorbed=True)
        self.found += added
        self._producers[id(output)] = added[-1].kind if added else producer


def _nodes(model: Any) -> list[Any]:
    """Calls of layers in the order in which they are computed."""
    by_depth = getattr(model, "_nodes_by_depth", None) or getattr(
        getattr(model, "_functional", None), "_nodes_by_depth", None
    )
    if not by_depth:
        raise DataError("Keras network: expected a functional or sequential one that is built, found another kind")
    return [node for depth in sorted(by_depth, reverse=True) for node in by_depth[depth]]


def _is_network(layer: Any) -> bool:
    return hasattr(layer, "_nodes_by_depth") or getattr(layer, "_functional", None) is not None


def _shape(tensor: Any) -> Shape:
    shape = tuple(tensor.shape)[1:]
    if any(side is None for side in shape):
        raise DataError(f"Keras network: expected an input of fixed size, found one of shape {tuple(tensor.shape)}")
    return tuple(int(side) for side in shape)


def _activation_layer(layer: Any, classes: list[str]) -> tuple[str, ...]:
    if "ReLU" in classes:
        return ("RELU6",) if layer.max_value == 6 else ("RELU",) if not layer.negative_slope else ("LEAKY_RELU",)
    simple = {"LeakyReLU": "LEAKY_RELU", "PReLU": "PRELU", "Softmax": "SOFTMAX"}
    for name, kind in simple.items():
        if name in classes:
            return (kind,)
    return _activation(layer) if "Activation" in classes else ()


def _activation(layer: Any) -> tuple[str, ...]:
    """Operators of a layer's activation; one that is not known is named after its function."""
    function = getattr(layer, "activation", None)
    name = getattr(function, "__name__", "linear") if function else "linear"
    return _ACTIVATIONS.get(name, (name.upper(),))


def _elementwise(kinds: tuple[str, ...], shape: Shape) -> list[KernelOperator]:
    gated = kinds == ("LOGISTIC", "MUL")  # x * sigmoid(x): XNNPACK computes both as one
    return [KernelOperator(kind, shape, shape, absorbed=gated and kind == "MUL") for kind in kinds]


def _with_activation(operator: KernelOperator, layer: Any) -> list[KernelOperator]:
    activation = _activation(layer)
    fused = activation and activation[0] in {"RELU", "RELU6"}
    return [operator, *(() if fused else _elementwise(activation, operator.output_shape))]


def _convolution(layer: Any, inputs: list[Shape], output: Shape) -> list[KernelOperator]:
    kernel, stride = _pair(layer.kernel_size), _pair(layer.strides)
    kind = "CONV_2D" if layer.groups == 1 else "GROUPED_CONV_2D"
    return _with_activation(KernelOperator(kind, inputs[0], output, "int8", kernel, stride), layer)


def _depthwise(layer: Any, inputs: list[Shape], output: Shape) -> list[KernelOperator]:
    operator = KernelOperator(
        "DEPTHWISE_CONV_2D", inputs[0], output, "int8", _pair(layer.kernel_size), _pair(layer.strides)
    )
    return _with_activation(operator, layer)


def _separable(layer: Any, inputs: list[Shape], output: Shape) -> list[KernelOperator]:
    middle = (*output[:2], inputs[0][2] * layer.depth_multiplier)
    depthwise = KernelOperator(
        "DEPTHWISE_CONV_2D", inputs[0], middle, "int8", _pair(layer.kernel_size), _pair(layer.strides)
    )
    return [depthwise, *_with_activation(KernelOperator("CONV_2D", middle, output, "int8", (1, 1), (1, 1)), layer)]


def _transposed(layer: Any, inputs: list[Shape], output: Shape) -> list[KernelOperator]:
    kernel, stride = _pair(layer.kernel_size), _pair(layer.strides)
    return _with_activation(KernelOperator("TRANSPOSE_CONV", inputs[0], output, "int8", kernel, stride), layer)


def _dense(layer: Any, inputs: list[Shape], output: Shape) -> list[KernelOperator]:
    return _with_activation(KernelOperator("FULLY_CONNECTED", inputs[0], output), layer)


def _merge(layer: Any, inputs: list[Shape], output: Shape) -> list[KernelOperator]:
    kind = _MERGES[type(layer).__name__]
    if kind == "CONCATENATION":
        return [KernelOperator(kind, inputs[0], output)]
    return [
        KernelOperator(kind, output, output, broadcast=other != output or inputs[0] != output) for other in inputs[1:]
    ]


def _pooling(layer: Any, inputs: list[Shape], output: Shape) -> list[KernelOperator]:
    kind = _POOLS[type(layer).__name__]
    return [KernelOperator(kind, inputs[0], output, "int8", _pair(layer.pool_size), _pair(layer.strides))]


def _mean(layer: Any, inputs: list[Shape], output: Shape) -> list[KernelOperator]:
    return [KernelOperator("MEAN", inputs[0], output)]


def _padding(layer: Any, inputs: list[Shape], output: Shape) -> list[KernelOperator]:
    return [KernelOperator("PAD", inputs[0], output)]


def _upsampling(layer: Any, inputs: list[Shape], output: Shape) -> list[KernelOperator]:
    kind = "RESIZE_BILINEAR" if layer.interpolation == "bilinear" else "RESIZE_NEAREST_NEIGHBOR"
    return [KernelOperator(kind, inputs[0], output)]


def _pair(value: Any) -> tuple[int, int]:
    height, width = value if isinstance(value, (tuple, list)) else (value, value)
    return int(height), int(width)


_BUILDERS: dict[str, Callable[[Any, list[Shape], Shape], list[KernelOperator]]] = {
    "DepthwiseConv2D": _depthwise,
    "SeparableConv2D": _separable,
    "Conv2DTranspose": _transposed,
    "Conv2D": _convolution,
    "Dense": _dense,
    "GlobalAveragePooling2D": _mean,
    "ZeroPadding2D": _padding,
    "UpSampling2D": _upsampling,
    **dict.fromkeys(_MERGES, _merge),
    **dict.fromkeys(_POOLS, _pooling),
}


def layer_kinds() -> Iterator[str]:
    """Names of the Keras layers that have a counterpart."""
    yield from (*_BUILDERS, *_FREE_LAYERS, "BatchNormalization", "ReLU", "LeakyReLU", "PReLU", "Softmax", "Activation")
