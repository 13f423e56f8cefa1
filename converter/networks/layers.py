"""Keras layers that train faster than the standard layers and convert to the same graph."""

from typing import Any

import keras
from keras import layers, ops

# 0.98 averages about fifty batches; the Keras default of 0.99 adapts more slowly.
MOMENTUM = 0.98


@keras.saving.register_keras_serializable(package="edge_siamese")
class FusedBatchNormalization(layers.BatchNormalization):  # type: ignore[misc]
    """Batch normalization that uses the fused kernel of TensorFlow in training.

    Keras 3 computes the moments with separate operations; the fused kernel gives the same values and trains the networks
    of this project about a third faster on a CPU. In all other cases (inference, conversion, other backends, inputs
    that are not rank 4) it is the standard layer, so weights and exported graphs are unchanged.
    """

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        if not training or not self.trainable or len(inputs.shape) != 4 or keras.backend.backend() != "tensorflow":
            return super().call(inputs, training=training, mask=mask)
        import tensorflow as tf

        outputs, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
            x=inputs,
            scale=tf.convert_to_tensor(self.gamma),
            offset=tf.convert_to_tensor(self.beta),
            mean=tf.zeros((0,)),
            variance=tf.zeros((0,)),
            epsilon=self.epsilon,
            is_training=True,
        )
        self.moving_mean.assign(self.moving_mean * self.momentum + mean * (1.0 - self.momentum))
        self.moving_variance.assign(self.moving_variance * self.momentum + variance * (1.0 - self.momentum))
        return outputs


@keras.saving.register_keras_serializable(package="edge_siamese")
class FastDepthwiseConv2D(layers.DepthwiseConv2D):  # type: ignore[misc]
    """Depthwise convolution that avoids two forms with slow gradients on a CPU in training.

    Stride two is computed as every second pixel of stride one; a "valid" kernel as large as its input is computed as a
    weighted sum. Values, weights and exported graphs are those of the standard layer.
    """

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        sides = tuple(inputs.shape[1:3])
        if training and self.padding == "valid" and sides == self.kernel_size:
            return ops.sum(inputs * self.kernel[..., 0], axis=(1, 2), keepdims=True)
        if training and self.padding == "same" and self.strides == (2, 2) and None not in sides:
            # With even sides, "same" centers a strided kernel on odd pixels.
            whole = ops.depthwise_conv(inputs, self.kernel, strides=1, padding="same")
            return whole[:, (sides[0] + 1) % 2 :: 2, (sides[1] + 1) % 2 :: 2]
        return super().call(inputs)


def conv_bn(
    x: Any,
    filters: int,
    kernel: int = 1,
    strides: int = 1,
    activation: str | None = None,
    *,
    use_bias: bool = False,
    momentum: float = MOMENTUM,
    name: str,
) -> Any:
    """Apply a convolution, batch normalization and an optional activation."""
    x = layers.Conv2D(filters, kernel, strides, padding="same", use_bias=use_bias, name=name)(x)
    return normalized(x, activation, name, momentum)


def depthwise_bn(
    x: Any, kernel: int, strides: int = 1, activation: str | None = None, padding: str = "same", *, name: str
) -> Any:
    """Apply a depthwise convolution without bias, batch normalization and an optional activation."""
    # The gradients of larger kernels are several times slower in bfloat16 than in float32.
    dtype = "float32" if kernel > 3 and padding == "same" else None
    x = FastDepthwiseConv2D(kernel, strides, padding=padding, use_bias=False, dtype=dtype, name=name)(x)
    return normalized(x, activation, name)


def squeezed_and_excited(x: Any, gate_activation: str, *, name: str) -> Any:
    """Apply squeeze-and-excitation with a reduction of 4 (Hu et al., CVPR 2018)."""
    channels = x.shape[-1]
    gate = layers.GlobalAveragePooling2D(keepdims=True, name=f"{name}_pool")(x)
    gate = layers.Conv2D(scaled(channels, 0.25), 1, activation="relu", name=f"{name}_reduce")(gate)
    gate = layers.Conv2D(channels, 1, activation=gate_activation, name=f"{name}_gate")(gate)
    return layers.Multiply(name=f"{name}_scale")([x, gate])


def normalized(x: Any, activation: str | None, name: str, momentum: float = MOMENTUM) -> Any:
    x = FusedBatchNormalization(momentum=momentum, autocast=False, name=f"{name}_bn")(x)
    return layers.Activation(activation, name=f"{name}_{activation}")(x) if activation else x


def scaled(channels: float, width: float = 1.0) -> int:
    """Multiply channels by `width` and round to a multiple of 8, at least 90 % of the product (rule of the MobileNets)."""
    expected = channels * width
    rounded = max(8, int(expected + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * expected else rounded
