"""A separable CNN for thermal faces.

The layers of https://github.com/geunzz/siamese_conv_net, 171,171 parameters on images of 60 x 80 x 3. The separable
convolutions are written as depthwise and 1x1 convolutions: the same numbers, and layers that quantization knows.
"""

from typing import Any

from keras import layers


def separable_cnn(image: Any, *, dimension: int = 512, linear_embedding: bool = False) -> Any:
    """Embeddings ``(N, dimension)`` of images ``(N, H, W, C)`` in 0..1, at least 58 pixels a side.

    Args:
        image: Keras tensor of images.
        dimension: length of the embedding.
        linear_embedding: leave out the sigmoid that ends the published network.
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
