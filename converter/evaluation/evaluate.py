"""Run every evaluation of one network on test images."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict

from edge_siamese.errors import DataError
from edge_siamese.evaluation.pairs import ScoredPairs

from .identification import identify_by_representatives, one_shot
from .one_shot import draw_runs, evaluate_runs
from .open_set import OpenSetScores, draw_open_set
from .scoring import Labels, Score, every_pair, score_pairs
from .verification import REPLICATES, Confusion, Verification, evaluate_folds

SAME_PAIRS = "the equal error rate of the same pairs"
WAYS = (5, 20)
_FOLDS = 4
_MAX_CLASSES_CONFUSED = 60


class Metrics(BaseModel):
    """Metrics of one network, as JSON.

    Attributes:
        verification: `Verification.to_json`.
        threshold_from: text that says how the threshold of `confusion` and `open_set` was set.
        confusion: `Confusion.to_json` at that threshold.
        folds: `Fold.to_json` of each fold; empty if there are too few classes.
        identification: `ClosedSetIdentification.to_json` with one representative per class; ``confusion`` is None for many
            classes.
        one_shot: ``{"ways", "right"}`` for each number of ways, ``right`` as `Proportion.to_json`.
        runs: `OneShotResult.to_json`, where there are groups and drawers.
        open_set: `OpenSetScores.to_json`, or None if there are too few classes.
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
        """AUC, EER and accuracy, keyed as in the published metrics of recipes."""
        return {name: self.verification[name] for name in ("auc", "eer", "accuracy")}


@dataclass(frozen=True)
class Threshold:
    """A threshold set on other images than the evaluated ones, and a text that names those images."""

    value: float
    source: str


@dataclass(frozen=True)
class Alphabets:
    """For one-shot runs: alphabet and drawer of each image, ``(N,)`` each."""

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
    """Evaluate a network on N different images; the caller removes duplicates.

    Args:
        score: function that compares images by index.
        labels: int64 ``(N,)`` class of each image.
        names: class names, by class.
        pairs: scored pairs of a published list or of a learned head; by default all pairs, or a sample of very many.
        threshold: decision threshold; None sets it on the evaluated pairs, which the metrics state.
        alphabets: enables the one-shot runs of Omniglot.
        pairs_only: skip identification, one-shot and open-set trials, which are slow with a learned head.
        ways: numbers of classes of the one-shot trials; numbers larger than the number of classes are skipped.
        replicates: bootstrap replicates over classes, for the intervals.
        seed: seed of all random draws.

    Returns:
        The metrics and the evaluated pairs.

    Raises:
        DataError: there are no genuine or no impostor pairs, in total or in a fold.
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
        folds = min(_FOLDS, pairs.compact().person_count // 2)
        folded = pairs.within_folds(folds, seed=seed) if pairs.fold is None else pairs
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
        return OpenSetScores.measure(score, labels, draw_open_set(score, labels, seed=seed)).to_json(threshold)
    return None
