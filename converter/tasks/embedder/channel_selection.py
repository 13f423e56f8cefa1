"""Channel selection (subcloning): initialize a narrow network with the most important channels of a wide one.

Channels that are added, or passed on one by one by a depthwise convolution, batch normalization or activation, form a
group. Of each group the narrow network gets the channels with the largest weights in the following layers, with all
kernels between the selected channels (Samragh et al., "Weight subcloning", 2023). It is inaccurate at first but trains
faster than from random weights.
"""

from collections import defaultdict
from typing import Any

import numpy as np
import numpy.typing as npt
from keras import layers

from edge_siamese.errors import DataError

Channels = npt.NDArray[np.intp]
_CHANNELWISE = (layers.BatchNormalization, layers.Activation, layers.DepthwiseConv2D, layers.Reshape)


def narrow(wide: Any, network: Any) -> None:
    """Copy the weights of the most important channels of `wide` to `network`.

    Args:
        wide: Keras model of convolutions, depthwise convolutions, batch normalizations, activations and sums.
        network: Keras model with the same layers and at most as many channels.

    Raises:
        DataError: the layers differ, a layer type is not supported, or a layer is wider than in `wide`.
    """
    names = [layer.name for layer in wide.layers]
    if names != [layer.name for layer in network.layers]:
        raise DataError(
            "channel selection needs a wide network with the same layers as the narrow one; their layers differ"
        )
    groups = channel_groups(wide)
    weights = _importance(wide, groups)
    kept: dict[str, Channels] = {}
    for layer in network.layers:
        if isinstance(layer, layers.Conv2D):
            group = groups[layer.name]
            if layer.filters > len(weights[group]):
                raise DataError(f"{layer.name}: expected at most {len(weights[group])} channels, found {layer.filters}")
            kept[group] = np.sort(np.argsort(-weights[group], kind="stable")[: layer.filters])
    for source, target in zip(wide.layers, network.layers, strict=True):
        _copy(source, target, kept.get(groups[source.name]), kept.get(groups[_producers(source)[0]]))


def channel_groups(network: Any) -> dict[str, str]:
    """Return the group of the output channels of each layer, by layer name; a group is named after one of its layers."""
    parents: dict[str, str] = {}

    def root(name: str) -> str:
        return name if parents[name] == name else root(parents[name])

    for layer in network.layers:
        before = _producers(layer)
        parents[layer.name] = layer.name
        if isinstance(layer, (layers.Add, *_CHANNELWISE)):
            for name in before:
                parents[root(name)] = root(layer.name)
        elif not isinstance(layer, layers.Conv2D | layers.InputLayer):
            raise DataError(f"{layer.name}: channel selection does not support a {type(layer).__name__} layer")
    return {name: root(name) for name in parents}


def _importance(network: Any, groups: dict[str, str]) -> dict[str, npt.NDArray[np.float64]]:
    """Return the importance of each channel by group: scale of its normalizations times squared weights after it."""
    passed: dict[str, Any] = defaultdict(float)
    taken: dict[str, Any] = defaultdict(float)
    for layer in network.layers:
        if isinstance(layer, layers.BatchNormalization):
            passed[groups[layer.name]] += np.square(layer.gamma) + np.square(layer.beta)
        elif isinstance(layer, layers.Conv2D):
            taken[groups[_producers(layer)[0]]] += np.square(layer.kernel, dtype=np.float64).sum(axis=(0, 1, 3))
    return {group: np.asarray(passed[group] * taken.get(group, 1.0), np.float64) for group in passed}


def _copy(source: Any, target: Any, kept: Channels | None, kept_before: Channels | None) -> None:
    if isinstance(source, layers.Conv2D):
        (kernel,) = source.get_weights()
        inputs = np.arange(kernel.shape[2]) if kept_before is None else kept_before
        target.set_weights([kernel[:, :, inputs][..., kept]])
    elif isinstance(source, layers.DepthwiseConv2D):
        target.set_weights([array[:, :, kept] for array in source.get_weights()])
    elif isinstance(source, layers.BatchNormalization):
        target.set_weights([array[kept] for array in source.get_weights()])


def _producers(layer: Any) -> list[str]:
    """Return the names of the layers before a layer; for an input its own name."""
    tensors = layer._inbound_nodes[0].input_tensors
    return [tensor._keras_history.operation.name for tensor in tensors] or [layer.name]
