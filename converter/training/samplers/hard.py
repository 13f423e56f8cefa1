"""Sampler of hard impostor pairs, chosen by the current embeddings."""

import numpy as np
import numpy.typing as npt

from edge_siamese.errors import DataError

from ...distances import DISTANCES, pairwise
from ...registry import in_range, lookup
from .pairs import AllGenuine
from .population import Indices, Population

_ROWS_AT_ONCE = 512


class HardNegatives(AllGenuine):
    """All genuine pairs, and as many impostor pairs, a share of which are hard: nearest neighbors of other classes.

    Before the first `update` all impostor pairs are random. Afterwards an epoch depends on the embeddings; to resume a run
    exactly, call `update` with the same embeddings.

    Args:
        share: share of hard impostor pairs, 0 to 1; many networks collapse with hard pairs only.
        nearest: number of nearest neighbors from which a hard impostor is drawn, so that mislabeled images are not
            always drawn.
        distance: distance of the embeddings, a key of `distances.DISTANCES`.
        per_class: see `AllGenuine`.
    """

    def __init__(
        self,
        population: Population,
        seed: int,
        *,
        share: float = 0.5,
        nearest: int = 20,
        distance: str = "cosine",
        per_class: int = 0,
    ) -> None:
        super().__init__(population, seed, per_class=per_class)
        in_range(0, 1, share=share)
        in_range(1, nearest=nearest)
        lookup("distance", distance, DISTANCES)
        self.share, self.nearest, self.distance = share, nearest, distance
        self._nearest: tuple[Indices, Indices, Indices] | None = None

    def update(self, embeddings: npt.NDArray[np.floating]) -> None:
        """Find the nearest images of other classes for every image, in blocks of rows.

        Args:
            embeddings: ``(N, D)`` of all images of the sampler.

        Raises:
            DataError: the number of embeddings is wrong, or they are not finite.
        """
        population = self.population
        if len(embeddings) != len(population.labels):
            raise DataError(f"expected embeddings of {len(population.labels)} images, found {len(embeddings)}")
        if not np.isfinite(embeddings).all():
            raise DataError("expected finite embeddings to find hard impostors with, found some that are not")
        found, counts = [], []
        for start in range(0, len(population.indices), _ROWS_AT_ONCE):
            firsts = population.indices[start : start + _ROWS_AT_ONCE]
            distances = pairwise(self.distance, embeddings[firsts], embeddings[population.indices])
            distances[~population.are_strangers(firsts)] = np.inf
            places = _smallest(distances, self.nearest)
            found.append(population.indices[places])
            counts.append(np.isfinite(np.take_along_axis(distances, places, axis=1)).sum(axis=1))
        count = np.concatenate(counts)
        usable = count > 0
        self._nearest = population.indices[usable], np.concatenate(found)[usable], count[usable]

    def impostors(self, count: int, rng: np.random.Generator) -> Indices:
        if self._nearest is None:
            return super().impostors(count, rng)
        indices, strangers, available = self._nearest
        chosen = rng.integers(0, len(indices), round(count * self.share))
        seconds = strangers[chosen, rng.integers(0, available[chosen])]
        random = super().impostors(count - len(chosen), rng)
        return np.concatenate([np.stack([indices[chosen], seconds], axis=1), random])


def _smallest(values: npt.NDArray[np.float32], count: int) -> Indices:
    """Return the columns of the smallest values of each row, ascending, int64 ``(R, count)`` or fewer columns."""
    count = min(count, values.shape[1])
    places = np.argpartition(values, count - 1, axis=1)[:, :count]
    order = np.argsort(np.take_along_axis(values, places, axis=1), axis=1)
    return np.asarray(np.take_along_axis(places, order, axis=1))
