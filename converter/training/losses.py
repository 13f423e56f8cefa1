"""Losses of pairs (by distance or logit) and of whole batches of labeled images.

A loss of pairs takes ``(distance or logit, same)``, ``is_genuine`` being 1 or True for two images of one person, and returns
one value per pair; a loss of batches takes ``(embeddings, numbers)`` and returns their mean.
"""

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from keras import ops

from ..registry import checked_options, in_range, lookup, options_of
from .margin_softmax import MarginSoftmax


def contrastive(distance: Any, is_genuine: Any, *, margin: float = 1.0) -> Any:
    """y d^2 + (1 - y) max(margin - d, 0)^2 (Hadsell, Chopra and LeCun, CVPR 2006), float32 ``(B,)``."""
    is_genuine = ops.cast(is_genuine, "float32")
    return is_genuine * ops.square(distance) + (1.0 - is_genuine) * ops.square(ops.maximum(margin - distance, 0.0))


def contrastive_squared(distance: Any, is_genuine: Any, *, margin: float = 2.0) -> Any:
    """y D + (1 - y) max(margin - D, 0) of squared distances D, float32 ``(B,)``."""
    is_genuine = ops.cast(is_genuine, "float32")
    return is_genuine * distance + (1.0 - is_genuine) * ops.maximum(margin - distance, 0.0)


def binary_crossentropy(logit: Any, is_genuine: Any, *, smoothing: float = 0.01) -> Any:
    """Cross-entropy of one logit ``(B,)`` or ``(B, 1)``, high for the same person, float32 ``(B,)``.

    Args:
        logit: before any sigmoid.
        is_genuine: 1 for the same person.
        smoothing: label smoothing of the targets, 0 to 1.
    """
    targets = ops.cast(is_genuine, "float32") * (1.0 - smoothing) + smoothing / 2
    logit = ops.reshape(ops.cast(logit, "float32"), (-1,))
    return ops.binary_crossentropy(targets, logit, from_logits=True)


def false_positive_weighted(logits: Any, is_genuine: Any) -> Any:
    """Cross-entropy of two logits ``(B, 2)``, "different" and "same", float32 ``(B,)``.

    Every value is multiplied by 1 + the number of false matches in the batch; the weight has no gradient.
    """
    is_genuine = ops.cast(is_genuine, "int32")
    logits = ops.cast(logits, "float32")
    wrongly_same = ops.logical_and(logits[:, 1] > logits[:, 0], is_genuine == 0)
    weight = 1.0 + ops.sum(ops.cast(wrongly_same, "float32"))
    return ops.stop_gradient(weight) * ops.sparse_categorical_crossentropy(is_genuine, logits, from_logits=True)


def triplet(embeddings: Any, labels: Any, *, margin: float = 0.2) -> Any:
    """Triplet loss with semi-hard negatives of the batch (Schroff et al., "FaceNet", CVPR 2015).

    Every ordered pair of one person is an anchor and its positive. The negative is the nearest image of another person
    that is farther from the anchor than the positive, or the farthest if all are nearer. Distances are squared Euclidean
    distances of L2-normalized embeddings.

    Args:
        embeddings: ``(B, D)``; the memory grows with B^3.
        labels: ``(B,)`` person of each embedding.
        margin: margin between positive and negative distance.

    Returns:
        The mean over all triplets; 0 if the batch has none.
    """
    units = ops.normalize(ops.cast(embeddings, "float32"), axis=-1)
    distances = 2.0 - 2.0 * ops.matmul(units, ops.transpose(units))
    is_genuine = ops.expand_dims(labels, 0) == ops.expand_dims(labels, 1)
    other = ops.logical_not(is_genuine)
    negatives = _semi_hard(distances, other)
    itself = ops.eye(ops.shape(distances)[0], dtype="bool")
    usable = ops.logical_and(
        ops.logical_and(is_genuine, ops.logical_not(itself)), ops.any(other, axis=1, keepdims=True)
    )
    usable = ops.cast(usable, "float32")
    return ops.sum(usable * ops.maximum(distances - negatives + margin, 0.0)) / ops.maximum(ops.sum(usable), 1.0)


def _semi_hard(distances: Any, other: Any) -> Any:
    """Return the distance of the negative for every anchor (row) and positive (column), ``(B, B)``."""
    further = ops.logical_and(distances[:, None, :] > distances[:, :, None], other[:, None, :])
    nearest = ops.min(ops.where(further, distances[:, None, :], 5.0), axis=-1)
    furthest = ops.max(ops.where(other, distances, -1.0), axis=-1, keepdims=True)
    return ops.where(ops.any(further, axis=-1), nearest, furthest)


def _arcface(classes: int, dimension: int, *, margin: float = 0.5, scale: float = 64.0) -> MarginSoftmax:
    return MarginSoftmax(classes, dimension, angular=margin, scale=scale)


def _cosface(classes: int, dimension: int, *, margin: float = 0.35, scale: float = 64.0) -> MarginSoftmax:
    return MarginSoftmax(classes, dimension, additive=margin, scale=scale)


@dataclass(frozen=True)
class LossEntry:
    """Registry entry of a loss.

    Attributes:
        kind: input of the loss: "pair" distances, "logit" logits of a head, "batch" embeddings and labels.
        function: the loss, or for a loss with prototypes a function of classes and dimension that creates it.
        distance: default distance of a loss of pairs, as published.
        maximum: largest value of each option; the smallest is 0.
        outputs: number of logits of the head.
        prototypes: True if the loss learns a prototype per class.
    """

    kind: Literal["pair", "logit", "batch"]
    function: Callable[..., Any]
    distance: str = ""
    maximum: float = math.inf
    outputs: int = 0
    prototypes: bool = False

    @property
    def defaults(self) -> dict[str, Any]:
        """Return the options with their defaults."""
        return options_of(self.function)


LOSSES: dict[str, LossEntry] = {
    "contrastive": LossEntry("pair", contrastive, distance="l2"),
    "contrastive-squared": LossEntry("pair", contrastive_squared, distance="squared_l2"),
    "binary-crossentropy": LossEntry("logit", binary_crossentropy, maximum=1.0, outputs=1),
    "false-positive-weighted": LossEntry("logit", false_positive_weighted, outputs=2),
    "triplet": LossEntry("batch", triplet),
    "arcface": LossEntry("batch", _arcface, prototypes=True),
    "cosface": LossEntry("batch", _cosface, prototypes=True),
}


def create_loss(name: str, *, classes: int = 0, dimension: int = 0, **options: Any) -> Callable[[Any, Any], Any]:
    """Create a loss as a function of two tensors; a loss with prototypes is a trainable Keras layer.

    Args:
        name: key of `LOSSES`.
        classes, dimension: number of classes and length of the embedding, for a loss with prototypes.
        options: options that replace the defaults.

    Raises:
        DataError: the name or an option is unknown, an option is out of range, or `classes` is missing.
    """
    entry = lookup("loss", name, LOSSES)
    checked = checked_options(f"loss {name}", entry.function, options)
    in_range(0.0, entry.maximum, **checked)
    if not entry.prototypes:
        return functools.partial(entry.function, **checked)
    in_range(2, classes=classes)
    in_range(1, dimension=dimension)
    layer: MarginSoftmax = entry.function(classes, dimension, **checked)
    return layer
