"""Read pixels in pairs: the same network with a first convolution that computes the same values in less time.

A 3x3 convolution of stride 2 on an image of ``(H, W, C)`` equals a 3x2 convolution of stride ``(2, 1)`` on the same bytes
seen as ``(H, W / 2, 2 C)``, where a position holds two pixels. Of the twelve taps that a row then has, three are zero. With three
channels a kernel for vectors of 8 or 16 leaves most of each vector unused, so the wider view is faster on processors
that have such kernels; where multiplications are counted one by one, as on microcontrollers, it is slower.
"""

from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from keras import layers

from edge_siamese.errors import DataError

NAME = "pixel_pairs"


def with_pixel_pairs(network: Any) -> Any:
    """Return a copy of `network` whose first convolution reads pixels in pairs; all outputs are the same.

    Args:
        network: functional Keras model from ``(N, H, W, C)``, W even, that begins with a 3x3 convolution of stride 2 with
            padding "same", or without padding behind a `ZeroPadding2D` of one column in all.

    Raises:
        DataError: the network begins otherwise.
    """
    convolution, left = _first_convolution(network)

    def clone(layer: Any) -> Any:
        config = layer.get_config()
        if layer is convolution:
            config |= {"kernel_size": (3, 2), "strides": (2, 1)}
        return type(layer).from_config(config)

    def call(layer: Any, *arguments: Any, **options: Any) -> Any:
        if layer.name == first.name:
            _, height, width, channels = network.input_shape
            arguments = (layers.Reshape((height, width // 2, 2 * channels), name=NAME)(arguments[0]), *arguments[1:])
        return layer(*arguments, **options)

    first = _only_consumer(network.layers[0])
    paired = keras.models.clone_model(network, clone_function=clone, call_function=call)
    for layer in paired.layers:
        if layer.name == convolution.name:
            kernel, *bias = convolution.get_weights()
            layer.set_weights([paired_kernel(kernel, left), *bias])
        elif layer.weights:
            layer.set_weights(network.get_layer(layer.name).get_weights())
    return paired


def paired_kernel(kernel: npt.NDArray[np.float32], left: int) -> npt.NDArray[np.float32]:
    """Convert a kernel ``(3, 3, C, D)`` to the view of pairs, ``(3, 2, 2 C, D)``.

    Args:
        kernel: the kernel of stride 2.
        left: columns of padding on the left, 0 or 1; with 1 the kernel begins with the second pixel of a pair.
    """
    height, width, channels, filters = kernel.shape
    columns = np.zeros((height, width + 1, channels, filters), kernel.dtype)
    columns[:, left : left + width] = kernel
    return columns.reshape(height, 2, 2 * channels, filters)


def _first_convolution(network: Any) -> tuple[Any, int]:
    """Return the first convolution and the columns of padding on its left."""
    image = network.layers[0]
    layer, left = _only_consumer(image), 0
    if isinstance(layer, layers.ZeroPadding2D):
        left, right = layer.padding[1]
        layer = _only_consumer(layer) if left + right == 1 else None
        padding = "valid"
    else:
        padding = "same"
    _, _, width, channels = network.input_shape
    fits = (
        type(layer) is layers.Conv2D
        and layer.kernel_size == (3, 3)
        and layer.strides == (2, 2)
        and (layer.padding, layer.groups, layer.dilation_rate) == (padding, 1, (1, 1))
    )
    if not fits or width is None or width % 2 or channels is None:
        raise DataError(
            "reading pixels in pairs needs a network that begins with a 3x3 convolution of stride 2 on an even width; "
            f"found {getattr(layer, 'name', 'another padding')} on {network.input_shape[1:]}"
        )
    return layer, left


def _only_consumer(layer: Any) -> Any:
    after = [node.operation for node in layer._outbound_nodes]
    return after[0] if len(after) == 1 else None
