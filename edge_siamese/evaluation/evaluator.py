"""Verification evaluator: computes the report of ``edge-siamese evaluate`` for one embedder or two.

The report consists of plain JSON values (see docs/evaluation.md); the HTML report and the terminal table show it. TAR at an
FMR needs at least 1 / FMR impostor pairs, and an operating point needs a 95 % upper bound of its FMR within the target;
otherwise the report has the required number of pairs instead.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..dataset_embeddings import DatasetEmbeddings
from ..errors import OperatingPointError
from ..matching import Q15
from ..operating_point import OperatingPoint, calibrate, choose_operating_point
from .bootstrap import SEED, PersonBootstrap
from .error_counts import rates_at
from .identity_confusions import false_matches, false_non_matches
from .pairs import ScoredPairs
from .slices import slice_by_labels, slice_by_quality
from .verification import VerificationMetrics, as_score

_HISTOGRAM_BINS = 128


@dataclass(frozen=True)
class SourcedThreshold:
    """A Q15 threshold `value`, its target FMR (None without one), and its source."""

    source: str
    target_fmr: float | None
    value: float


class VerificationEvaluator:
    """Evaluates one embedder on the comparisons of an embedded dataset.

    Args:
        embedded: the embedded dataset.
        comparisons: the compared pairs and their scores.
        target_fmr: target false match rate of the operating point, 0 to 1.
        bootstrap: bootstrap draws for the confidence intervals.
        card_points: operating points of the embedder's model card, measured on other people.
        labels: labels of the photos, by column name; see `labels.read_labels`.
    """

    def __init__(
        self,
        embedded: DatasetEmbeddings,
        comparisons: ScoredPairs,
        target_fmr: float,
        bootstrap: PersonBootstrap,
        card_points: Sequence[OperatingPoint] = (),
        labels: dict[str, list[str]] | None = None,
    ) -> None:
        self.embedded, self.comparisons, self.bootstrap = embedded, comparisons, bootstrap
        self.target_fmr, self.card_points, self.labels = target_fmr, card_points, labels or {}
        self.verification = VerificationMetrics.measure(comparisons, bootstrap)
        self.point, self.rejection = self._calibrated()

    def report(self) -> dict[str, Any]:
        """The JSON report without the envelope."""
        decision, comparisons = self.decision(), self.comparisons
        slices = [
            *slice_by_quality(self.embedded, comparisons, decision.value, self.bootstrap),
            *slice_by_labels(self.labels, comparisons, decision.value, self.bootstrap),
        ]
        return {
            "intervals": {
                "level": 0.95,
                "interval_95": "Clopper-Pearson, pairs taken as independent",
                "person_interval_95": "percentiles of a bootstrap that resamples people",
                "replicates": self.bootstrap.replicates,
                "seed": SEED,
            },
            "genuine_pairs": len(comparisons.genuine_scores),
            "impostor_pairs": len(comparisons.impostor_scores),
            **self.verification.to_json(),
            "operating_point": self.point.to_json() if self.point else None,
            "operating_point_rejected": self.rejection,
            "thresholds": [self._at(threshold) for threshold in self.thresholds()],
            "decision_threshold": _described(decision),
            "slices": [table.to_json() for table in slices],
            "confusions": {
                "false_matches": false_matches(comparisons, decision.value, self.embedded.names),
                "false_non_matches": false_non_matches(comparisons, decision.value, self.embedded.names),
            },
            "det": self.verification.det(),
            "scores": _histogram(self.embedded, comparisons),
        }

    def against_baseline(self, comparisons: ScoredPairs) -> dict[str, Any]:
        """Metrics of another embedder on the same pairs, and the differences this - other."""
        other = VerificationMetrics.measure(comparisons, self.bootstrap)
        return other.to_json() | {"difference": self.verification.minus(other), "det": other.det()}

    def thresholds(self) -> list[SourcedThreshold]:
        """Thresholds at which error rates are counted: of the accuracy, this data's operating point and the card's."""
        found = [SourcedThreshold("accuracy", None, self.verification.metrics.threshold)]
        if self.point:
            found.append(SourcedThreshold("this data", self.point.target_fmr, self.point.threshold_q15))
        return found + [
            SourcedThreshold("model card", point.target_fmr, point.threshold_q15) for point in self.card_points
        ]

    def decision(self) -> SourcedThreshold:
        """Threshold for slices and confusions: this data's operating point, else the card's, else the accuracy's."""
        if self.point:
            return SourcedThreshold("this data", self.point.target_fmr, self.point.threshold_q15)
        if self.card_points:
            point = choose_operating_point(self.card_points, self.target_fmr)
            return SourcedThreshold("model card", point.target_fmr, point.threshold_q15)
        return self.thresholds()[0]

    def _at(self, threshold: SourcedThreshold) -> dict[str, Any]:
        return _described(threshold) | rates_at(self.comparisons, threshold.value, self.bootstrap).to_json()

    def _calibrated(self) -> tuple[OperatingPoint | None, str | None]:
        try:
            point = calibrate(
                self.comparisons.genuine_scores,
                self.comparisons.impostor_scores,
                target_fmr=self.target_fmr,
                people=len(self.embedded.names),
                dataset_digest=self.embedded.digest(),
            )
        except OperatingPointError as error:
            return None, str(error)
        return point, None


def _histogram(embedded: DatasetEmbeddings, comparisons: ScoredPairs) -> dict[str, Any]:
    """Counts of scores in equal bins from -1 to 1; pairs with a photo without a face are counted separately."""
    found = embedded.found[comparisons.first] & embedded.found[comparisons.second]
    edges = np.linspace(-1, 1, _HISTOGRAM_BINS + 1)
    histogram: dict[str, Any] = {"edges": edges.tolist()}
    for name, side in (("genuine", comparisons.genuine), ("impostor", ~comparisons.genuine)):
        histogram[name] = np.histogram(comparisons.scores[side & found] / Q15, edges)[0].tolist()
        histogram[f"{name}_without_face"] = int((side & ~found).sum())
    return histogram


def _described(threshold: SourcedThreshold) -> dict[str, Any]:
    return {"source": threshold.source, "target_fmr": threshold.target_fmr, "score": as_score(threshold.value)}
