"""Distillation of a teacher network by instance discrimination.

Regression on the embeddings of the teacher converges slowly. Instead the teacher embeddings are the weights of a fixed
classifier: the cosines of a student embedding with its own and some thousand other teacher embeddings are trained, after
a softmax, to match the softmax of the teacher. People without teacher embeddings are trained with an additive-margin
softmax over learned prototypes (Wang et al., "CosFace", CVPR 2018).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import keras
import numpy as np
import numpy.typing as npt
from keras import ops

from edge_siamese.preprocessing import normalize_pixels

from ...augmentation.face_crop import Augmentation, CameraAugmentation
from ...training.margin_softmax import MarginSoftmax

MARGIN = 0.3
MARGIN_SCALE = 16.0
NORM_WEIGHT = 0.1


class Distiller(keras.Model):  # type: ignore[misc]
    """Trains `network`; ``fit`` it on batches of ``(images, {"target": (B, D), "person": (B,)})``.

    Faces with a target (a nonzero row) contribute to the distillation loss, faces with a person (not -1) to the margin
    softmax; a face may have both.
    """

    def __init__(
        self,
        network: Any,
        rows: npt.NDArray[np.float32],
        *,
        people: int = 0,
        negatives: int = 8192,
        temperature: float = 0.07,
        cosine_weight: float = 0.0,
    ) -> None:
        super().__init__(name="distiller")
        self.cosine_weight = cosine_weight
        self.network = network
        self.negatives = min(negatives, len(rows))
        self.temperature = temperature
        self.seed = keras.random.SeedGenerator(0, name="negatives")
        # Adjacent rows are from one source; a slice of shuffled rows is a random sample.
        self.rows = ops.convert_to_tensor(np.random.default_rng(0).permutation(rows))
        self.softmax = MarginSoftmax(people, rows.shape[1], additive=MARGIN, scale=MARGIN_SCALE) if people else None

    def call(self, images: Any, training: bool | None = None) -> Any:
        return self.network(normalize_pixels(ops.cast(images, "float32")), training=training)

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        outputs = ops.cast(y_pred, "float32")
        embeddings = ops.normalize(outputs, axis=-1)
        taught = ops.cast(ops.any(y["target"] != 0, axis=-1), "float32")
        loss = ops.mean(self._discrimination(embeddings, y["target"]) * taught)
        if self.cosine_weight:
            cosines = ops.sum(embeddings * y["target"], axis=-1)
            loss = loss + self.cosine_weight * ops.mean((1.0 - cosines) * taught)
        loss = loss + NORM_WEIGHT * length_spread(outputs)
        if self.softmax is not None:
            known = ops.cast(y["person"] >= 0, "float32")
            loss = loss + ops.mean(self.softmax.of_units(embeddings, ops.maximum(y["person"], 0)) * known)
        return loss

    def _discrimination(self, embeddings: Any, targets: Any) -> Any:
        first = keras.random.randint((), 0, self.rows.shape[0] - self.negatives + 1, seed=self.seed)
        others = ops.slice(self.rows, (first, 0), (self.negatives, self.rows.shape[1]))
        return discrimination_loss(embeddings, targets, others, self.temperature)


def discrimination_loss(embeddings: Any, targets: Any, others: Any, temperature: float) -> Any:
    """Cross-entropy of the teacher and student softmax over the rows of the batch and other rows.

    Args:
        embeddings: unit embeddings of the student, float32 ``(B, D)``.
        targets: unit embeddings of the teacher for the same images, float32 ``(B, D)``.
        others: unit embeddings of the teacher for other images, float32 ``(M, D)``.
        temperature: divisor of the cosines.

    Returns:
        float32 ``(B,)``.
    """
    classes = ops.transpose(ops.concatenate([targets, others])) / temperature
    expected = ops.softmax(ops.matmul(targets, classes))
    return -ops.sum(expected * ops.log_softmax(ops.matmul(embeddings, classes)), axis=-1)


def length_spread(outputs: Any) -> Any:
    """Mean squared logarithm of the mean square of the components of each embedding, a penalty on unequal lengths.

    Verification uses only directions, but faces with long embeddings would dominate the variance of the batch
    normalization and the int8 range, and their gradients would vanish.
    """
    return ops.mean(ops.square(ops.log(ops.mean(ops.square(outputs), axis=-1) + 1e-6)))


class Crops(Protocol):
    """An array uint8 ``(N, 112, 112, 3)``, or a sequence that computes its rows on access."""

    def __len__(self) -> int: ...

    def __getitem__(self, row: int, /) -> Any: ...


@dataclass(frozen=True, eq=False)
class FaceSource:
    """A source of training crops.

    Attributes:
        crops: N uint8 ``(112, 112, 3)``.
        targets: float32 ``(N, D)`` unit embeddings of the teacher, or None.
        people: int ``(N,)`` person of each crop for the margin softmax, -1 if unknown, or None.
    """

    crops: Crops
    targets: npt.NDArray[np.float32] | None = None
    people: npt.NDArray[np.integer] | None = None


class DistillationBatches(keras.utils.PyDataset):  # type: ignore[misc]
    """Augmented batches with every crop of the main source once per epoch and fixed shares of other sources.

    Args:
        main: the source that defines an epoch.
        batch_size: images per batch.
        dimension: length of the targets.
        beside: other sources and their shares of a batch.
        augmentation: augmentation of every crop.
        seed: seed of order and augmentation.
    """

    def __init__(
        self,
        main: FaceSource,
        batch_size: int,
        dimension: int,
        *,
        beside: Sequence[tuple[FaceSource, float]] = (),
        augmentation: Augmentation | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__(workers=1, max_queue_size=8)
        self.main, self.dimension = main, dimension
        self.augmentation = augmentation or CameraAugmentation()
        self.beside = [(source, round(batch_size * share)) for source, share in beside]
        self.main_count = min(batch_size - sum(count for _, count in self.beside), len(main.crops))
        self.seed, self.epoch = seed, 0
        self.on_epoch_end()

    def __len__(self) -> int:
        return len(self.main.crops) // self.main_count

    def on_epoch_end(self) -> None:
        self.epoch += 1
        self.order = np.random.default_rng((self.seed, self.epoch)).permutation(len(self.main.crops))

    def __getitem__(self, index: int) -> tuple[npt.NDArray[np.uint8], dict[str, npt.NDArray[Any]]]:
        rng = np.random.default_rng((self.seed, self.epoch, index))
        chosen = [(self.main, row) for row in self.order[index * self.main_count : (index + 1) * self.main_count]]
        for source, count in self.beside:
            chosen += [(source, row) for row in rng.integers(0, len(source.crops), count)]
        targets = np.zeros((len(chosen), self.dimension), np.float32)
        people = np.full(len(chosen), -1, np.int32)
        for place, (source, row) in enumerate(chosen):
            if source.targets is not None:
                targets[place] = source.targets[row]
            if source.people is not None:
                people[place] = source.people[row]
        images = np.stack([self.augmentation(source.crops[row], rng) for source, row in chosen])
        return images, {"target": targets, "person": people}
