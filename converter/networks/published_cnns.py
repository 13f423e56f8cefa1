"""Small CNNs of published siamese networks, in channels-last layout.

Two networks of one repository each:

* celebrities_cnn: two convolutions for gray faces, https://github.com/gchoi/face-recognition-using-siamese-network;
  504,962 parameters on 80 x 80 x 1.
* separable_cnn: separable convolutions for thermal faces, https://github.com/geunzz/siamese_conv_net; 171,171 parameters
  on 60 x 80 x 3. Separable convolutions are built as depthwise and 1x1 convolutions, which quantization supports.

Four networks that https://github.com/Kadenze/siamese_net trains with a contrastive loss:

* hani: Khalil-Hani and Sung, "A convolutional neural network approach for face verification" (HPCS 2014); 188,299
  parameters on 64 x 64 x 1.
* chopra: Chopra, Hadsell and LeCun, "Learning a similarity metric discriminatively, with application to face
  verification" (CVPR 2005); 468,275 parameters on 64 x 64 x 1.
* custom: design of that repository, three double convolutions; 226,928 parameters on 64 x 64 x 1.
* deepid: Sun, Wang and Tang, "Deep learning face representation from predicting 10,000 classes" (CVPR 2014), with
  pooling of 3, so that it needs 81 x 81 pixels; 62,000 parameters on 112 x 112 x 3.

These four use "valid" convolutions, pooling that drops an incomplete last row, and initial weights from a normal
distribution with standard deviation 0.05. ``activation`` is ``"relu"`` or ``"scaled-tanh"`` (LeCun et al., "Efficient BackProp", 1998). As published, all except
hani end with the activation; ``linear_embedding`` omits it.
"""

from typing import Any

import keras
from keras import layers, ops

from ..registry import lookup


@keras.saving.register_keras_serializable(package="edge_siamese")  # type: ignore[untyped-decorator]
def scaled_tanh(x: Any) -> Any:
    """1.7159 tanh(2 x / 3), which maps -1 and 1 nearly to themselves."""
    return 1.7159 * ops.tanh(x * (2.0 / 3.0))


_ACTIVATIONS = {"relu": keras.activations.relu, "scaled-tanh": scaled_tanh}


def hani(image: Any, *, dimension: int = 40, activation: str = "relu", dropout: float = 0.5) -> Any:
    """Compute embeddings ``(N, dimension)`` of images ``(N, H, W, C)`` in -1..1, at least 36 x 36 pixels."""
    x = _conv(image, 5, 6, activation, strides=2, name="conv1")
    x = _conv(x, 14, 6, activation, strides=2, name="conv2")
    x = layers.Dropout(dropout, name="dropout")(x)
    x = _conv(x, 60, 6, activation, name="conv3")
    x = _dense(layers.Flatten(name="flatten")(x), dimension, activation, name="hidden")
    narrow = keras.initializers.RandomUniform(-0.01, 0.01)
    return layers.Dense(dimension, kernel_initializer=narrow, name="embedding")(x)


def chopra(
    image: Any,
    *,
    dimension: int = 40,
    activation: str = "relu",
    dropout: float = 0.5,
    linear_embedding: bool = False,
) -> Any:
    """Compute embeddings ``(N, dimension)`` of images ``(N, H, W, C)`` in -1..1, at least 46 x 46 pixels."""
    x = _conv(image, 15, 7, activation, name="conv1")
    x = layers.MaxPooling2D(2, name="pool1")(x)
    x = _conv(x, 45, 6, activation, name="conv2")
    x = layers.MaxPooling2D(3, name="pool2")(x)
    x = layers.Dropout(dropout, name="dropout")(x)
    x = _conv(x, 250, 5, activation, name="conv3")
    x = _dense(layers.Flatten(name="flatten")(x), dimension, activation, name="hidden")
    return _dense(x, dimension, None if linear_embedding else activation, name="embedding")


