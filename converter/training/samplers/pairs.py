"""Samplers of training pairs, with as many genuine as impostor pairs, drawn again every epoch.

Every sampler is deterministic in seed and epoch, keeps only the pairs of one epoch in memory, and never pairs an image
with itself or an equal image. Classes with one image are used in impostor pairs only.
"""

from typing import Protocol

import numpy as np

from edge_siamese.evaluation.pairs import IndexPairs

from ...registry import in_range
from .population import Indices, Population


class PairSampler(Protocol):
    """Draws the pairs of an epoch; the length is the number of pairs, equal in all epochs."""

    def __len__(self) -> int: ...

    def epoch(self, number: int) -> IndexPairs: ...


class PerClass:
    """The same number of genuine and impostor pairs of every class with two images (asik03/uc3m-bq-SiameseConvNet).

    Args:
        pairs: pairs of each kind per class; they are repeated if a class has fewer different pairs.
    """

    def __init__(self, population: Population, seed: int, *, pairs: int = 30) -> None:
        in_range(1, pairs=pairs)
        self.population, self.seed = population, seed
        self.counts = np.full(len(population.members), pairs)

    def __len__(self) -> int:
        return 2 * int(self.counts.sum())

    def epoch(self, number: int) -> IndexPairs:
        rng = np.random.default_rng((self.seed, number))
        firsts = [
            rng.choice(indices, count) for indices, count in zip(self.population.members, self.counts, strict=True)
        ]
        impostors = self.population.strangers_of(np.concatenate(firsts), rng)
        return shuffled(self.population.genuine(self.counts, rng), impostors, rng)


class Chained:
    """Pair every image with the next image of its class and with an image of another class (geunzz/siamese_conv_net).

    The chain of a class contains all its images, in a new random order every epoch.
    """

    def __init__(self, population: Population, seed: int) -> None:
        self.population, self.seed = population, seed

    def __len__(self) -> int:
        return 2 * sum(len(indices) - 1 for indices in self.population.members)

    def epoch(self, number: int) -> IndexPairs:
        rng = np.random.default_rng((self.seed, number))
        chains = [rng.permutation(indices) for indices in self.population.members]
        genuine = np.concatenate([np.stack([chain[:-1], chain[1:]], axis=1) for chain in chains])
        return shuffled(genuine, self.population.strangers_of(genuine[:, 0], rng), rng)


class FixedCount:
    """A fixed number of pairs of each kind (gchoi/face-recognition-using-siamese-network).

    Args:
        genuine: number of genuine pairs, distributed evenly over the classes with two images.
        impostor: number of random impostor pairs.
    """

    def __init__(self, population: Population, seed: int, *, genuine: int = 20_000, impostor: int = 20_000) -> None:
        in_range(1, genuine=genuine, impostor=impostor)
        self.population, self.seed = population, seed
        self.genuine, self.impostor = genuine, impostor

    def __len__(self) -> int:
        return self.genuine + self.impostor

    def epoch(self, number: int) -> IndexPairs:
        rng = np.random.default_rng((self.seed, number))
        classes = len(self.population.members)
        counts = np.full(classes, self.genuine // classes)
        counts[rng.choice(classes, self.genuine % classes, replace=False)] += 1
        return shuffled(self.population.genuine(counts, rng), self.population.impostors(self.impostor, rng), rng)


class AllGenuine:
    """All genuine pairs, and as many random impostor pairs (Kadenze/siamese_net).

    Args:
        per_class: maximum number of genuine pairs per class, drawn again every epoch; 0 uses all, whose number grows
            with the square of the images of a class.
    """

    def __init__(self, population: Population, seed: int, *, per_class: int = 0) -> None:
        in_range(0, per_class=per_class)
        self.population, self.seed = population, seed
        available = population.genuine_available()
        self.counts = np.minimum(available, per_class) if per_class else available

    def __len__(self) -> int:
        return 2 * int(self.counts.sum())

    def epoch(self, number: int) -> IndexPairs:
        rng = np.random.default_rng((self.seed, number))
        genuine = self.population.genuine(self.counts, rng)
        return shuffled(genuine, self.impostors(len(genuine), rng), rng)

    def impostors(self, count: int, rng: np.random.Generator) -> Indices:
        """Draw the impostor pairs of an epoch, int64 ``(count, 2)``."""
        return self.population.impostors(count, rng)


def shuffled(genuine: Indices, impostors: Indices, rng: np.random.Generator) -> IndexPairs:
    """Shuffle genuine and impostor pairs."""
    order = rng.permutation(len(genuine) + len(impostors))
    return IndexPairs(np.concatenate([genuine, impostors])[order], order < len(genuine))
