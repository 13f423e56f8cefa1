"""Verification metrics of scored pairs: ROC metrics, confusion matrix at a threshold, cross-validation."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from edge_siamese.errors import DataError
from edge_siamese.evaluation.bootstrap import SEED, PersonBootstrap
from edge_siamese.evaluation.metrics import ErrorCurve, error_curve
from edge_siamese.evaluation.pairs import ScoredPairs
from edge_siamese.evaluation.verification import VerificationMetrics
from edge_siamese.evaluation.verification_metrics import MetricsTable
from edge_siamese.intervals import Proportion

REPLICATES = 200
CHANCE = 0.5  # AUC of random scores
_ROC_POINTS = 240
_BINS = 96


@dataclass(frozen=True, eq=False)
class Verification:
    """Verification metrics of scored pairs.

    Attributes:
        pairs: the evaluated pairs.
        verification: accuracy, EER, AUC and TAR, with bootstrap intervals over classes.
    """

    pairs: ScoredPairs
    verification: VerificationMetrics

    @classmethod
    def measure(cls, pairs: ScoredPairs, *, replicates: int = REPLICATES, seed: int = SEED) -> Self:
        """Compute the metrics; the intervals use `replicates` bootstrap replicates over classes.

        Raises:
            DataError: a fold has no genuine or no impostor pairs.
        """
        compared = pairs.compact()  # classes without a pair take no part in the draws
        bootstrap = PersonBootstrap(compared.person_count, replicates, seed)
        return cls(pairs, VerificationMetrics.measure(compared, bootstrap))

    @property
    def curve(self) -> ErrorCurve:
        return self.verification.metrics.curve

    def to_json(self) -> dict[str, Any]:
        """Return `VerificationMetrics.to_json` with thresholds in the unit of the scores, and the points of the plots."""
        metrics = self.verification.metrics
        return self.verification.to_json() | {
            "threshold": metrics.threshold,
            "eer_threshold": self.curve.eer_threshold,
            "classes": self.pairs.compact().person_count,
            "genuine_pairs": int(self.pairs.genuine.sum()),
            "impostor_pairs": self.verification.impostor_pairs,
            "det": self.verification.det(),
            "roc": roc_points(self.curve),
            "scores": histogram(self.pairs),
        }


@dataclass(frozen=True)
class Confusion:
    """Counts of decisions at one threshold.

    Attributes:
        threshold: pairs with at least this score match.
        true_matches, false_non_matches: counts of genuine pairs.
        false_matches, true_non_matches: counts of impostor pairs.
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
        """Share of correct decisions, 0 to 1; depends on the ratio of impostor to genuine pairs."""
        right = self.true_matches + self.true_non_matches
        return right / (right + self.false_matches + self.false_non_matches)

    @property
    def precision(self) -> float:
        """Share of genuine pairs among the matches, 0 to 1; 0 without matches."""
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
    """Metrics of one fold at the best threshold of the other folds; `log_loss` is None without probabilities."""

    confusion: Confusion
    auc: float
    log_loss: float | None

    def to_json(self) -> dict[str, Any]:
        return self.confusion.to_json() | {"auc": self.auc, "log_loss": self.log_loss}


def evaluate_folds(pairs: ScoredPairs) -> list[Fold]:
    """Cross-validate the threshold over the folds of `pairs`; `ScoredPairs.within_folds` creates folds.

    Raises:
        DataError: there are no folds, or a fold has no genuine or no impostor pairs.
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
    """Mean negative log-likelihood of the true labels, in nats; probabilities are clipped to 1e-7..1 - 1e-7."""
    right = np.clip(np.where(genuine, probabilities, 1 - probabilities.astype(np.float64)), 1e-7, 1 - 1e-7)
    return float(-np.log(right).mean())


def mean_and_deviation(values: Sequence[float]) -> tuple[float, float]:
    """Return mean and sample standard deviation (0 for a single value)."""
    return float(np.mean(values)), float(np.std(values, ddof=1)) if len(values) > 1 else 0.0


def roc_points(curve: ErrorCurve) -> dict[str, list[float]]:
    """Return TAR over FMR with ascending FMR: all points of a short curve, evenly spaced points of a long one."""
    fmr, tar = curve.fmr[::-1], 1 - curve.fnmr[::-1]
    length = np.append(0, np.cumsum(np.hypot(np.diff(fmr), np.diff(tar))))
    kept = np.unique(np.searchsorted(length, np.linspace(0, length[-1], _ROC_POINTS)))
    if len(fmr) <= _ROC_POINTS:
        kept = np.arange(len(fmr))
    return {"fmr": fmr[kept].tolist(), "tar": tar[kept].tolist()}


def histogram(pairs: ScoredPairs) -> dict[str, Any]:
    """Count genuine and impostor scores in bins between the smallest and the largest score."""
    low, high = float(pairs.scores.min()), float(pairs.scores.max())
    edges = np.linspace(low, high if high > low else low + 1, _BINS + 1)
    sides = {"genuine": pairs.genuine_scores, "impostor": pairs.impostor_scores}
    counts = {name: np.histogram(scores.astype(np.float64), edges)[0].tolist() for name, scores in sides.items()}
    return {"edges": edges.tolist(), **counts}
