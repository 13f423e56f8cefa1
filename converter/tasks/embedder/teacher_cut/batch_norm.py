"""Batch normalization put into a trained network as the identity."""

from typing import Any

import numpy as np
import numpy.typing as npt
from keras import layers

BATCH = 64


def insert_batch_norm(network: Any, crops: npt.NDArray[np.uint8]) -> None:
    """Give every batch normalization the statistics of its inputs, and the scale and offset that undo them.

    The network computes what it did before. In training, batch statistics then replace the measured ones smoothly.

    Parameters
    ----------
    network : keras.Model
        Whose input is ``(pixel - 128) / 128``.
    crops : uint8 array of shape (N, S, S, 3)
        RGB images to measure on; a few hundred.
    """
    import keras

    found = [layer for layer in network.layers if isinstance(layer, layers.BatchNormalization)]
    inputs = keras.Model(network.input, [layer.input for layer in found])
    count = np.zeros(len(found))
    sums: list[npt.NDArray[np.float64]] = [np.zeros(layer.gamma.shape) for layer in found]
    squares = [np.zeros_like(each) for each in sums]
    for start in range(0, len(crops), BATCH):
        pixels = (crops[start : start + BATCH].astype(np.float32) - 128) / 128
        outputs = inputs(pixels)
        for index, output in enumerate(outputs if isinstance(outputs, list | tuple) else [outputs]):
            rows = np.asarray(output, np.float64).reshape(-1, output.shape[-1])
            count[index] += len(rows)
            sums[index] += rows.sum(0)
            squares[index] += np.square(rows).sum(0)
    for layer, number, total, square in zip(found, count, sums, squares, strict=True):
        mean = total / number
        _set_statistics(layer, mean, np.maximum(square / number - np.square(mean), 0.0))


def _set_statistics(layer: Any, mean: npt.NDArray[np.float64], variance: npt.NDArray[np.float64]) -> None:
    """Change the moving statistics and keep what the layer computes."""
    gamma, beta, old_mean, old_variance = (np.asarray(array, np.float64) for array in layer.get_weights())
    scale = gamma / np.sqrt(old_variance + layer.epsilon)
    offset = beta - old_mean * scale
    layer.set_weights([scale * np.sqrt(variance + layer.epsilon), offset + mean * scale, mean, variance])
