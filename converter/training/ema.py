"""Exponential moving average (EMA) of network weights.

With a constant learning rate the weights fluctuate around an optimum; their average is closer to it, as after a decay of
the learning rate (Izmailov et al., "Averaging Weights Leads to Wider Optima and Better Generalization", UAI 2018; here
the EMA of the optimizer). The activations of the averaged network differ, so the moments of batch normalization are
measured again.
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
    """Context manager that replaces the weights by their EMA, if the optimizer has one, and restores them afterwards.

    Args:
        trainer: compiled Keras model.
        network: trained Keras model whose batch normalization moments are measured again; None skips this.
        images: training images uint8 ``(N, H, W, 3)`` for this measurement; at most 4,096 are used.
    """
    optimizer = trainer.optimizer
    ema = optimizer._model_variables_moving_average if optimizer.use_ema and optimizer.built else []
    pairs = list(zip(trainer.trainable_variables, ema, strict=bool(ema)))
    kept = [(variable, ops.copy(variable)) for variable in trainer.variables if pairs]
    try:
        for variable, average in pairs:
            variable.assign(average)
        if pairs and network is not None and images is not None:
            measure_moments(network, images)
        yield
    finally:
        for variable, value in kept:
            variable.assign(value)


def keep_ema(trainer: Any, network: Any, images: npt.NDArray[np.uint8]) -> None:
    """Replace the weights of `network` by their EMA permanently; see `ema_weights` for the arguments."""
    with ema_weights(trainer, network, images):
        average = network.get_weights()
    network.set_weights(average)


def measure_moments(network: Any, images: npt.NDArray[np.uint8]) -> None:
    """Set the moments of every batch normalization to the mean over some batches."""
    normalizations = [layer for layer in network.layers if isinstance(layer, layers.BatchNormalization)]
    momenta = [layer.momentum for layer in normalizations]
    order = np.random.default_rng(0).permutation(len(images))[: _BATCHES * _BATCH]
    for number, rows in enumerate(np.array_split(order, -(-len(order) // _BATCH))):
        for layer in normalizations:
            layer.momentum = 1 - 1 / (number + 1)
        network(ops.convert_to_tensor(float_input(images[rows])), training=True)
    for layer, momentum in zip(normalizations, momenta, strict=True):
        layer.momentum = momentum
