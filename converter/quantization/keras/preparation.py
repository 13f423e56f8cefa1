"""Prepare a float Keras network for int8: equalize its channels and round its depthwise kernels with constant sums.

*Sum-preserving rounding* rounds depthwise kernels to their int8 grid so that the sum of the taps of each kernel is kept.
Edge filters are small differences of large taps: if each tap is rounded independently, they respond to brightness.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from keras import layers

from .equalization import equalized


def prepared(network: Any, inputs: npt.NDArray[np.float32]) -> Any:
    """Return a copy of `network`, equalized and with rounded depthwise kernels; see `equalization.equalized` for the arguments."""
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
