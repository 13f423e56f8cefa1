"""Closed-set identification: every probe belongs to an enrolled class; the class with the highest score is named.

Ties count as errors, so a network with constant outputs has a rank-1 rate of 0.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from edge_siamese.errors import DataError
from edge_siamese.gallery.templates.representatives import Candidates, Strategy
from edge_siamese.intervals import Proportion
from edge_siamese.matching import Q15

from .scoring import Indices, Labels, Score, Scores, indices_by_class

_BLOCK = 2048


@dataclass(frozen=True, eq=False)
class ClosedSetIdentification:
    """Scores of P probes against K enrolled classes.

    Attributes:
        classes: int64 ``(K,)`` enrolled classes, ascending.
        truth: int64 ``(P,)`` index of the class of each probe in `classes`.
        scores: float32 ``(P, K)`` best score of each probe with the enrolled images of each class.
    """

    classes: Labels
    truth: Labels
    scores: Scores

    @cached_property
    def ranks(self) -> Labels:
        """int64 ``(P,)``: rank of the correct class, from 1; ties count against it."""
        own = self.scores[np.arange(len(self.truth)), self.truth]
        return np.asarray((self.scores >= own[:, None]).sum(axis=1), np.int64)

    @property
    def rank1(self) -> Proportion:
        """Proportion of correctly identified probes; the exact interval assumes independent probes."""
        return Proportion(int((self.ranks == 1).sum()), len(self.ranks))

    @property
    def cmc(self) -> npt.NDArray[np.float64]:
        """Cumulative match characteristic ``(K,)``: share of probes whose class is among the best 1, 2, ... K."""
        return np.cumsum(np.bincount(self.ranks, minlength=len(self.classes) + 1)[1:]) / len(self.ranks)

    @property
    def confusion(self) -> Labels:
        """int64 ``(K, K)``: number of probes by true class (rows) and predicted class (columns); ties count as errors."""
        others = self.scores.copy()
        others[np.arange(len(self.truth)), self.truth] = -np.inf
        named = np.where(self.ranks == 1, self.truth, others.argmax(axis=1))
        size = len(self.classes)
        return np.bincount(self.truth * size + named, minlength=size * size).reshape(size, size)

    def to_json(self, names: list[str]) -> dict[str, Any]:
        """Return rank 1, the CMC and the confusion matrix as JSON types; `names` are the names of all classes."""
        return {
            "classes": [names[number] for number in self.classes],
            "rank1": self.rank1.to_json(),
            "cmc": self.cmc.tolist(),
            "confusion": self.confusion.tolist(),
        }


def identify(score: Score, labels: Labels, enrolled: Indices, probes: Indices) -> ClosedSetIdentification:
    """Score probes against enrolled images.

    Args:
        score: function that compares images by index.
        labels: class of each image, ``(N,)``.
        enrolled, probes: indices of images.

    Raises:
        DataError: `enrolled` or `probes` is empty, an image is in both, or the class of a probe is not enrolled.
    """
    if not len(enrolled) or not len(probes):
        raise DataError(f"identification: expected enrolled images and probes, found {len(enrolled)} and {len(probes)}")
    if np.intersect1d(enrolled, probes).size:
        raise DataError("identification: an enrolled image cannot be a probe")
    classes = np.unique(labels[enrolled])
    unknown = np.setdiff1d(labels[probes], classes)
    if len(unknown):
        raise DataError(f"closed-set identification: class {unknown[0]} is not enrolled")
    truth = np.searchsorted(classes, labels[probes]).astype(np.int64)
    return ClosedSetIdentification(classes, truth, class_scores(score, labels, enrolled, probes))


def class_scores(score: Score, labels: Labels, enrolled: Indices, probes: Indices) -> Scores:
    """Compute the best score of each probe with each enrolled class, float32 ``(P, K)``; classes are ascending."""
    ordered = enrolled[np.argsort(labels[enrolled], kind="stable")]
    starts = np.unique(labels[ordered], return_index=True)[1]
    blocks = [score(probes[at : at + _BLOCK], ordered) for at in range(0, len(probes), _BLOCK)]
    return np.concatenate([np.maximum.reduceat(block, starts, axis=1) for block in blocks])


def representatives(score: Score, labels: Labels, count: int = 1, strategy: Strategy = Strategy.GREEDY) -> Indices:
    """Select at most `count` representative images per class, the medoid first; int64 indices, ordered by class."""
    chosen: list[int] = []
    for indices in indices_by_class(labels).values():
        scores = score(indices, indices).astype(np.float64)
        scaled = np.rint(scores * (Q15 / max(float(np.abs(scores).max()), 1e-12))).astype(np.int64)
        chosen += indices[Candidates(scaled, tuple(range(len(indices)))).choose(count, strategy)].tolist()
    return np.array(chosen, np.int64)


def identify_by_representatives(score: Score, labels: Labels, count: int = 1) -> ClosedSetIdentification:
    """Enroll the representatives of every class and identify all other images.

    Raises:
        DataError: all images are representatives.
    """
    enrolled = representatives(score, labels, count)
    return identify(score, labels, enrolled, np.setdiff1d(np.arange(len(labels)), enrolled))


def one_shot(score: Score, labels: Labels, *, ways: int, trials: int = 1000, seed: int = 0) -> Proportion:
    """N-way one-shot trials: classify an image by one other image of its class and one image of N - 1 other classes.

    Args:
        score: function that compares images by index.
        labels: class of each image, ``(N,)``.
        ways: N; the classes are drawn for each trial, without repetition.
        trials: number of trials.
        seed: seed of the draws.

    Raises:
        DataError: there are fewer classes than ways, or no class has two images.
    """
    images = indices_by_class(labels)
    several = [number for number, indices in images.items() if len(indices) > 1]
    if not 2 <= ways <= len(images) or not several:
        raise DataError(
            f"{ways}-way one-shot trials: expected {max(ways, 2)} classes or more, one of them with two images, found "
            f"{len(images)} classes and {len(several)} with two"
        )
    rng = np.random.default_rng(seed)
    known, right = np.array(list(images)), 0
    for _ in range(trials):
        own = int(rng.choice(several))
        probe, reference = rng.choice(images[own], 2, replace=False)
        others = rng.choice(known[known != own], ways - 1, replace=False)
        shown = [reference, *(rng.choice(images[int(other)]) for other in others)]
        scores = score(np.array([probe]), np.array(shown))[0]
        right += bool(scores[0] > scores[1:].max())
    return Proportion(right, trials)
