"""Data types for pairs of images by index, without and with scores."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import DataError

Index = npt.NDArray[np.integer]
Booleans = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class IndexPairs:
    """P pairs of images.

    Attributes:
        index: indices of both images, int64 ``(P, 2)``.
        is_genuine: whether both images are of one class, bool ``(P,)``.
        fold: int64 ``(P,)`` from 0, or None.
    """

    index: npt.NDArray[np.int64]
    is_genuine: Booleans
    fold: npt.NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.is_genuine)


@dataclass(frozen=True, eq=False)
class ScoredPairs:
    """P pairs of N images, with their scores.

    Attributes:
        index: integers ``(P, 2)``, indices of both images.
        scores: ``(P,)`` in any unit, higher for more similar images.
        labels: integers ``(N,)`` from 0, class (person) of each image.
        fold: int64 ``(P,)`` from 0, or None.
        probabilities: probability that each pair is genuine, floats ``(P,)``, or None.

    Raises:
        DataError: there are no genuine or no impostor pairs, or a score is not finite.
    """

    index: npt.NDArray[Any]
    scores: npt.NDArray[Any]
    labels: Index
    fold: npt.NDArray[np.int64] | None = None
    probabilities: npt.NDArray[np.floating] | None = None

    def __post_init__(self) -> None:
        genuine = int(self.genuine.sum())
        require_both_kinds(genuine, len(self.genuine) - genuine)
        if not np.isfinite(self.scores).all():
            wrong = int(np.count_nonzero(~np.isfinite(self.scores)))
            raise DataError(f"scores: expected finite numbers, found {wrong:,} of {len(self.scores):,} that are not")

    @property
    def first(self) -> npt.NDArray[Any]:
        """Index of the first image of each pair, ``(P,)``."""
        return self.index[:, 0]

    @property
    def second(self) -> npt.NDArray[Any]:
        """Index of the second image of each pair, ``(P,)``."""
        return self.index[:, 1]

    @cached_property
    def genuine(self) -> Booleans:
        """Whether both images are of one class, bool ``(P,)``."""
        return np.asarray(self.first_person == self.second_person)

    @cached_property
    def first_person(self) -> Index:
        """Class of the first image of each pair, ``(P,)``."""
        return np.asarray(self.labels[self.first])

    @cached_property
    def second_person(self) -> Index:
        """Class of the second image of each pair, ``(P,)``."""
        return np.asarray(self.labels[self.second])

    @property
    def person_count(self) -> int:
        """Number of classes in `labels`, including classes without pairs."""
        return int(self.labels.max()) + 1

    @property
    def genuine_scores(self) -> npt.NDArray[Any]:
        return self.scores[self.genuine]

    @property
    def impostor_scores(self) -> npt.NDArray[Any]:
        return self.scores[~self.genuine]

    def where(self, keep: Booleans) -> "ScoredPairs":
        """Keep the pairs for which `keep` ``(P,)`` is true."""
        return ScoredPairs(
            index=self.index[keep],
            scores=self.scores[keep],
            labels=self.labels,
            fold=None if self.fold is None else self.fold[keep],
            probabilities=None if self.probabilities is None else self.probabilities[keep],
        )

    def compact(self) -> "ScoredPairs":
        """Renumber the classes with pairs from 0 without gaps; all other images get the label -1."""
        classes = np.unique(self.labels[self.index])
        numbers = np.searchsorted(classes, self.labels)
        known = classes[np.minimum(numbers, len(classes) - 1)] == self.labels
        return replace(self, labels=np.where(known, numbers, -1))

    def within_folds(self, folds: int, *, seed: int = 0) -> "ScoredPairs":
        """Assign each class to one fold and keep the pairs whose classes are in the same fold.

        Raises:
            DataError: there are fewer than two folds, or fewer than two classes per fold.
        """
        compact = self.compact()
        if not 2 <= folds <= compact.person_count // 2:
            raise DataError(f"folds: expected from 2 to half of {compact.person_count} classes, found {folds}")
        dealt = np.random.default_rng(seed).permutation(compact.person_count) % folds
        first, second = dealt[compact.first_person], dealt[compact.second_person]
        return replace(self, fold=first).where(first == second)


def require_both_kinds(genuine: int, impostor: int) -> None:
    """Check that there are pairs of both kinds.

    Raises:
        DataError: one of the counts is 0.
    """
    if not genuine or not impostor:
        raise DataError(
            f"verification needs genuine and impostor pairs, found {genuine:,} genuine and {impostor:,} impostor"
        )
