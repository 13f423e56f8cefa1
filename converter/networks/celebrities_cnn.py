"""A two-layer CNN for gray faces.

The layers of https://github.com/gchoi/face-recognition-using-siamese-network, channels last: 504,962 parameters on
images of 80 x 80 x 1.
"""

from typing import Any

from keras import layers


def celebrities_cnn(
    image: Any,
    *,
    dimension: int = 50,
    dropout: float = 0.25,
    hidden_dropout: float = 0.1,
    linear_embedding: bool = False,
) -> Any:
    """Embeddings ``(N, dimension)`` of images ``(N, H, W, C)`` in 0..1, at least 10 pixels a side.

    Args:
        image: Keras tensor of images.
        dimension: length of the embedding.
        dropout: share of the values dropped after each pooling while training.
        hidden_dropout: share dropped before the last layer.
        linear_embedding: leave out the ReLU that ends the published network.
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
