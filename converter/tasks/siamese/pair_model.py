"""Keras training models: `PairTrainer` for losses of pairs, `BatchTrainer` for losses of whole batches."""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

Loss = Callable[[Any, Any], Any]
Compare = Callable[[Any, Any], Any]


class PairTrainer(keras.Model):  # type: ignore[misc]
    """Trains a network on `batches.PairBatches`.

    Args:
        network: Keras model to embeddings ``(N, D)``; None if the inputs are embeddings.
        compare: distance function or head, from two tensors ``(B, D)`` to one distance or logit per pair.
        loss: function of distances or logits and ``is_genuine`` ``(B,)``; returns one value per pair.
    """

    def __init__(self, network: Any | None, compare: Compare, loss: Loss) -> None:
        super().__init__(name="pair_trainer")
        self.network, self.compare, self.loss_of_pairs = network, compare, loss

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        embeddings = inputs if self.network is None else self.network(inputs, training=training)
        first, second = ops.split(ops.cast(embeddings, "float32"), 2)
        if isinstance(self.compare, keras.Model):
            return self.compare([first, second], training=training)
        return self.compare(first, second)

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        return ops.mean(self.loss_of_pairs(y_pred, y["is_genuine"]))


class BatchTrainer(keras.Model):  # type: ignore[misc]
    """Trains a network on `batches.ClassBatches` with a loss of embeddings ``(B, D)`` and classes ``(B,)``."""

    def __init__(self, network: Any, loss: Loss) -> None:
        super().__init__(name="batch_trainer")
        self.network, self.loss_of_batch = network, loss

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        return ops.cast(self.network(inputs, training=training), "float32")

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        return self.loss_of_batch(y_pred, y["number"])
