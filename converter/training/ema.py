"""The average of a network's weights over the last steps of its training.

At a constant rate the weights wander about a good place; their mean lies nearer to it than any of them, and answers as if the
rate had fallen (Izmailov et al., "Averaging Weights Leads to Wider Optima and Better Generalization", UAI 2018; here
the optimizer's exponential moving average). Batch normalizations see other activations in the averaged network, so
their moments are measured anew.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt
from keras import layers, ops

from edge_siamese.preprocessing import float_input

_BATCHES, _BATCH = 32, 128


@contextmanager
def ema_weights(trainer: Any, network: Any = None, images: npt.NDArray[np.uint8] | None = None) -> Iterator[None]:
    """The optimizer's moving averages in place of the weights, where it keeps some; the weights come back afterwards.

    Args:
        trainer: compiled Keras model.
        network: Keras model that it trains, whose batch normalizations are to be measured anew; None leaves them.
        images: uint8 ``(N, H, W, 3)`` training images for that, of which at most 4,096 are taken.
    """
    optimizer = trainer.optimizer
    ema = optimizer._model_variables_moving_average if optimizer.use_ema and optimizer.built else []
    pairs = list(zip(trainer.trainable_variables, ema, strict=bool(ema)))
    kept = [(variable, ops.copy(variable)) for variable in trainer.variables if pairs]
    try:
        for variable, average in pairs:
            variable.assign(average)
        if pairs and network is not None and images is not None:
            _measure_moments(network, images)
        yield
    finally:
        for variable, value in kept:
            variable.assign(value)


def keep_ema(trainer: Any, network: Any, images: npt.NDArray[np.uint8]) -> None:
    """Give `network` the moving averages for good; the arguments are those of `ema_weights`."""
    with ema_weights(trainer, network, images):
        average = network.get_weights()
    network.set_weights(average)


def _measure_moments(network: Any, images: npt.NDArray[np.uint8]) -> None:
    """Give every batch normalization the mean moments of some batches."""
    normalizations = [layer for layer in network.layers if isinstance(layer, layers.BatchNormalization)]
    momenta = [layer.momentum for layer in normalizations]
    order = np.random.default_rng(0).permutation(len(images))[: _BATCHES * _BATCH]
    for number, rows in enumerate(np.array_split(order, -(-len(order) // _BATCH))):
        for layer in normalizations:
            layer.momentum = 1 - 1 / (number + 1)
        network(ops.convert_to_tensor(float_input(images[rows])), training=True)
    for layer, momentum in zip(normalizations, momenta, strict=True):
        layer.momentum = momentum
