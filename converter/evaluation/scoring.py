"""Similarity scores between images, and of pairs of images."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from edge_siamese.errors import DataError
from edge_siamese.evaluation.pairs import ScoredPairs

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
