"""Verification metrics of one embedder, and differences between two, with confidence intervals."""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from ..errors import DataError
from ..intervals import pairs_to_report
from ..matching import NO_SCORE, Q15
from .bootstrap import PersonBootstrap, Replicates, interval
from .pairs import ScoredPairs
from .verification_metrics import CurveMetrics, MetricsTable

REPORTED_FMRS = (1e-3, 1e-4)
_DET_POINTS = 80


@dataclass(frozen=True, eq=False)
class VerificationMetrics:
    """Accuracy, EER, AUC and TAR of one set of comparisons.

    Attributes:
        metrics: metrics of the comparisons.
        replicates: bootstrap replicates; their `fnmr` is at `REPORTED_FMRS`, then at `det_fmrs`.
        impostor_pairs: number of impostor pairs; a TAR is reported from 1 / FMR pairs on.
        det_fmrs: FMRs of the points of the DET curve.
    """

    metrics: CurveMetrics
    replicates: Replicates
    impostor_pairs: int
    det_fmrs: tuple[float, ...]

    @classmethod
    def measure(cls, comparisons: ScoredPairs, bootstrap: PersonBootstrap) -> Self:
        """Compute the metrics of comparisons.

        Raises:
            DataError: a fold lacks genuine or impostor pairs.
        """
        metrics = MetricsTable(comparisons).metrics()
        if metrics is None:
            raise DataError("pairs.txt: expected genuine and impostor pairs in every fold")
        impostor_pairs = int((~comparisons.genuine).sum())
        det_fmrs = _det_fmrs(impostor_pairs)
        replicates = bootstrap.metrics(comparisons, (*REPORTED_FMRS, *det_fmrs))
        return cls(metrics, replicates, impostor_pairs, det_fmrs)

    def to_json(self) -> dict[str, Any]:
        """Metrics, intervals and the reasons for missing values as one JSON object."""
        metrics, replicates = self.metrics, self.replicates
        fmr, fnmr = metrics.curve.rates_at(metrics.threshold)
        return {
            "accuracy": metrics.accuracy,
            "accuracy_sd": metrics.accuracy_sd,
            "threshold": as_score(metrics.threshold),
            "fmr": fmr,
            "fnmr": fnmr,
            "eer": metrics.curve.eer,
            "auc": metrics.curve.auc,
            "tar_at_fmr": self._at_reported(lambda _, fmr: metrics.curve.tar_at_fmr(fmr)),
            "tar_at_fmr_rejected": {
                _name(fmr): f"needs at least {pairs_to_report(fmr):,} impostor pairs, found {self.impostor_pairs:,}"
                for fmr in REPORTED_FMRS
                if not self._is_reported(fmr)
            },
            "person_intervals_95": {
                "accuracy": interval(replicates.accuracy),
                "eer": interval(replicates.eer),
                "auc": interval(replicates.auc),
                "tar_at_fmr": self._at_reported(lambda at, _: interval(1 - replicates.fnmr[:, at])),
            },
        }

    def minus(self, other: "VerificationMetrics") -> dict[str, Any]:
        """Differences from another embedder on the same pairs and draws, with paired bootstrap intervals."""
        (mine, theirs), (a, b) = (self.metrics, other.metrics), (self.replicates, other.replicates)
        return {
            "accuracy": _difference(mine.accuracy - theirs.accuracy, a.accuracy - b.accuracy),
            "eer": _difference(mine.curve.eer - theirs.curve.eer, a.eer - b.eer),
            "auc": _difference(mine.curve.auc - theirs.curve.auc, a.auc - b.auc),
            "tar_at_fmr": self._at_reported(
                lambda at, fmr: _difference(
                    mine.curve.tar_at_fmr(fmr) - theirs.curve.tar_at_fmr(fmr), b.fnmr[:, at] - a.fnmr[:, at]
                )
            ),
        }

    def det(self) -> dict[str, Any]:
        """DET curve from one false match on, with a bootstrap band."""
        return {
            "fmr": self.det_fmrs,
            "fnmr": self.metrics.curve.fnmr_at_fmr(np.array(self.det_fmrs)).tolist(),
            "person_interval_95": [interval(column) for column in self.replicates.fnmr[:, len(REPORTED_FMRS) :].T],
        }

    def _at_reported(self, value: Callable[[int, float], Any]) -> dict[str, Any]:
        """`value` of each reported FMR, by name; None if there are too few impostor pairs."""
        return {_name(fmr): value(at, fmr) if self._is_reported(fmr) else None for at, fmr in enumerate(REPORTED_FMRS)}

    def _is_reported(self, fmr: float) -> bool:
        return self.impostor_pairs >= pairs_to_report(fmr)


def as_score(threshold: float) -> float:
    """A Q15 threshold as a float, -1 to 1."""
    return min(max(threshold, NO_SCORE), Q15 - 1) / Q15


def _difference(value: float, replicates: npt.NDArray[np.float64]) -> dict[str, Any]:
    return {"value": value, "person_interval_95": interval(replicates)}


def _det_fmrs(impostor_pairs: int) -> tuple[float, ...]:
    """FMRs evenly spaced on a probit axis, from one false match to 0.5."""
    normal = NormalDist()
    lowest = normal.inv_cdf(min(1.0 / impostor_pairs, 0.49))
    return tuple(normal.cdf(lowest * (1 - at / (_DET_POINTS - 1))) for at in range(_DET_POINTS))


def _name(fmr: float) -> str:
    return f"{fmr:.5f}".rstrip("0")
