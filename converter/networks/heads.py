"""Comparison heads: from the absolute difference of two embeddings to the logit of a genuine pair.

The outputs are logits; the loss applies the sigmoid or softmax.
"""

from typing import Any

import keras
from keras import layers, ops


def difference_softmax(difference: Any, *, hidden: int = 512, dropout: float = 0.15) -> Any:
    """Compute two logits ``(N, 2)``, impostor and genuine, from differences ``(N, D)``.

    The head of https://github.com/asik03/uc3m-bq-SiameseConvNet: 656,898 parameters on 1280, 787,970 on 1536 and 919,042
    on 1792 values.

    Args:
        difference: Keras tensor of absolute differences.
        hidden: units of the hidden sigmoid layer.
        dropout: dropout rate of the hidden layer, 0 to 1.
    """
    narrow = {"kernel_initializer": keras.initializers.TruncatedNormal(stddev=0.01)}
    x = layers.Dense(hidden, "sigmoid", name="head_hidden", **narrow)(difference)
    x = layers.Dropout(dropout, name="head_dropout")(x)
    return layers.Dense(2, name="head_logits", **narrow)(x)


def difference_sigmoid(difference: Any, *, hidden: int = 512) -> Any:
    """Compute one logit ``(N,)``, high for genuine pairs, from differences ``(N, D)``.

    The head of https://github.com/Qucy/Siamese-Network: 263,169 parameters on 512 values.

    Args:
        difference: Keras tensor of absolute differences.
        hidden: units of the hidden ReLU layer.
    """
    return _one_logit(layers.Dense(hidden, "relu", name="head_hidden")(difference))


def logistic(difference: Any) -> Any:
    """Compute one logit ``(N,)`` from differences ``(N, D)`` by logistic regression with D + 1 parameters.

    https://github.com/Kadenze/siamese_net evaluates its embeddings with this head.
    """
    return _one_logit(difference)


def _one_logit(x: Any) -> Any:
    return layers.Reshape((), name="head_flatten")(layers.Dense(1, name="head_logit")(x))


@keras.saving.register_keras_serializable(package="edge_siamese")
class AbsoluteDifference(layers.Layer):  # type: ignore[misc]
    """Absolute difference of two tensors of one shape; the gradient is zero where they are equal."""

    def call(self, inputs: Any) -> Any:
        first, second = inputs
        return ops.abs(first - second)
