"""Fake-quantized Keras networks: simulate int8 in float for calibration, fine-tuning and conversion.

The converter takes the range of a tensor from its fake quantization, so the trained network equals the converted one.
Fake quantization follows Jacob et al., "Quantization and Training of Neural Networks for Efficient
Integer-Arithmetic-Only Inference" (CVPR 2018): weights per output channel and symmetric, activations per tensor.
"""

from typing import Any

import keras
import numpy as np
from keras import layers, ops
from keras.quantizers import fake_quant_with_min_max_vars

from edge_siamese.errors import DataError
from edge_siamese.preprocessing import INPUT_RANGE

from ...networks.layers import FastDepthwiseConv2D
from ..calibration import Range

_BITS = 8
# Tested layers: their int8 outputs have their own range, or keep the range of their input.
_FOLDABLE = (
    layers.InputLayer, layers.Conv2D, layers.DepthwiseConv2D, layers.Dense, layers.BatchNormalization,
    layers.Activation, layers.ReLU, layers.Add, layers.Multiply, layers.Concatenate, layers.Reshape, layers.Flatten,
    layers.ZeroPadding2D, layers.UpSampling2D, layers.MaxPooling2D, layers.AveragePooling2D,
    layers.GlobalAveragePooling2D, layers.GlobalMaxPooling2D, layers.Dropout,
)  # fmt: skip


def require_foldable(network: Any) -> None:
    """Check that this module can simulate a network in int8.

    Raises:
        DataError: a layer is of an unsupported type, a convolution has groups, or batch normalization does not directly
            follow a convolution without activation.
    """
    for layer in network.layers:
        reason = _obstacle(layer)
        if reason:
            raise DataError(
                f"fine-tuning for int8 does not support {layer.name} ({type(layer).__name__}): {reason}; omit --aware-steps"
            )


def _obstacle(layer: Any) -> str:
    if not isinstance(layer, _FOLDABLE):
        return "an unsupported layer type"
    if getattr(layer, "groups", 1) != 1 or getattr(layer, "depth_multiplier", 1) != 1:
        return "a grouped convolution"
    if len(layer._inbound_nodes) > 1:
        return "used more than once"
    if isinstance(layer, layers.BatchNormalization):
        before = layer._inbound_nodes[0].input_tensors[0]._keras_history.operation
        if _following_normalization(before) is not layer or len(_consumers(before)) != 1:
            return "batch normalization that does not directly follow a convolution"
        if before.activation.__name__ != "linear":
            return "batch normalization after an activation"
    return ""


def fold_batch_normalization(network: Any) -> Any:
    """Fold the scale and shift of batch normalization into the convolutions before it."""
    folded = {layer.name: following for layer in network.layers if (following := _following_normalization(layer))}

    def clone(layer: Any) -> Any:
        config = layer.get_config()
        if layer.name in folded:
            config["use_bias"] = True
        return type(layer).from_config(config)

    def call(layer: Any, *arguments: Any, **options: Any) -> Any:
        is_normalization = isinstance(layer, layers.BatchNormalization)
        return arguments[0] if is_normalization else layer(*arguments, **options)

    result = keras.models.clone_model(network, clone_function=clone, call_function=call)
    for layer in result.layers:
        if layer.name in folded:
            layer.set_weights(_folded_weights(network.get_layer(layer.name), folded[layer.name]))
        elif layer.weights:
            layer.set_weights(network.get_layer(layer.name).get_weights())
    return result


def quantized_tensors(folded: Any) -> list[str]:
    """Return the names of the layers of a folded network whose int8 outputs have their own range."""
    return [layer.name for layer in folded.layers if not _has_no_range(layer)]


