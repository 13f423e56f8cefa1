"""Prepare a float Keras network for int8: cross-layer equalization and sum-preserving rounding of depthwise kernels.

*Cross-layer equalization* gives the channels between two layers the same range without changing the function.

An int8 activation has one range for all channels. If one channel reaches 15 and another 0.1, the second has only one or
two levels, and a depthwise convolution that amplifies it amplifies the rounding error. A ReLU is homogeneous for positive
factors, so each channel can be divided by its range before the ReLU and multiplied back in the next depthwise kernel
(Nagel et al., "Data-Free Quantization Through Weight Equalization and Bias Correction", ICCV 2019; here by measured
ranges). Kernels are quantized per channel, so they lose nothing.

*Sum-preserving rounding* rounds depthwise kernels to their int8 grid so that the sum of the taps of each kernel is kept.
Edge filters are small differences of large taps: if each tap is rounded independently, they respond to brightness.
"""

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from keras import layers

_PERCENTILE = 99.9
_MIN_SHARE = 1e-3  # of the largest range; smaller channels are treated as dead
_BATCH = 50


@dataclass(frozen=True)
class NormalizedReluDepthwise:
    """Batch normalization, the ReLU after it, and the depthwise convolution that alone takes the ReLU's output."""

    normalization: Any
    activation: Any
    depthwise: Any


def prepared(network: Any, inputs: npt.NDArray[np.float32]) -> Any:
    """Return a copy of `network`, equalized and with rounded depthwise kernels; see `equalized` for the arguments."""
    copy = equalized(network, inputs)
    for layer in copy.layers:
        if isinstance(layer, layers.DepthwiseConv2D):
            kernel, *bias = layer.get_weights()
            layer.set_weights([rounded_keeping_sums(kernel), *bias])
    return copy


def rounded_keeping_sums(kernel: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Round a depthwise kernel ``(h, w, C, M)`` to 127 steps of each channel's largest tap, keeping each channel's sum.

    The taps closest to a rounding boundary are rounded the other way; no tap moves by a whole step.
    """
    taps = kernel.reshape(kernel.shape[0] * kernel.shape[1], -1).astype(np.float64)
    steps = np.maximum(np.abs(taps).max(axis=0), 1e-12) / 127
    exact = taps / steps
    rounded = np.round(exact)
    errors = exact - rounded
    for channel, missing in enumerate(np.round(errors.sum(axis=0)).astype(int)):
        direction = int(np.sign(missing))
        movable = np.flatnonzero(np.abs(rounded[:, channel]) < 127)  # the largest tap defines the scale
        nearest = movable[np.argsort(-direction * errors[movable, channel], kind="stable")]
        rounded[nearest[: abs(missing)], channel] += direction
    return np.asarray(rounded * steps, np.float32).reshape(kernel.shape)


def equalized(network: Any, inputs: npt.NDArray[np.float32]) -> Any:
    """Return a copy of `network` that computes the same function with equalized channel ranges.

    Args:
        network: Keras model.
        inputs: calibration images float32 ``(N, H, W, 3)``, normalized for the network.
    """
    copy = keras.models.clone_model(network)
    copy.set_weights(network.get_weights())
    pairs = _pairs(copy)
    if pairs:
        for pair, ranges in zip(pairs, _channel_ranges(copy, pairs, inputs), strict=True):
            _divide(pair, ranges)
    return copy


def _pairs(network: Any) -> list[NormalizedReluDepthwise]:
    found = []
    for layer in network.layers:
        if isinstance(layer, layers.DepthwiseConv2D):
            activation = _producer(layer)
            alone = len(activation._outbound_nodes) == 1
            relu = isinstance(activation, layers.Activation) and activation.activation.__name__ == "relu"
            if alone and relu and isinstance(_producer(activation), layers.BatchNormalization):
                found.append(NormalizedReluDepthwise(_producer(activation), activation, layer))
    return found


def _producer(layer: Any) -> Any:
    return layer._inbound_nodes[0].input_tensors[0]._keras_history.operation


def _channel_ranges(
    network: Any, pairs: list[NormalizedReluDepthwise], inputs: npt.NDArray[np.float32]
) -> list[npt.NDArray[np.float32]]:
    """Return for each pair the 99.9th percentile ``(C,)`` of each channel after the ReLU."""
    probe = keras.Model(network.input, {pair.depthwise.name: pair.activation.output for pair in pairs})
    batches = [probe.predict_on_batch(inputs[at : at + _BATCH]) for at in range(0, len(inputs), _BATCH)]
    ranges = []
    for pair in pairs:
        values = np.concatenate([np.asarray(batch[pair.depthwise.name]) for batch in batches])
        ranges.append(np.percentile(values, _PERCENTILE, axis=(0, 1, 2)).astype(np.float32))
    return ranges


def _divide(pair: NormalizedReluDepthwise, ranges: npt.NDArray[np.float32]) -> None:
    factors = np.where(ranges > _MIN_SHARE * ranges.max(), ranges, 1.0).astype(np.float32)
    gamma, beta, mean, variance = pair.normalization.get_weights()
    pair.normalization.set_weights([gamma / factors, beta / factors, mean, variance])
    kernel, *bias = pair.depthwise.get_weights()
    pair.depthwise.set_weights([kernel * factors[:, None], *bias])