def custom(image: Any, *, dimension: int = 40, activation: str = "relu", linear_embedding: bool = False) -> Any:
    """Compute embeddings ``(N, dimension)`` of images ``(N, H, W, C)`` in -1..1, at least 36 x 36 pixels."""
    x = image
    for number, (first, second) in enumerate(((16, 32), (32, 64), (64, 128)), start=1):
        x = _conv(x, first, 3, activation, name=f"conv{number}a")
        x = _conv(x, second, 3, activation, name=f"conv{number}b")
        x = layers.MaxPooling2D(2, name=f"pool{number}")(x)
    x = _dense(layers.Flatten(name="flatten")(x), dimension, activation, name="hidden")
    return _dense(x, dimension, None if linear_embedding else activation, name="embedding")


def deepid(image: Any, *, dimension: int = 40, activation: str = "relu", linear_embedding: bool = False) -> Any:
    """Compute embeddings ``(N, dimension)`` of images ``(N, H, W, C)`` in -1..1, at least 81 x 81 pixels."""
    x = image
    for number, (filters, kernel) in enumerate(((20, 4), (40, 3), (60, 3)), start=1):
        x = _conv(x, filters, kernel, activation, name=f"conv{number}")
        x = layers.MaxPooling2D(3, name=f"pool{number}")(x)
    x = _conv(x, 80, 2, activation, name="conv4")
    x = layers.Flatten(name="flatten")(x)
    return _dense(x, dimension, None if linear_embedding else activation, name="embedding")


def _conv(x: Any, filters: int, kernel: int, activation: str, strides: int = 1, *, name: str) -> Any:
    function = lookup("activation", activation, _ACTIVATIONS)
    return layers.Conv2D(
        filters, kernel, strides, activation=function, kernel_initializer=_published_weights(), name=name
    )(x)


def _dense(x: Any, units: int, activation: str | None, *, name: str) -> Any:
    function = lookup("activation", activation, _ACTIVATIONS) if activation else None
    return layers.Dense(units, function, kernel_initializer=_published_weights(), name=name)(x)


def _published_weights() -> Any:
    return keras.initializers.RandomNormal(stddev=0.05)


def celebrities_cnn(
    image: Any,
    *,
    dimension: int = 50,
    dropout: float = 0.25,
    hidden_dropout: float = 0.1,
    linear_embedding: bool = False,
) -> Any:
    """Compute embeddings ``(N, dimension)`` of images ``(N, H, W, C)`` in 0..1, at least 10 x 10 pixels.

    Args:
        image: Keras tensor of images.
        dimension: length of the embedding.
        dropout: dropout rate after each pooling, 0 to 1.
        hidden_dropout: dropout rate before the last layer, 0 to 1.
        linear_embedding: omit the final ReLU of the published network.
    """
    x = image
    for number, filters in enumerate((6, 12), start=1):
        x = layers.Conv2D(filters, 3, activation="relu", name=f"conv{number}")(x)
        x = layers.MaxPooling2D(2, name=f"pool{number}")(x)
        x = layers.Dropout(dropout, name=f"dropout{number}")(x)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(128, "relu", name="hidden")(x)
    x = layers.Dropout(hidden_dropout, name="hidden_dropout")(x)
    return layers.Dense(dimension, None if linear_embedding else "relu", name="embedding")(x)


def separable_cnn(image: Any, *, dimension: int = 512, linear_embedding: bool = False) -> Any:
    """Compute embeddings ``(N, dimension)`` of images ``(N, H, W, C)`` in 0..1, at least 58 x 58 pixels.

    Args:
        image: Keras tensor of images.
        dimension: length of the embedding.
        linear_embedding: omit the final sigmoid of the published network.
    """
    x = layers.DepthwiseConv2D(16, 3, padding="same", activation="relu", name="wide")(image)
    x = layers.Conv2D(32, 1, activation="relu", name="mix")(x)
    x = layers.MaxPooling2D(2, name="pool1")(x)
    x = _separable(x, 128, name="separable1")
    x = layers.MaxPooling2D(2, name="pool2")(x)
    x = _separable(x, 256, name="separable2")
    x = layers.MaxPooling2D(2, name="pool3")(x)
    x = layers.Flatten(name="flatten")(x)
    return layers.Dense(dimension, None if linear_embedding else "sigmoid", name="embedding")(x)


def _separable(x: Any, filters: int, *, name: str) -> Any:
    x = layers.DepthwiseConv2D(3, use_bias=False, name=f"{name}_depthwise")(x)
    return layers.Conv2D(filters, 1, activation="relu", name=f"{name}_pointwise")(x)
