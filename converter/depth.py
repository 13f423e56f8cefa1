"""A network that begins as what one with fewer residual blocks, or with more, has learnt.

Blocks that it has more begin by adding nothing, because the scale of their last normalisation is zero (Goyal et al.,
"Accurate, Large Minibatch SGD", 2017): it answers as the shallow network does, and learns from there on. Blocks that it
lacks are left out.
"""

from typing import Any

from keras import layers

from edge_siamese.errors import DataError


def change_depth(source: Any, network: Any) -> None:
    """Give `network` the weights of `source`, a Keras model of the same layers but for some residual blocks.

    Raises:
        DataError: a block that was added is not residual.
    """
    known = {layer.name: layer for layer in source.layers}
    for layer in network.layers:
        if layer.name in known:
            layer.set_weights(known[layer.name].get_weights())
        elif isinstance(layer, layers.Add):
            _silence(network, layer)


def _silence(network: Any, addition: Any) -> None:
    """Let the normalisation before an addition give zero."""
    names = [tensor._keras_history.operation.name for tensor in addition._inbound_nodes[0].input_tensors]
    last = network.get_layer(names[-1])
    if not isinstance(last, layers.BatchNormalization):
        raise DataError(f"{addition.name}: expected the sum of a block's input and a batch normalisation")
    gamma, *others = last.get_weights()
    last.set_weights([0 * gamma, *others])
