"""Images of a sampler, grouped by class and without duplicates."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from edge_siamese.errors import DataError

Indices = npt.NDArray[np.int64]


class Population:
    """Images by class, and draws of genuine and impostor pairs.

    Of equal images of one class only the first is used, so that two rows of a class never contain the same image. An
    image in two classes is never paired with itself.

    Args:
        labels: class of each image, integers ``(N,)``.
        digests: digest of each image (`LabeledImages.content_digests`); None treats all images as different.

    Attributes:
        indices: indices of the images used, grouped by class, int64 ``(K,)``.
        labels: class of each image, int64 ``(N,)``.
        contents: number of the content of each image, int64 ``(N,)``.
        members: indices of each class with two or more images, in the order of the classes.

    Raises:
        DataError: there are fewer than two classes, or no class has two different images.
    """

    def __init__(self, labels: npt.NDArray[np.integer], digests: Sequence[str] | None = None) -> None:
        self.labels = np.asarray(labels, np.int64)
        self.contents = _contents(len(self.labels), digests)
        self.indices = _once_a_class(self.labels, self.contents)
        self._classes, self._starts, self._sizes = np.unique(
            self.labels[self.indices], return_index=True, return_counts=True
        )
        if len(self._classes) < 2:
            raise DataError(f"training pairs need two or more classes, found {len(self._classes)}")
        self.members = [
            self.indices[start : start + size]
            for start, size in zip(self._starts, self._sizes, strict=True)
            if size >= 2
        ]
        if not self.members:
            raise DataError(
                f"training pairs need a class with two different images, found one image in each of "
                f"{len(self._classes)} classes"
            )
        others = len(self.indices) - np.repeat(self._sizes, self._sizes)
        alike = np.bincount(self.contents[self.indices])[self.contents[self.indices]] - 1
        self._with_strangers = self.indices[others > alike]

    def genuine(self, counts: Indices, rng: np.random.Generator) -> Indices:
        """Draw `counts` genuine pairs of each class of `members`, int64 ``(sum of counts, 2)``.

        A pair is repeated only after all pairs of its class have been drawn.
        """
        drawn = [_pairs_of(indices, count, rng) for indices, count in zip(self.members, counts.tolist(), strict=True)]
        return np.concatenate(drawn)

    def genuine_available(self) -> Indices:
        """Return the number of different pairs of each class of `members`, int64."""
        return np.array([len(indices) * (len(indices) - 1) // 2 for indices in self.members], np.int64)

    def impostors(self, count: int, rng: np.random.Generator) -> Indices:
        """Draw random impostor pairs of different images, int64 ``(count, 2)``."""
        return self.strangers_of(rng.choice(self._with_strangers, count), rng)

    def strangers_of(self, firsts: Indices, rng: np.random.Generator) -> Indices:
        """Pair each of these indices with a random, different image of another class, int64 ``(P, 2)``.

        An index whose only images of other classes are equal to it is replaced by another index.
        """
        firsts = np.where(np.isin(firsts, self._with_strangers), firsts, rng.choice(self._with_strangers, len(firsts)))
        classes = np.searchsorted(self._classes, self.labels[firsts])
        starts, sizes = self._starts[classes], self._sizes[classes]
        places = rng.integers(0, len(self.indices) - sizes)
        seconds = self.indices[places + sizes * (places >= starts)]
        for at in np.flatnonzero(self.contents[firsts] == self.contents[seconds]):
            seconds[at] = rng.choice(self.indices[self.are_strangers(firsts[at : at + 1])[0]])
        return np.stack([firsts, seconds], axis=1)

    def are_strangers(self, indices: Indices) -> npt.NDArray[np.bool_]:
        """Check which of these indices and the `indices` of the population can be impostor pairs, bool ``(R, K)``."""
        different_class = self.labels[indices][:, None] != self.labels[self.indices]
        return np.asarray(different_class & (self.contents[indices][:, None] != self.contents[self.indices]))


def _contents(count: int, digests: Sequence[str] | None) -> Indices:
    """Number the contents of the images, int64 ``(N,)``."""
    if digests is None:
        return np.arange(count)
    if len(digests) != count:
        raise DataError(f"expected a digest for each of {count} images, found {len(digests)}")
    return np.asarray(np.unique(np.asarray(digests), return_inverse=True)[1], np.int64)


def _once_a_class(labels: Indices, contents: Indices) -> Indices:
    """Return the first index of every content of every class, grouped by class."""
    order = np.lexsort((np.arange(len(labels)), contents, labels))
    both = np.stack([labels, contents], axis=1)[order]
    first = np.ones(len(order), bool)
    first[1:] = (both[1:] != both[:-1]).any(axis=1)
    kept = order[first]
    return np.asarray(kept[np.lexsort((kept, labels[kept]))], np.int64)


def _pairs_of(indices: Indices, count: int, rng: np.random.Generator) -> Indices:
    """Draw random pairs of two different indices, int64 ``(count, 2)``."""
    available = len(indices) * (len(indices) - 1) // 2
    whole, rest = divmod(count, available)
    chosen = np.concatenate([np.tile(np.arange(available), whole), rng.choice(available, rest, replace=False)])
    larger, smaller = _unranked(chosen)
    return indices[np.stack([smaller, larger], axis=1)]


def _unranked(ranks: Indices) -> tuple[Indices, Indices]:
    """Return the pair (i, j), j < i, with the rank ``i * (i - 1) / 2 + j``."""
    larger = ((1 + np.sqrt(1 + 8 * ranks.astype(np.float64))) // 2).astype(np.int64)
    larger -= larger * (larger - 1) // 2 > ranks
    larger += larger * (larger + 1) // 2 <= ranks
    return larger, ranks - larger * (larger - 1) // 2
