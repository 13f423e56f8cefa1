"""A narrow network that begins with what a wide one of the same layout has learned.

Channels that are added to each other belong together, as do those that a depthwise convolution, a batch normalization or
an activation passes on one by one. Of each such group the narrow network gets the channels that weigh most in what is
made of them, with every kernel between them (Samragh et al., "Weight subcloning", 2023). It answers poorly at first, and
learns faster than from random weights.
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
    """Give `network` the weights of the channels of `wide` that weigh most.

    Args:
        wide: Keras model of convolutions, depthwise convolutions, batch normalizations, activations and sums.
        network: the same with fewer channels, or as many.

    Raises:
        DataError: another layout, a layer of another kind, or a wider layer than in `wide`.
    """
    names = [layer.name for layer in wide.layers]
    if names != [layer.name for layer in network.layers]:
        raise DataError("a narrow network is begun from a wide one of the same layers; these have others")
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
    """For each layer's name the group that the channels of its output belong to: the name of one of its layers."""
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
            raise DataError(f"{layer.name}: cannot say which channels of a {type(layer).__name__} belong together")
    return {name: root(name) for name in parents}


def _importance(network: Any, groups: dict[str, str]) -> dict[str, npt.NDArray[np.float64]]:
    """For each group and channel: how much the group's normalizations let through, times the squared weights after it."""
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
    """Names of the layers whose outputs a layer takes; an input's own."""
    tensors = layer._inbound_nodes[0].input_tensors
    return [tensor._keras_history.operation.name for tensor in tensors] or [layer.name]