def fake_quantized(folded: Any, ranges: dict[str, Range], batch_size: int | None = None) -> Any:
    """Create a trainable network that simulates `folded` in int8.

    Args:
        folded: from `fold_batch_normalization`.
        ranges: activation ranges by layer name, for all of `quantized_tensors`.
        batch_size: fixed batch size for conversion, None for training.
    """
    swapped: dict[Any, Any] = {
        layers.Conv2D: _QuantizedConv2D,
        layers.DepthwiseConv2D: _QuantizedDepthwiseConv2D,
        FastDepthwiseConv2D: _QuantizedDepthwiseConv2D,
    }

    def clone(layer: Any) -> Any:
        kind: Any = swapped.get(type(layer), type(layer))
        return kind.from_config(layer.get_config())

    def call(layer: Any, *arguments: Any, **options: Any) -> Any:
        output = layer(*arguments, **options)
        return FakeQuantize(*ranges[layer.name], name=f"{layer.name}_range")(output) if layer.name in ranges else output

    body = keras.models.clone_model(folded, clone_function=clone, call_function=call)
    for layer in body.layers:
        if layer.weights:
            layer.set_weights(folded.get_layer(layer.name).get_weights())
    image = keras.Input(batch_shape=(batch_size, *folded.input_shape[1:]), name="image")
    return keras.Model(image, body(FakeQuantize(*INPUT_RANGE, name="image_range")(image)))


class FakeQuantize(layers.Layer):  # type: ignore[misc]
    """Round a tensor to 256 levels of a fixed range."""

    def __init__(self, low: float, high: float, **options: Any) -> None:
        super().__init__(**options)
        self.low, self.high = low, high

    def call(self, inputs: Any) -> Any:
        return fake_quant_with_min_max_vars(inputs, self.low, self.high, _BITS, narrow_range=False)

    def compute_output_spec(self, inputs: Any, **_: Any) -> Any:
        return keras.KerasTensor(inputs.shape, inputs.dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "low": self.low, "high": self.high}


class _QuantizedConv2D(layers.Conv2D):  # type: ignore[misc]
    @property
    def kernel(self) -> Any:
        return _quantized_weights(super().kernel)


class _QuantizedDepthwiseConv2D(layers.DepthwiseConv2D):  # type: ignore[misc]
    def call(self, inputs: Any) -> Any:
        by_channel = ops.reshape(self.kernel, (*self.kernel_size, 1, -1))
        kernel = ops.reshape(_quantized_weights(by_channel), self.kernel.shape)
        outputs = ops.depthwise_conv(
            inputs, kernel, strides=self.strides, padding=self.padding, dilation_rate=self.dilation_rate
        )
        return self.activation(outputs if self.bias is None else outputs + ops.reshape(self.bias, (1, 1, 1, -1)))


def _quantized_weights(kernel: Any) -> Any:
    axes = tuple(range(len(kernel.shape) - 1))
    largest = ops.maximum(ops.max(ops.abs(ops.stop_gradient(kernel)), axis=axes), 1e-6)
    return fake_quant_with_min_max_vars(kernel, -largest, largest, _BITS, narrow_range=True, axis=len(kernel.shape) - 1)


def _consumers(layer: Any) -> list[Any]:
    return [node.operation for node in layer._outbound_nodes]


def _following_normalization(layer: Any) -> Any | None:
    """Return the batch normalization after a convolution, or None."""
    if not isinstance(layer, layers.Conv2D | layers.DepthwiseConv2D):
        return None
    return next((after for after in _consumers(layer) if isinstance(after, layers.BatchNormalization)), None)


def _has_no_range(layer: Any) -> bool:
    """Inputs, reshapes and zero padding keep the range of their input; a convolution before a ReLU is fused with it."""
    if isinstance(layer, layers.InputLayer | layers.Reshape | layers.UpSampling2D | layers.ZeroPadding2D):
        return True
    after = _consumers(layer)
    return (
        len(after) == 1
        and getattr(getattr(after[0], "activation", None), "__name__", "") == "relu"
        and isinstance(after[0], layers.Activation)
    )


def _folded_weights(layer: Any, normalization: Any) -> list[Any]:
    gamma, beta, mean, variance = normalization.get_weights()
    kernel, *bias = layer.get_weights()
    factor = gamma / np.sqrt(variance + normalization.epsilon)
    shape = (-1, 1) if isinstance(layer, layers.DepthwiseConv2D) else (-1,)
    return [kernel * factor.reshape(shape), beta + ((bias[0] if bias else 0.0) - mean) * factor]
