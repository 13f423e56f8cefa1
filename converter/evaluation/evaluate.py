"""Everything that is said about one network on images it never saw, in one go."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict

from edge_siamese.errors import DataError

from .identification import identify_by_representatives, one_shot
from .one_shot import draw_runs, evaluate_runs
from .open_set import OpenSet, OpenSetSplit
from .scoring import Labels, Score, ScoredPairs, every_pair, score_pairs
from .verification import REPLICATES, Confusion, Verification, evaluate_folds

SAME_PAIRS = "the equal error rate of these very pairs"
WAYS = (5, 20)
_FOLDS = 4
_MAX_CLASSES_CONFUSED = 60


class Metrics(BaseModel):
    """The figures of one network as JSON.

    Attributes:
        verification: `Verification.to_json`.
        threshold_from: on what the threshold of `confusion` and `open_set` was set, for people.
        confusion: `Confusion.to_json` at that threshold.
        folds: `Fold.to_json` of each; none where the classes do not suffice.
        identification: `Identification.to_json` by one representative a class, ``confusion`` None of many classes.
        one_shot: ``{"ways", "right"}`` for each number of ways, ``right`` as `Proportion.to_json`.
        runs: `OneShotResult.to_json`, where there are groups and drawers.
        open_set: `OpenSet.to_json`, where there are classes enough.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    verification: dict[str, Any]
    threshold_from: str
    confusion: dict[str, Any]
    folds: tuple[dict[str, Any], ...] = ()
    identification: dict[str, Any] | None = None
    one_shot: tuple[dict[str, Any], ...] = ()
    runs: dict[str, Any] | None = None
    open_set: dict[str, Any] | None = None

    def main_metrics(self) -> dict[str, float]:
        """AUC, EER and accuracy, by the names that recipes publish them under."""
        return {name: self.verification[name] for name in ("auc", "eer", "accuracy")}


@dataclass(frozen=True)
class Threshold:
    """A threshold that was set on other images than those judged, and on which, for people."""

    value: float
    source: str


@dataclass(frozen=True)
class Alphabets:
    """For one-shot runs: the alphabet of each image and who drew it, ``(N,)`` each."""

    groups: Sequence[str]
    drawers: Sequence[str]


def evaluate(
    score: Score,
    labels: Labels,
    names: list[str],
    *,
    pairs: ScoredPairs | None = None,
    threshold: Threshold | None = None,
    alphabets: Alphabets | None = None,
    ways: Sequence[int] = WAYS,
    pairs_only: bool = False,
    replicates: int = REPLICATES,
    seed: int = 0,
) -> tuple[Metrics, ScoredPairs]:
    """Judge a network on images that differ: of equal ones under two paths, leave one out before.

    Args:
        score: by what images are compared.
        labels: int64 ``(N,)`` class of each image.
        names: of the class numbers.
        pairs: those of a published list, or a learned head's; by default every pair, of very many a sample.
        threshold: where to accept; without one it is set on the pairs judged, and the figures say so.
        alphabets: adds the published one-shot runs.
        pairs_only: leave identification, one-shot trials and strangers out, where a learned head makes them too dear.
        ways: of the one-shot trials over all classes; more than there are classes are left out.
        replicates: draws of classes behind the intervals.
        seed: of every draw.

    Returns:
        The figures, and the pairs they are of.

    Raises:
        DataError: there are no genuine or no impostor pairs, or a fold lacks some.
    """
    pairs = pairs or score_pairs(score, every_pair(labels, seed=seed), labels)
    verification = Verification.measure(pairs, replicates=replicates)
    at = threshold or Threshold(verification.curve.eer_threshold, SAME_PAIRS)
    several = not pairs_only and len(labels) > len(np.unique(labels))
    metrics = Metrics(
        verification=verification.to_json(),
        threshold_from=at.source,
        confusion=Confusion.of(pairs, at.value).to_json(),
        folds=_folds(pairs, seed),
        identification=_identification(score, labels, names) if several else None,
        one_shot=_one_shot(score, labels, ways, seed) if several else (),
        runs=_runs(score, labels, alphabets, seed) if alphabets else None,
        open_set=_open_set(score, labels, at.value, seed) if several else None,
    )
    return metrics, pairs


def _folds(pairs: ScoredPairs, seed: int) -> tuple[dict[str, Any], ...]:
    with suppress(DataError):
        folded = pairs.within_folds(min(_FOLDS, pairs.person_count // 2), seed=seed) if pairs.fold is None else pairs
        return tuple(fold.to_json() for fold in evaluate_folds(folded))
    return ()


def _identification(score: Score, labels: Labels, names: list[str]) -> dict[str, Any]:
    found = identify_by_representatives(score, labels)
    few = len(found.classes) <= _MAX_CLASSES_CONFUSED
    return found.to_json(names) | ({} if few else {"confusion": None})


def _one_shot(score: Score, labels: Labels, ways: Sequence[int], seed: int) -> tuple[dict[str, Any], ...]:
    able = [each for each in ways if each <= len(np.unique(labels))]
    return tuple({"ways": each, "right": one_shot(score, labels, ways=each, seed=seed).to_json()} for each in able)


def _runs(score: Score, labels: Labels, alphabets: Alphabets, seed: int) -> dict[str, Any] | None:
    with suppress(DataError):
        return evaluate_runs(score, labels, draw_runs(labels, alphabets.groups, alphabets.drawers, seed=seed)).to_json()
    return None


def _open_set(score: Score, labels: Labels, threshold: float, seed: int) -> dict[str, Any] | None:
    with suppress(DataError):
        return OpenSet.measure(score, labels, OpenSetSplit.draw(score, labels, seed=seed)).to_json(threshold)
    return None
