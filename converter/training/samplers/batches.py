"""Samplers of batches, for triplet losses and for softmax losses over all classes."""

import math
from collections.abc import Iterator
from typing import Protocol

import numpy as np
import numpy.typing as npt

from edge_siamese.errors import DataError

from ...registry import in_range
from .population import Indices, Population


class BatchSampler(Protocol):
    """Draws batches of indices; the length is the number of batches, equal in all epochs."""

    def __len__(self) -> int: ...

    def epoch(self, number: int) -> Iterator[npt.NDArray[np.int64]]: ...


class ByClass:
    """Batches with several images of each class, so that every batch has genuine pairs (Schroff et al., CVPR 2015).

    No batch contains an image twice. If classes have too few images, random images of other classes fill the batch; it is
    smaller only if there are none. An epoch has as many batches as are needed for all images.

    Args:
        classes: classes per batch, drawn from those with two images.
        images: images per class.
    """

    def __init__(self, population: Population, seed: int, *, classes: int = 16, images: int = 4) -> None:
        in_range(2, classes=classes, images=images)
        if classes > len(population.members):
            raise DataError(
                f"batches of {classes} classes need as many with two different images, found {len(population.members)}"
            )
        self.population, self.seed = population, seed
        self.classes, self.images = classes, images

    def __len__(self) -> int:
        return max(1, len(self.population.indices) // (self.classes * self.images))

    def epoch(self, number: int) -> Iterator[npt.NDArray[np.int64]]:
        return (self._batch(np.random.default_rng((self.seed, number, batch))) for batch in range(len(self)))

    def _batch(self, rng: np.random.Generator) -> Indices:
        members = self.population.members
        chosen = [
            rng.choice(members[at], min(self.images, len(members[at])), replace=False)
            for at in rng.choice(len(members), self.classes, replace=False)
        ]
        batch = self._without_copies(np.concatenate(chosen))
        missing = self.classes * self.images - len(batch)
        if missing:
            contents = self.population.contents
            indices = self.population.indices
            rest = self._without_copies(rng.permutation(indices[~np.isin(contents[indices], contents[batch])]))
            batch = np.concatenate([batch, rest[:missing]])
        return batch

    def _without_copies(self, indices: Indices) -> Indices:
        """Return the first index of each image content."""
        firsts = np.unique(self.population.contents[indices], return_index=True)[1]
        return indices[np.sort(firsts)]


class Shuffled:
    """Every image once per epoch in random order, for losses with class prototypes.

    Args:
        images: images per batch; a last partial batch is kept.
    """

    def __init__(self, population: Population, seed: int, *, images: int = 64) -> None:
        in_range(1, images=images)
        self.population, self.seed, self.images = population, seed, images

    def __len__(self) -> int:
        return math.ceil(len(self.population.indices) / self.images)

    def epoch(self, number: int) -> Iterator[npt.NDArray[np.int64]]:
        indices = np.random.default_rng((self.seed, number)).permutation(self.population.indices)
        return (indices[first : first + self.images] for first in range(0, len(indices), self.images))
