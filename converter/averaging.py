"""The average of a network's weights over the last steps of its training.

At a constant rate the weights wander about a good place; their mean lies nearer to it than any of them, and answers as if the
rate had fallen (Izmailov et al., "Averaging Weights Leads to Wider Optima and Better Generalization", UAI 2018; here
the optimiser's exponential moving average). Batch normalisations see other activations in the averaged network, so
their moments are measured anew.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from keras import layers, ops

from .quantisation.formats import model_input

_BATCHES, _BATCH = 32, 128


def take_average(copy: Any, network: Any, model: Any, pictures: npt.NDArray[np.uint8]) -> None:
    """Give a clone of `network` the moving averages that the optimiser of `model` keeps, or the weights if it keeps none.

    Args:
        copy: ``keras.models.clone_model(network)``.
        network: Keras model, the one that `model` trains.
        model: compiled Keras model.
        pictures: uint8 ``(N, H, W, 3)`` training pictures for the moments, of which at most 4,096 are taken.
    """
    copy.set_weights(network.get_weights())
    if not model.optimizer.use_ema or not model.optimizer.built:
        return
    kept = zip(model.trainable_variables, model.optimizer._model_variables_moving_average, strict=True)
    averages = {variable.path: average for variable, average in kept}
    for variable, original in zip(copy.trainable_variables, network.trainable_variables, strict=True):
        variable.assign(averages[original.path])
    _measure_moments(copy, pictures)


def _measure_moments(network: Any, pictures: npt.NDArray[np.uint8]) -> None:
    """Give every batch normalisation the mean moments of some batches."""
    normalisations = [layer for layer in network.layers if isinstance(layer, layers.BatchNormalization)]
    momenta = [layer.momentum for layer in normalisations]
    order = np.random.default_rng(0).permutation(len(pictures))[: _BATCHES * _BATCH]
    for number, rows in enumerate(np.array_split(order, -(-len(order) // _BATCH))):
        for layer in normalisations:
            layer.momentum = 1 - 1 / (number + 1)
        network(ops.convert_to_tensor(model_input(pictures[rows])), training=True)
    for layer, momentum in zip(normalisations, momenta, strict=True):
        layer.momentum = momentum
