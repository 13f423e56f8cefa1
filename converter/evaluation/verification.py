"""Verification of scored pairs: the metrics, a confusion matrix at a threshold, and figures by folds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from edge_siamese.errors import DataError
from edge_siamese.evaluation.bootstrap import SEED, PersonBootstrap
from edge_siamese.evaluation.metrics import ErrorCurve, error_curve
from edge_siamese.evaluation.verification import VerificationMetrics
from edge_siamese.evaluation.verification_metrics import MetricsTable
from edge_siamese.intervals import Proportion

from .scoring import ScoredPairs

REPLICATES = 200
CHANCE = 0.5  # AUC of scores that say nothing
_ROC_POINTS = 240
_BINS = 96


@dataclass(frozen=True, eq=False)
class Verification:
    """What is said about scored pairs.

    Attributes:
        pairs: what was judged.
        verification: accuracy, EER, AUC and TAR, with the classes resampled.
    """

    pairs: ScoredPairs
    verification: VerificationMetrics

    @classmethod
    def measure(cls, pairs: ScoredPairs, *, replicates: int = REPLICATES, seed: int = SEED) -> Self:
        """Measure pairs; `replicates` draws of classes are behind the intervals.

        Raises:
            DataError: a fold lacks genuine or impostor pairs.
        """
        return cls(pairs, VerificationMetrics.measure(pairs, PersonBootstrap(pairs.person_count, replicates, seed)))

    @property
    def curve(self) -> ErrorCurve:
        return self.verification.metrics.curve

    def to_json(self) -> dict[str, Any]:
        """The figures of `VerificationMetrics.to_json` with thresholds in the unit of the scores, and the curves to be drawn."""
        metrics = self.verification.metrics
        return self.verification.to_json() | {
            "threshold": metrics.threshold,
            "eer_threshold": self.curve.eer_threshold,
            "classes": self.pairs.person_count,
            "genuine_pairs": int(self.pairs.genuine.sum()),
            "impostor_pairs": self.verification.impostor_pairs,
            "det": self.verification.det(),
            "roc": roc_points(self.curve),
            "scores": histogram(self.pairs),
        }


@dataclass(frozen=True)
class Confusion:
    """Counted decisions of one threshold.

    Attributes:
        threshold: pairs of at least this score match.
        true_matches, false_non_matches: of the genuine pairs.
        false_matches, true_non_matches: of the impostor pairs.
    """

    threshold: float
    true_matches: int
    false_non_matches: int
    false_matches: int
    true_non_matches: int

    @classmethod
    def of(cls, pairs: ScoredPairs, threshold: float) -> Self:
        match = pairs.scores >= threshold
        cells = np.bincount(2 * (~pairs.genuine) + (match != pairs.genuine), minlength=4)
        true_matches, false_non_matches, true_non_matches, false_matches = cells.tolist()
        return cls(float(threshold), true_matches, false_non_matches, false_matches, true_non_matches)

    @property
    def fmr(self) -> Proportion:
        return Proportion(self.false_matches, self.false_matches + self.true_non_matches)

    @property
    def fnmr(self) -> Proportion:
        return Proportion(self.false_non_matches, self.false_non_matches + self.true_matches)

    @property
    def accuracy(self) -> float:
        """Share of right decisions; it depends on how many impostor pairs there are for each genuine one."""
        right = self.true_matches + self.true_non_matches
        return right / (right + self.false_matches + self.false_non_matches)

    @property
    def precision(self) -> float:
        """Share of genuine pairs among the matches, 0 without matches."""
        return self.true_matches / max(self.true_matches + self.false_matches, 1)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and TAR."""
        return 2 * self.true_matches / (2 * self.true_matches + self.false_matches + self.false_non_matches)

    def to_json(self) -> dict[str, Any]:
        return {
            "threshold": self.threshold,
            "true_matches": self.true_matches,
            "false_non_matches": self.false_non_matches,
            "false_matches": self.false_matches,
            "true_non_matches": self.true_non_matches,
            "fmr": self.fmr.to_json(),
            "fnmr": self.fnmr.to_json(),
            "accuracy": self.accuracy,
            "precision": self.precision,
            "f1": self.f1,
        }


@dataclass(frozen=True)
class Fold:
    """One fold, decided by the threshold that is best on the others; `log_loss` is None without probabilities."""

    confusion: Confusion
    auc: float
    log_loss: float | None

    def to_json(self) -> dict[str, Any]:
        return self.confusion.to_json() | {"auc": self.auc, "log_loss": self.log_loss}


def evaluate_folds(pairs: ScoredPairs) -> list[Fold]:
    """Figures of each fold of `pairs`: k-fold cross-validation of the threshold; `ScoredPairs.within_folds` makes some.

    Raises:
        DataError: there are no folds, or one lacks genuine or impostor pairs.
    """
    folds = [] if pairs.fold is None else [pairs.fold == number for number in range(int(pairs.fold.max()) + 1)]
    if len(folds) < 2 or any(not 0 < pairs.genuine[fold].sum() < fold.sum() for fold in folds):
        raise DataError("folds: expected two or more, each with genuine and impostor pairs")
    evaluated = []
    for fold, threshold in zip(folds, MetricsTable(pairs).fold_thresholds().tolist(), strict=True):
        part = pairs.where(fold)
        auc = error_curve(part.genuine_scores, part.impostor_scores).auc
        loss = None if part.probabilities is None else log_loss(part.probabilities, part.genuine)
        evaluated.append(Fold(Confusion.of(part, threshold), auc, loss))
    return evaluated


def log_loss(probabilities: npt.NDArray[np.floating], genuine: npt.NDArray[np.bool_]) -> float:
    """Mean of ``-log`` of the probability given to the truth, in nats; probabilities are kept 1e-7 off 0 and 1."""
    right = np.clip(np.where(genuine, probabilities, 1 - probabilities.astype(np.float64)), 1e-7, 1 - 1e-7)
    return float(-np.log(right).mean())


def mean_and_deviation(values: Sequence[float]) -> tuple[float, float]:
    """Mean and sample standard deviation, 0 of a single value."""
    return float(np.mean(values)), float(np.std(values, ddof=1)) if len(values) > 1 else 0.0


def roc_points(curve: ErrorCurve) -> dict[str, list[float]]:
    """TAR over FMR with FMR ascending: every corner of a short curve, evenly spaced ones of a long one."""
    fmr, tar = curve.fmr[::-1], 1 - curve.fnmr[::-1]
    length = np.append(0, np.cumsum(np.hypot(np.diff(fmr), np.diff(tar))))
    kept = np.unique(np.searchsorted(length, np.linspace(0, length[-1], _ROC_POINTS)))
    if len(fmr) <= _ROC_POINTS:
        kept = np.arange(len(fmr))
    return {"fmr": fmr[kept].tolist(), "tar": tar[kept].tolist()}


def histogram(pairs: ScoredPairs) -> dict[str, Any]:
    """Counts of genuine and impostor scores in bins between the smallest and the largest score."""
    low, high = float(pairs.scores.min()), float(pairs.scores.max())
    edges = np.linspace(low, high if high > low else low + 1, _BINS + 1)
    sides = {"genuine": pairs.genuine_scores, "impostor": pairs.impostor_scores}
    counts = {name: np.histogram(scores.astype(np.float64), edges)[0].tolist() for name, scores in sides.items()}
    return {"edges": edges.tolist(), **counts}
