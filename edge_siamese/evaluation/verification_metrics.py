"""Verification metrics of counted or weighted comparisons: accuracy, EER and AUC.

Without folds, or with one, ``accuracy`` is the balanced accuracy at the EER threshold, 1 - EER. With the folds of a ``pairs.txt``
(Huang et al., "Labeled Faces in the Wild", 2007) it is the mean over the folds, each at the threshold that is best on
the others.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .metrics import ErrorCurve, curve_of_counts
from .pairs import ScoredPairs

Weights = npt.NDArray[np.number]


@dataclass(frozen=True)
class CurveMetrics:
    """Metrics of a set of comparisons.

    Attributes:
        curve: FMR and FNMR at every threshold.
        accuracy: see the module's docstring; `accuracy_sd` is the standard deviation over the folds, None without folds.
        threshold: threshold of the accuracy (mean over the folds).
    """

    curve: ErrorCurve
    accuracy: float
    accuracy_sd: float | None
    threshold: float


class MetricsTable:
    """Comparisons sorted into the cells fold x distinct score, for fast metrics with any weights."""

    def __init__(self, comparisons: ScoredPairs) -> None:
        self.genuine = comparisons.genuine
        distinct, position = np.unique(comparisons.scores, return_inverse=True)
        self._scores = distinct.astype(np.float64)
        fold = np.zeros(1, np.int64) if comparisons.fold is None else comparisons.fold
        self._folds = int(fold.max()) + 1
        cells = position + fold * len(distinct)
        self._cells = cells[self.genuine], cells[~self.genuine]

    def metrics(self, genuine: Weights | None = None, impostor: Weights | None = None) -> CurveMetrics | None:
        """Metrics of the comparisons with genuine weights ``(G,)`` and impostor weights ``(I,)``, or unweighted.

        None if a fold has zero genuine or impostor weight.
        """
        counts = self._counted(0, genuine), self._counted(1, impostor)
        if any((side.sum(axis=1) <= 0).any() for side in counts):
            return None
        curve = curve_of_counts(self._scores, counts[0].sum(axis=0), counts[1].sum(axis=0))
        if self._folds == 1:
            return CurveMetrics(curve, 1.0 - curve.eer, None, curve.eer_threshold)
        accuracies, thresholds = self._by_fold(*counts)
        return CurveMetrics(curve, float(accuracies.mean()), float(accuracies.std(ddof=1)), float(thresholds.mean()))

    def fold_thresholds(self) -> npt.NDArray[np.float64]:
        """The threshold of each fold, ``(folds,)``; every fold needs genuine and impostor pairs."""
        return self._by_fold(self._counted(0, None), self._counted(1, None))[1]

    def _by_fold(
        self, genuine: npt.NDArray[np.float64], impostor: npt.NDArray[np.float64]
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        accuracies, thresholds = np.array([self._fold(fold, genuine, impostor) for fold in range(self._folds)]).T
        return accuracies, thresholds

    def _counted(self, side: int, weights: Weights | None) -> npt.NDArray[np.float64]:
        """Sum of weights in each cell, ``(folds, K)``."""
        counts = np.bincount(self._cells[side], weights, self._folds * len(self._scores))
        return counts.astype(np.float64, copy=False).reshape(self._folds, -1)

    def _fold(
        self, fold: int, genuine: npt.NDArray[np.float64], impostor: npt.NDArray[np.float64]
    ) -> tuple[float, float]:
        """Accuracy of one fold at the threshold that is best on the other folds, and that threshold.

        Of equally good thresholds the lowest score of the other folds is used, so that the fold does not affect it.
        """
        others = [side.sum(axis=0) - side[fold] for side in (genuine, impostor)]
        curve = curve_of_counts(self._scores, *others)
        costs = np.round(curve.fmr + curve.fnmr, 12)
        costs[:-1][others[0] + others[1] == 0] = np.inf
        at = int(np.argmin(costs))
        right = genuine[fold, at:].sum() + impostor[fold, :at].sum()
        return float(right / (genuine[fold].sum() + impostor[fold].sum())), float(curve.thresholds[at])
