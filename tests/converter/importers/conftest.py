from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers


@pytest.fixture(scope="session")
def images() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (24, 32, 32, 3), np.uint8)


@pytest.fixture(scope="session")
def make_network() -> Callable[..., Any]:
    """Builds a small embedder for images in 0..1, the same for the same arguments."""

    def make(shape: tuple[int | None, int | None, int] = (32, 32, 3), dimension: int = 8) -> Any:
        keras.utils.set_random_seed(3)
        image = keras.Input(shape)
        x = layers.Conv2D(6, 3, 2, padding="same", use_bias=False, name="stem")(image)
        x = layers.Activation("relu", name="stem_relu")(layers.BatchNormalization(name="stem_bn")(x))
        x = layers.DepthwiseConv2D(3, padding="same", name="depthwise")(x)
        x = layers.GlobalAveragePooling2D(name="pool")(layers.Activation("relu", name="depthwise_relu")(x))
        return keras.Model(image, layers.Dense(dimension, name="embedding")(x))

    return make
