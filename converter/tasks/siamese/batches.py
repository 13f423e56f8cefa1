"""Training batches of pairs or of labeled images: augmented, normalized and reproducible after a restart."""

import math
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from ...augmentation.face_crop import Augmentation
from ...training.samplers import BatchSampler, PairSampler
from ...training.samplers.hard import HardNegatives

Prepare = Callable[[npt.NDArray[Any]], npt.NDArray[np.float32]]


class _AugmentedBatches(keras.utils.PyDataset):  # type: ignore[misc]
    """Base of both kinds of batches; the augmentation is seeded by epoch and batch."""

    def __init__(
        self, inputs: npt.NDArray[Any], prepare: Prepare, augmentation: Augmentation | None, seed: int
    ) -> None:
        super().__init__(workers=1, max_queue_size=8)
        self.inputs, self.prepare, self.augmentation, self.seed = inputs, prepare, augmentation, seed
        self.epoch = 0

    def on_epoch_end(self) -> None:
        self.epoch += 1

    def prepared(self, rows: npt.NDArray[np.int64], batch: int) -> npt.NDArray[np.float32]:
        """Return the network inputs ``(B, ...)`` of these indices."""
        chosen = self.inputs[rows]
        if self.augmentation:
            rng = np.random.default_rng((self.seed, self.epoch, batch))
            chosen = np.stack([self.augmentation(image, rng) for image in chosen])
        return self.prepare(chosen)


class PairBatches(_AugmentedBatches):
    """Batches ``(inputs (2B, ...), {"same": float32 (B,)})``: the first halves of the pairs, then the second.

    Args:
        inputs: one row per image.
        sampler: draws the pairs of an epoch; all epochs have the same number.
        batch_size: pairs per batch; a last partial batch is kept.
        prepare: converts selected rows to network inputs.
        augmentation: augmentation of each image, or None.
        seed: seed of the augmentation.
        embed: computes the current embeddings of all inputs, for samplers of hard pairs.
    """

    def __init__(
        self,
        inputs: npt.NDArray[Any],
        sampler: PairSampler,
        batch_size: int,
        *,
        prepare: Prepare,
        augmentation: Augmentation | None = None,
        seed: int = 0,
        embed: Callable[[], npt.NDArray[np.float32]] | None = None,
    ) -> None:
        super().__init__(inputs, prepare, augmentation, seed)
        self.sampler, self.batch_size, self.embed = sampler, batch_size, embed
        self.on_epoch_end()

    def __len__(self) -> int:
        return math.ceil(len(self.pairs.is_genuine) / self.batch_size)

    def on_epoch_end(self) -> None:
        super().on_epoch_end()
        if self.embed and isinstance(self.sampler, HardNegatives):
            self.sampler.update(self.embed())
        self.pairs = self.sampler.epoch(self.epoch)

    def __getitem__(self, batch: int) -> tuple[npt.NDArray[np.float32], dict[str, npt.NDArray[Any]]]:
        part = slice(batch * self.batch_size, (batch + 1) * self.batch_size)
        rows = self.pairs.index[part].T.reshape(-1)
        return self.prepared(rows, batch), {"is_genuine": self.pairs.is_genuine[part].astype(np.float32)}


class ClassBatches(_AugmentedBatches):
    """Batches ``(inputs (B, ...), {"number": int32 (B,)})`` for losses of whole batches.

    Args:
        inputs, prepare, augmentation, seed: see `PairBatches`.
        labels: class of each row.
        sampler: draws the batches of an epoch.
    """

    def __init__(
        self,
        inputs: npt.NDArray[Any],
        labels: npt.NDArray[np.int64],
        sampler: BatchSampler,
        *,
        prepare: Prepare,
        augmentation: Augmentation | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__(inputs, prepare, augmentation, seed)
        self.labels, self.sampler = labels, sampler
        self.on_epoch_end()

    def __len__(self) -> int:
        return len(self.batches)

    def on_epoch_end(self) -> None:
        super().on_epoch_end()
        self.batches = list(self.sampler.epoch(self.epoch))

    def __getitem__(self, batch: int) -> tuple[npt.NDArray[np.float32], dict[str, npt.NDArray[Any]]]:
        rows = self.batches[batch]
        return self.prepared(rows, batch), {"number": self.labels[rows].astype(np.int32)}
