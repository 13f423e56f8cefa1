"""Closed-set identification: every image is of somebody enrolled, and the most alike one is named.

Of equal scores the wrong class goes first, so that a network that answers the same for everything is never right.
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
class Identification:
    """P probes against K enrolled classes.

    Attributes:
        classes: int64 ``(K,)`` number of each, ascending.
        truth: int64 ``(P,)`` position of each probe's class in `classes`.
        scores: float32 ``(P, K)`` best score with the images enrolled for each class.
    """

    classes: Labels
    truth: Labels
    scores: Scores

    @cached_property
    def ranks(self) -> Labels:
        """int64 ``(P,)``: 1 where the right class scores highest, alone."""
        own = self.scores[np.arange(len(self.truth)), self.truth]
        return np.asarray((self.scores >= own[:, None]).sum(axis=1), np.int64)

    @property
    def rank1(self) -> Proportion:
        """Probes named rightly; the exact interval takes them as independent."""
        return Proportion(int((self.ranks == 1).sum()), len(self.ranks))

    @property
    def cmc(self) -> npt.NDArray[np.float64]:
        """Cumulative match characteristic: share of probes whose class is among the best 1, 2, ... K, ``(K,)``."""
        return np.cumsum(np.bincount(self.ranks, minlength=len(self.classes) + 1)[1:]) / len(self.ranks)

    @property
    def confusion(self) -> Labels:
        """int64 ``(K, K)``: probes of each class, by the class they are given; ties go to the wrong one."""
        others = self.scores.copy()
        others[np.arange(len(self.truth)), self.truth] = -np.inf
        named = np.where(self.ranks == 1, self.truth, others.argmax(axis=1))
        size = len(self.classes)
        return np.bincount(self.truth * size + named, minlength=size * size).reshape(size, size)

    def to_json(self, names: list[str]) -> dict[str, Any]:
        """Rank 1, the CMC and the confusion matrix; `names` of all class numbers."""
        return {
            "classes": [names[number] for number in self.classes],
            "rank1": self.rank1.to_json(),
            "cmc": self.cmc.tolist(),
            "confusion": self.confusion.tolist(),
        }


def identify(score: Score, labels: Labels, enrolled: Indices, probes: Indices) -> Identification:
    """Name probes by enrolled images.

    Args:
        score: of images.
        labels: class of each image, ``(N,)``.
        enrolled, probes: rows of images.

    Raises:
        DataError: nothing is enrolled or probed, a probe is enrolled itself, or is of a class that is not.
    """
    if not len(enrolled) or not len(probes):
        raise DataError(
            f"identification: expected images enrolled and to be named, found {len(enrolled)} and {len(probes)}"
        )
    if np.intersect1d(enrolled, probes).size:
        raise DataError("identification: an image that is enrolled cannot be a probe, too")
    classes = np.unique(labels[enrolled])
    unknown = np.setdiff1d(labels[probes], classes)
    if len(unknown):
        raise DataError(f"closed-set identification: class {unknown[0]} is not enrolled")
    truth = np.searchsorted(classes, labels[probes]).astype(np.int64)
    return Identification(classes, truth, class_scores(score, labels, enrolled, probes))


def class_scores(score: Score, labels: Labels, enrolled: Indices, probes: Indices) -> Scores:
    """Best score of each probe with each enrolled class, float32 ``(P, K)``; classes ascend."""
    ordered = enrolled[np.argsort(labels[enrolled], kind="stable")]
    starts = np.unique(labels[ordered], return_index=True)[1]
    blocks = [score(probes[at : at + _BLOCK], ordered) for at in range(0, len(probes), _BLOCK)]
    return np.concatenate([np.maximum.reduceat(block, starts, axis=1) for block in blocks])


def representatives(score: Score, labels: Labels, count: int = 1, strategy: Strategy = Strategy.GREEDY) -> Indices:
    """Rows of at most `count` images a class that stand for it, the medoid first; int64, in the order of the classes."""
    chosen: list[int] = []
    for indices in indices_by_class(labels).values():
        scores = score(indices, indices).astype(np.float64)
        scaled = np.rint(scores * (Q15 / max(float(np.abs(scores).max()), 1e-12))).astype(np.int64)
        chosen += indices[Candidates(scaled, tuple(range(len(indices)))).choose(count, strategy)].tolist()
    return np.array(chosen, np.int64)


def identify_by_representatives(score: Score, labels: Labels, count: int = 1) -> Identification:
    """Enroll everybody's representatives and name every other image.

    Raises:
        DataError: no class has an image beyond its representatives.
    """
    enrolled = representatives(score, labels, count)
    return identify(score, labels, enrolled, np.setdiff1d(np.arange(len(labels)), enrolled))


def one_shot(score: Score, labels: Labels, *, ways: int, trials: int = 1000, seed: int = 0) -> Proportion:
    """N-way one-shot trials: an image is named by one other image of its class and one each of N - 1 other classes.

    Args:
        score: of images.
        labels: class of each image, ``(N,)``.
        ways: N, drawn anew for each trial without repetition.
        trials: how many.
        seed: of the draws.

    Raises:
        DataError: fewer classes than ways, or none with two images.
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
