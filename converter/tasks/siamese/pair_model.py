"""The siamese model in training: one network, both branches."""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

Loss = Callable[[Any, Any], Any]
Compare = Callable[[Any, Any], Any]


class PairTrainer(keras.Model):  # type: ignore[misc]
    """Trains a network on `siamese_batches.PairBatches`.

    Args:
        network: to embeddings ``(N, D)``; None where the inputs are embeddings already.
        compare: two halves of embeddings ``(B, D)`` to a distance or logit a pair: a distance function or a head.
        loss: of those and of ``is_genuine`` ``(B,)``, to a value a pair.
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
    """Trains a network on `siamese_batches.ClassBatches` with a loss of embeddings ``(B, D)`` and classes ``(B,)``."""

    def __init__(self, network: Any, loss: Loss) -> None:
        super().__init__(name="batch_trainer")
        self.network, self.loss_of_batch = network, loss

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        return ops.cast(self.network(inputs, training=training), "float32")

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        return self.loss_of_batch(y_pred, y["number"])
