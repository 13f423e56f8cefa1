"""Learned comparisons: from the absolute difference of two embeddings to whether they are the same person's.

They answer logits; the loss applies the sigmoid or softmax, once.
"""

from typing import Any

import keras
from keras import layers, ops


def difference_softmax(difference: Any, *, hidden: int = 512, dropout: float = 0.15) -> Any:
    """Two logits ``(N, 2)``, "different" and "same", of differences ``(N, D)``.

    The head of https://github.com/asik03/uc3m-bq-SiameseConvNet: 656,898 parameters on 1280, 787,970 on 1536 and 919,042
    on 1792 values.

    Args:
        difference: Keras tensor of absolute differences.
        hidden: units of the sigmoid layer between.
        dropout: share of them dropped while training.
    """
    narrow = {"kernel_initializer": keras.initializers.TruncatedNormal(stddev=0.01)}
    x = layers.Dense(hidden, "sigmoid", name="head_hidden", **narrow)(difference)
    x = layers.Dropout(dropout, name="head_dropout")(x)
    return layers.Dense(2, name="head_logits", **narrow)(x)


def difference_sigmoid(difference: Any, *, hidden: int = 512) -> Any:
    """One logit ``(N,)``, high for the same person, of differences ``(N, D)``.

    The head of https://github.com/Qucy/Siamese-Network: 263,169 parameters on 512 values.

    Args:
        difference: Keras tensor of absolute differences.
        hidden: units of the ReLU layer between.
    """
    return _one_logit(layers.Dense(hidden, "relu", name="head_hidden")(difference))


def logistic(difference: Any) -> Any:
    """One logit ``(N,)``, a weighted sum of differences ``(N, D)``: logistic regression, D + 1 parameters.

    https://github.com/Kadenze/siamese_net judges its embeddings by it.
    """
    return _one_logit(difference)


def _one_logit(x: Any) -> Any:
    return layers.Reshape((), name="head_flatten")(layers.Dense(1, name="head_logit")(x))


@keras.saving.register_keras_serializable(package="edge_siamese")
class AbsoluteDifference(layers.Layer):  # type: ignore[misc]
    """Absolute difference of two tensors of one shape; its gradient is zero where they coincide."""

    def call(self, inputs: Any) -> Any:
        first, second = inputs
        return ops.abs(first - second)
