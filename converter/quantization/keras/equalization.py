"""Cross-layer equalization: give the channels of a tensor similar ranges without changing the network's function.

An int8 activation has one range for all channels. If one channel reaches 15 and another 0.1, the second has only one or
two levels, and a layer that amplifies it amplifies the rounding error. Two kinds of tensors can have their channels
rescaled, because everything that writes and reads them is linear in each channel:

- the output of a ReLU between batch normalization and convolutions: a ReLU is homogeneous for positive factors;
- a *stream*, that is all tensors joined by additions, between linear batch normalizations and convolutions.

Each channel is divided by a factor in the batch normalization and multiplied by it in the kernels that read it (Nagel et
al., "Data-Free Quantization Through Weight Equalization and Bias Correction", ICCV 2019; here by measured ranges).
Depthwise kernels are quantized per channel, so they lose nothing. Other kernels have one scale for all channels they
read: the range differences are split between them and the tensor (Xiao et al., "SmoothQuant", ICML 2023).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from keras import layers

_PERCENTILE = 99.9
_MIN_SHARE = 1e-3  # of the largest range; smaller channels are treated as dead
_CONV_SHARE = 0.5  # of the range differences, where a convolution sums channels
_BATCH = 50


@dataclass(frozen=True)
class Rescalable:
    """Tensors with common channel factors.

    Attributes:
        tensors: the outputs ``(N, H, W, C)`` whose ranges count.
        writers: batch normalizations that write them.
        readers: convolutions and depthwise convolutions that read them.
        share: exponent of the measured ranges, 0 to 1.
    """

    tensors: tuple[Any, ...]
    writers: tuple[Any, ...]
    readers: tuple[Any, ...]
    share: float


def equalized(network: Any, inputs: npt.NDArray[np.float32]) -> Any:
    """Return a copy of `network` that computes the same function with equalized channel ranges.

    Args:
        network: Keras model.
        inputs: calibration images float32 ``(N, H, W, 3)``, normalized for the network.
    """
    copy = keras.models.clone_model(network)
    copy.set_weights(network.get_weights())
    found = [*_activations(copy), *_streams(copy)]
    if found:
        for each, ranges in zip(found, list(_channel_ranges(copy, found, inputs)), strict=True):
            _divide(each, ranges)
    return copy


def _activations(network: Any) -> Iterator[Rescalable]:
    for layer in network.layers:
        if isinstance(layer, layers.Activation) and layer.activation.__name__ == "relu":
            writer, readers = _producer(layer), _readers([layer])
            if isinstance(writer, layers.BatchNormalization) and len(writer._outbound_nodes) == 1 and readers:
                depthwise = all(isinstance(reader, layers.DepthwiseConv2D) for reader in readers)
                yield Rescalable((layer.output,), (writer,), readers, 1.0 if depthwise else _CONV_SHARE)


def _streams(network: Any) -> Iterator[Rescalable]:
    """Yield the tensors joined by additions, if batch normalizations write and convolutions read all of them."""
    joined: list[set[Any]] = []
    for layer in network.layers:
        if isinstance(layer, layers.Add):
            members = {layer, *_producers(layer)}
            apart = [each for each in joined if not each & members]
            joined = [*apart, members.union(*(each for each in joined if each & members))]
    for members in joined:
        ordered = [layer for layer in network.layers if layer in members]
        writers = tuple(layer for layer in ordered if not isinstance(layer, layers.Add))
        readers = _readers(ordered)
        if readers and all(isinstance(writer, layers.BatchNormalization) for writer in writers):
            yield Rescalable(tuple(layer.output for layer in ordered), writers, readers, _CONV_SHARE)


def _readers(written: list[Any]) -> tuple[Any, ...]:
    """Return the convolutions that read the outputs of layers, behind padding; none if another layer does."""
    readers: list[Any] = []
    waiting = [after for layer in written for after in _consumers(layer) if after not in written]
    while waiting:
        layer = waiting.pop(0)
        if isinstance(layer, layers.ZeroPadding2D):
            waiting += _consumers(layer)
        elif isinstance(layer, layers.DepthwiseConv2D) or (isinstance(layer, layers.Conv2D) and layer.groups == 1):
            readers.append(layer)
        else:
            return ()
    return tuple(dict.fromkeys(readers)) if all(_consumers(layer) for layer in written) else ()


def _consumers(layer: Any) -> list[Any]:
    return [node.operation for node in layer._outbound_nodes]


def _producer(layer: Any) -> Any:
    return _producers(layer)[0]


def _producers(layer: Any) -> list[Any]:
    return [tensor._keras_history.operation for tensor in layer._inbound_nodes[0].input_tensors]


def _channel_ranges(
    network: Any, found: list[Rescalable], inputs: npt.NDArray[np.float32]
) -> Iterator[npt.NDArray[np.float32]]:
    """Yield for each of `found` the 99.9th percentile ``(C,)`` of each channel's magnitude, the largest of its tensors.

    The percentile is that of all inputs together: a mean over batches would scale up channels that are rarely active.
    """
    for each in found:
        probe = keras.Model(network.input, list(each.tensors))
        batches = [_as_list(probe.predict_on_batch(inputs[at : at + _BATCH])) for at in range(0, len(inputs), _BATCH)]
        largest = [
            np.percentile(np.abs(np.concatenate(parts)), _PERCENTILE, axis=(0, 1, 2))
            for parts in zip(*batches, strict=True)
        ]
        yield np.max(largest, axis=0).astype(np.float32)


def _as_list(outputs: Any) -> list[npt.NDArray[np.float32]]:
    return [np.asarray(output) for output in (outputs if isinstance(outputs, list) else [outputs])]


def _divide(tensors: Rescalable, ranges: npt.NDArray[np.float32]) -> None:
    alive = ranges > _MIN_SHARE * ranges.max()
    factors = np.where(alive, ranges, 1.0).astype(np.float32) ** tensors.share
    for writer in tensors.writers:
        gamma, beta, mean, variance = writer.get_weights()
        writer.set_weights([gamma / factors, beta / factors, mean, variance])
    for reader in tensors.readers:
        kernel, *bias = reader.get_weights()
        reader.set_weights([kernel * factors[:, None], *bias])
