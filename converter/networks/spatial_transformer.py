"""Spatial transformer: a small network that applies a learned affine warp to the input of another network.

Jaderberg et al., "Spatial transformer networks" (NIPS 2015), with the localization layers of
https://github.com/Kadenze/siamese_net: 110,896 parameters on images of 64 x 64 x 1. Unlike there, the last
layer starts at zero and predicts the difference from the identity.

In an int8 model pixel coordinates are also quantized to 256 levels, which loses more accuracy than in other networks.
"""

from typing import Any

import keras
import numpy as np
from keras import layers, ops

from ..registry import in_range


def spatial_transformer(image: Any, *, downsample: int = 1) -> Any:
    """Warp images by a predicted affine transform; returns ``(N, H / downsample, W / downsample, C)``.

    Args:
        image: Keras tensor of images ``(N, H, W, C)``, at least 28 x 28 pixels.
        downsample: 1 keeps the size and starts as the identity; 2 halves the size, as published.

    Raises:
        DataError: `downsample` is less than 1.
    """
    x = layers.MaxPooling2D(2, name="transformer_pool1")(image)
    x = layers.Conv2D(20, 5, activation="relu", name="transformer_conv1")(x)
    x = layers.MaxPooling2D(2, name="transformer_pool2")(x)
    x = layers.Conv2D(20, 5, activation="relu", name="transformer_conv2")(x)
    x = layers.Flatten(name="transformer_flatten")(x)
    x = layers.Dense(50, "relu", name="transformer_hidden")(x)
    # Half precision has errors of whole pixels in coordinates.
    change = layers.Dense(6, kernel_initializer="zeros", dtype="float32", name="transformer_affine")(x)
    return AffineSampler(downsample, dtype="float32", name="transformer_sampler")([image, change])


@keras.saving.register_keras_serializable(package="edge_siamese")
class AffineSampler(layers.Layer):  # type: ignore[misc]
    """Bilinear affine sampling of images; beyond the border the nearest pixel is used.

    Inputs are images ``(N, H, W, C)`` and parameters ``(N, 6)``. The parameters plus the 2x3 identity form the matrix that
    maps coordinates (x, y) of the result, -1 to 1 from the first to the last pixel, to coordinates in the image.
    """

    def __init__(self, downsample: int = 1, **options: Any) -> None:
        super().__init__(**options)
        in_range(1, downsample=downsample)
        self.downsample = downsample

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "downsample": self.downsample}

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        (count, height, width, channels), _ = input_shape
        return (count, height // self.downsample, width // self.downsample, channels)

    def call(self, inputs: Any) -> Any:
        image, change = inputs
        height, width = image.shape[1:3]
        rows, columns = height // self.downsample, width // self.downsample
        middle_x, middle_y = (width - 1) / 2, (height - 1) / 2
        # Coordinates are multiples of half pixels from the center, which float32 represents exactly.
        x, y = np.meshgrid(np.linspace(0, width - 1, columns) - middle_x, np.linspace(0, height - 1, rows) - middle_y)
        x, y = x.reshape(1, -1).astype("f4"), y.reshape(1, -1).astype("f4")
        a, b, shift_x, c, d, shift_y = (change[:, index : index + 1] for index in range(6))
        seen_x = x + a * x + b * y * (middle_x / middle_y) + (shift_x + 1.0) * middle_x
        seen_y = y + c * x * (middle_y / middle_x) + d * y + (shift_y + 1.0) * middle_y
        return ops.reshape(_bilinear(image, seen_x, seen_y), (-1, rows, columns, image.shape[-1]))


def _bilinear(image: Any, x: Any, y: Any) -> Any:
    """Sample images ``(N, H, W, C)`` at P points ``x, y (N, P)`` in pixels; returns ``(N, P, C)``."""
    height, width, channels = image.shape[1:]
    pixels = ops.reshape(image, (-1, channels))
    first = ops.expand_dims(ops.arange(ops.shape(image)[0], dtype="int32") * (height * width), 1)
    x, y = ops.clip(x, 0.0, width - 1.0), ops.clip(y, 0.0, height - 1.0)
    left, top = ops.floor(x), ops.floor(y)
    right, bottom = ops.minimum(left + 1.0, width - 1.0), ops.minimum(top + 1.0, height - 1.0)
    share_x, share_y = ops.expand_dims(x - left, -1), ops.expand_dims(y - top, -1)

    def at(row: Any, column: Any) -> Any:
        return ops.take(pixels, first + ops.cast(row * width + column, "int32"), axis=0)

    upper = at(top, left) * (1.0 - share_x) + at(top, right) * share_x
    lower = at(bottom, left) * (1.0 - share_x) + at(bottom, right) * share_x
    return upper * (1.0 - share_y) + lower * share_y
