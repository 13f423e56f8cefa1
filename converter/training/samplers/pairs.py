"""Pairs to learn from, an epoch at a time: as many genuine as impostor ones, other ones every epoch.

Every sampler is deterministic in its seed and the epoch's number, holds the pairs of one epoch and nothing else, and
never pairs an image with itself or with a byte-equal one. A class of one image takes part in impostor pairs only.
"""

from typing import Protocol

import numpy as np

from edge_siamese.evaluation.pairs import IndexPairs

from ...registry import in_range
from .population import Indices, Population


class PairSampler(Protocol):
    """Draws the pairs of an epoch; all epochs have equally many, which is its length."""

    def __len__(self) -> int: ...

    def epoch(self, number: int) -> IndexPairs: ...


class PerClass:
    """As many genuine and impostor pairs of every class with two images (asik03/uc3m-bq-SiameseConvNet).

    Args:
        pairs: of each kind for each class; a class with fewer different ones has them several times.
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
    """Every image with the next of its class, and with a stranger (geunzz/siamese_conv_net).

    The chain of a class goes through all its images, in another order every epoch.
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
    """A chosen number of pairs of each kind (gchoi/face-recognition-using-siamese-network).

    Args:
        genuine: pairs, shared out evenly among the classes with two images.
        impostor: pairs of random images.
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
    """Every genuine pair, and as many random impostor pairs (Kadenze/siamese_net).

    Args:
        per_class: genuine pairs of a class at most, other ones every epoch; 0 takes all, which grows with the square
            of the images of a class.
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
        """The impostor pairs of an epoch, int64 ``(count, 2)``."""
        return self.population.impostors(count, rng)


def shuffled(genuine: Indices, impostors: Indices, rng: np.random.Generator) -> IndexPairs:
    """Both kinds of pairs in random order."""
    order = rng.permutation(len(genuine) + len(impostors))
    return IndexPairs(np.concatenate([genuine, impostors])[order], order < len(genuine))
