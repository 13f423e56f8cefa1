"""Error curves of verification: FMR, FNMR, EER and AUC from genuine and impostor scores.

Terms are those of ISO/IEC 19795-1: a comparison *matches* if its score is at least the threshold; FMR is the share of
impostor comparisons that match, FNMR the share of genuine comparisons that do not, TAR = 1 - FNMR.
"""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from ..errors import DataError

ScoreType = TypeVar("ScoreType", bound=np.generic)
Scores = npt.NDArray[np.floating] | npt.NDArray[np.integer]


@dataclass(frozen=True)
class ErrorCurve:
    """FMR and FNMR at every distinct threshold.

    Attributes:
        thresholds: each distinct score, ascending, then infinity; float64 ``(K,)``.
        fmr: false match rate, decreasing from 1 to 0; float64 ``(K,)``.
        fnmr: false non-match rate, increasing from 0 to 1; float64 ``(K,)``.
    """

    thresholds: npt.NDArray[np.float64]
    fmr: npt.NDArray[np.float64]
    fnmr: npt.NDArray[np.float64]

    @property
    def eer(self) -> float:
        """Equal error rate: mean of FMR and FNMR at the threshold where they are closest, 0 to 1."""
        at = self._crossing()
        return float((self.fmr[at] + self.fnmr[at]) / 2)

    @property
    def eer_threshold(self) -> float:
        return float(self.thresholds[self._crossing()])

    @property
    def auc(self) -> float:
        """Area under the ROC curve: probability that a genuine score exceeds an impostor score; ties count half."""
        return float(-np.trapezoid(1.0 - self.fnmr, self.fmr)) if hasattr(np, "trapezoid") else self._auc_numpy1()

    def threshold_at_fmr(self, fmr: float) -> float:
        """The smallest threshold whose measured FMR does not exceed `fmr`."""
        return float(self.thresholds[np.argmax(self.fmr <= fmr)])

    def tar_at_fmr(self, fmr: float) -> float:
        """TAR at the smallest threshold whose measured FMR does not exceed `fmr`."""
        return float(1.0 - self.fnmr_at_fmr(np.array([fmr]))[0])

    def fnmr_at_fmr(self, fmr: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """FNMR at the smallest threshold whose measured FMR does not exceed each of `fmr`."""
        return self.fnmr[np.searchsorted(-self.fmr, -fmr, side="left")]

    def rates_at(self, threshold: float) -> tuple[float, float]:
        """FMR and FNMR when scores of at least `threshold` match."""
        at = int(np.searchsorted(self.thresholds, threshold, side="left"))
        return float(self.fmr[at]), float(self.fnmr[at])

    def _crossing(self) -> int:
        return int(np.argmin(np.abs(self.fmr - self.fnmr)))

    def _auc_numpy1(self) -> float:
        tar = 1.0 - self.fnmr
        return float(np.sum((tar[1:] + tar[:-1]) / 2 * (self.fmr[:-1] - self.fmr[1:])))


def error_curve(genuine: Scores, impostor: Scores) -> ErrorCurve:
    """Compute the error curve of genuine and impostor scores; higher scores mean more similar.

    Raises:
        DataError: there are no genuine or no impostor scores.
    """
    if not len(genuine) or not len(impostor):
        raise DataError(
            f"verification needs genuine and impostor pairs, found {len(genuine)} genuine and {len(impostor)} impostor"
        )
    distinct, position = np.unique(np.concatenate([genuine, impostor]), return_inverse=True)
    counts = (np.bincount(side, minlength=len(distinct)) for side in np.split(position, [len(genuine)]))
    return curve_of_counts(distinct.astype(np.float64), *counts)


def curve_of_counts(
    scores: npt.NDArray[np.float64], genuine: npt.NDArray[np.number], impostor: npt.NDArray[np.number]
) -> ErrorCurve:
    """Error curve of ascending distinct `scores` ``(K,)`` with `genuine` and `impostor` counts or weights ``(K,)``.

    Neither may be all zero.
    """
    below, above = np.zeros(len(scores) + 1), np.zeros(len(scores) + 1)
    np.cumsum(genuine, out=below[1:])
    np.cumsum(impostor[::-1], out=above[1:])
    return ErrorCurve(np.append(scores, np.inf), above[::-1] / above[-1], below / below[-1])


def all_pairs(
    scores: npt.NDArray[ScoreType], people: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[ScoreType], npt.NDArray[ScoreType]]:
    """Genuine and impostor scores of the N (N - 1) / 2 pairs of a symmetric score matrix ``(N, N)``."""
    first, second = np.triu_indices(len(people), 1)
    same = people[first] == people[second]
    values = scores[first, second]
    return values[same], values[~same]
