"""Similarity scores between images, and lists of scored pairs."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from edge_siamese.errors import DataError

from ..distances import DISTANCES, Matrix, pairwise

Indices = npt.NDArray[np.integer]
Labels = npt.NDArray[np.int64]
Scores = npt.NDArray[np.floating]
Score = Callable[[Indices, Indices], Scores]
"""Function from two arrays of image indices ``(R,)`` and ``(C,)`` to scores ``(R, C)``; larger is more similar."""

MAX_PAIRS = 1_000_000
_BLOCK = 512


def by_similarity(embeddings: Matrix, name: str = "cosine") -> Score:
    """Return the score function of embeddings ``(N, D)``: the cosine, or the negative of another distance.

    Raises:
        DataError: there is no distance of that name.
    """
    if name not in DISTANCES:
        raise DataError(f"unknown similarity '{name}'; known are {', '.join(DISTANCES)}")

    def score(indices: Indices, columns: Indices) -> Scores:
        distances = pairwise(name, embeddings[indices], embeddings[columns])
        return 1 - distances if name == "cosine" else -distances

    return score


@dataclass(frozen=True, eq=False)
class ScoredPairs:
    """P scored pairs of N images; implements `edge_siamese.evaluation.verification_metrics.Scored`.

    Attributes:
        index: int64 ``(P, 2)`` indices of the images.
        scores: ``(P,)``, larger is more similar.
        labels: int64 ``(N,)`` class of each image.
        fold: int64 ``(P,)`` fold of each pair, from 0, or None.
        probabilities: ``(P,)`` probability of being genuine, 0 to 1, or None.

    Raises:
        DataError: there are no genuine or no impostor pairs, or a score is not finite.
    """

    index: Labels
    scores: Scores
    labels: Labels
    fold: Labels | None = None
    probabilities: Scores | None = None

    def __post_init__(self) -> None:
        genuine = int(self.genuine.sum())
        if not 0 < genuine < len(self.genuine):
            raise DataError(
                f"verification needs genuine and impostor pairs, found {genuine} genuine and "
                f"{len(self.genuine) - genuine} impostor"
            )
        if not np.isfinite(self.scores).all():
            wrong = int(np.count_nonzero(~np.isfinite(self.scores)))
            raise DataError(f"scores: expected finite numbers, found {wrong:,} of {len(self.scores):,} that are not")

    @cached_property
    def genuine(self) -> npt.NDArray[np.bool_]:
        """bool ``(P,)``: both images have the same class."""
        return np.asarray(self.labels[self.index[:, 0]] == self.labels[self.index[:, 1]])

    @cached_property
    def _people(self) -> Labels:
        """Classes of the pairs ``(P, 2)``, renumbered from 0 without gaps."""
        return np.unique(self.labels[self.index], return_inverse=True)[1].reshape(-1, 2).astype(np.int64)

    @property
    def person_count(self) -> int:
        return int(self._people.max()) + 1

    @property
    def first_person(self) -> Labels:
        return self._people[:, 0]

    @property
    def second_person(self) -> Labels:
        return self._people[:, 1]

    @property
    def genuine_scores(self) -> Scores:
        return self.scores[self.genuine]

    @property
    def impostor_scores(self) -> Scores:
        return self.scores[~self.genuine]

    def where(self, keep: npt.NDArray[np.bool_]) -> "ScoredPairs":
        """Return the pairs for which `keep` ``(P,)`` is true."""
        return ScoredPairs(
            index=self.index[keep],
            scores=self.scores[keep],
            labels=self.labels,
            fold=None if self.fold is None else self.fold[keep],
            probabilities=None if self.probabilities is None else self.probabilities[keep],
        )

    def within_folds(self, folds: int, *, seed: int = 0) -> "ScoredPairs":
        """Assign each class to one fold and keep the pairs whose classes are in the same fold.

        Raises:
            DataError: there are fewer than two folds, or fewer than two classes per fold.
        """
        if not 2 <= folds <= self.person_count // 2:
            raise DataError(f"folds: expected from 2 to half of {self.person_count} classes, found {folds}")
        dealt = np.random.default_rng(seed).permutation(self.person_count) % folds
        fold = dealt[self._people]
        return replace(self, fold=fold[:, 0]).where(fold[:, 0] == fold[:, 1])


def score_pairs(score: Score, index: Labels, labels: Labels, fold: Labels | None = None) -> ScoredPairs:
    """Score listed pairs, int64 ``(P, 2)``.

    Each block of first images is scored against all of its second images at once. If that is too slow, as with a learned
    head and pairs drawn from many images, score the pairs one by one and create `ScoredPairs`.

    Raises:
        DataError: see `ScoredPairs`.
    """
    scores = np.empty(len(index), np.float32)
    firsts, place = np.unique(index[:, 0], return_inverse=True)
    order = np.argsort(place, kind="stable")
    bounds = np.searchsorted(place[order], np.arange(0, len(firsts) + _BLOCK, _BLOCK))
    for start, low, high in zip(range(0, len(firsts), _BLOCK), bounds, bounds[1:], strict=False):
        pairs = order[low:high]
        partners, column = np.unique(index[pairs, 1], return_inverse=True)
        scores[pairs] = score(firsts[start : start + _BLOCK], partners)[place[pairs] - start, column]
    return ScoredPairs(index, scores, labels, fold)


def every_pair(labels: Labels, *, at_most: int = MAX_PAIRS, seed: int = 0) -> Labels:
    """Return all pairs of images, int64 ``(P, 2)``, or a sample of `at_most` pairs without repetition.

    The sample has all genuine pairs, or `at_most` / 2 if there are more, and random impostor pairs.
    """
    count = len(labels)
    if count * (count - 1) // 2 <= at_most:
        return np.stack(np.triu_indices(count, 1), axis=1).astype(np.int64)
    rng = np.random.default_rng(seed)
    genuine = _genuine_pairs(labels)
    if len(genuine) > at_most // 2:
        genuine = genuine[np.sort(rng.choice(len(genuine), at_most // 2, replace=False))]
    return np.concatenate([genuine, _drawn_impostors(labels, at_most - len(genuine), rng)])


def indices_by_class(labels: Labels) -> dict[int, Labels]:
    """Return the indices of the images of each class, ascending."""
    order = np.argsort(labels, kind="stable")
    classes, starts = np.unique(labels[order], return_index=True)
    return dict(zip(classes.tolist(), np.split(order, starts[1:]), strict=True))


def _genuine_pairs(labels: Labels) -> Labels:
    pairs = [
        indices[np.stack(np.triu_indices(len(indices), 1), axis=1)] for indices in indices_by_class(labels).values()
    ]
    return np.concatenate(pairs).astype(np.int64)


def _drawn_impostors(labels: Labels, expected: int, rng: np.random.Generator) -> Labels:
    """Draw `expected` different impostor pairs, or return all of them if there are fewer."""
    count = len(labels)
    sizes = np.unique(labels, return_counts=True)[1].astype(np.int64)
    available = (count * count - int(np.square(sizes).sum())) // 2
    drawn = np.zeros(0, np.int64)
    while len(drawn) < min(expected, available):
        low, high = np.sort(rng.integers(0, count, (2, expected)), axis=0)
        other = labels[low] != labels[high]
        drawn = np.unique(np.concatenate([drawn, low[other] * count + high[other]]))
    drawn = drawn[np.sort(rng.choice(len(drawn), min(expected, available), replace=False))]
    return np.stack([drawn // count, drawn % count], axis=1)
