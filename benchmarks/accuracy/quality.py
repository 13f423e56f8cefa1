"""Quality benchmark: error-versus-reject curves of the quality score and its components."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from edge_siamese.cli.shared.output import table
from edge_siamese.dataset_embeddings import DatasetEmbeddings
from edge_siamese.decision import Reason
from edge_siamese.errors import DataError
from edge_siamese.evaluation.comparisons import compare_all
from edge_siamese.evaluation.error_reject import SHARES, RejectCurve, error_versus_reject, oracle
from edge_siamese.evaluation.metrics import error_curve
from edge_siamese.evaluation.pairs import ScoredPairs
from edge_siamese.quality.gate import QualityLimits
from edge_siamese.quality.score import COMPONENTS, QualityFormula

LIMITS = QualityLimits()


@dataclass(frozen=True)
class AtFmr:
    """Error-versus-reject curves at one threshold.

    Attributes:
        fmr: requested false match rate; the threshold is the lowest one with at most this FMR on all photos.
        threshold: Q15 threshold.
        quality: curve of the quality score.
        components: curve of each component alone.
        oracle: best possible curve, computed from the errors.
    """

    fmr: float
    threshold: float
    quality: RejectCurve
    components: dict[str, RejectCurve]
    oracle: RejectCurve

    def to_json(self) -> dict[str, Any]:
        curves = {"quality": self.quality, **self.components, "oracle": self.oracle}
        return {
            "fmr": self.fmr,
            "threshold": self.threshold,
            "genuine_pairs": self.quality.pairs.tolist(),
            "curves": {
                name: {"fnmr": curve.fnmr.tolist(), "area": curve.area, "relative_area": curve.relative_area}
                for name, curve in curves.items()
            },
        }


@dataclass(frozen=True)
class QualityReport:
    """Result of the quality benchmark.

    Attributes:
        photos: number of photos with a face.
        not_found: number of photos without a face, which are left out.
        rejected: number of photos that the quality gate rejects, by reason.
        doubtful: number of photos that pass but cannot be decided "unknown", by reason.
        percentiles: 5th, 25th, 50th, 75th and 95th percentile of the quality.
        at_fmr: curves for each false match rate.
    """

    photos: int
    not_found: int
    rejected: dict[str, int]
    doubtful: dict[str, int]
    percentiles: tuple[float, ...]
    at_fmr: tuple[AtFmr, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "photos": self.photos,
            "not_found": self.not_found,
            "rejected": self.rejected,
            "doubtful": self.doubtful,
            "quality_percentiles_5_25_50_75_95": self.percentiles,
            "shares": SHARES,
            "at_fmr": [at.to_json() for at in self.at_fmr],
        }

    def text(self) -> str:
        """The report as text."""
        rejected, doubtful = (
            ", ".join(f"{reason} {count}" for reason, count in counted.items()) or "none"
            for counted in (self.rejected, self.doubtful)
        )
        lines = [
            f"{self.photos:,} photos with a face, {self.not_found:,} without",
            f'rejected by the gate: {rejected}; too poor for "unknown": {doubtful}',
            "quality, 5th to 95th percentile: " + ", ".join(f"{value:.0f}" for value in self.percentiles),
        ]
        for at in self.at_fmr:
            header = (f"FNMR at FMR {at.fmr:g}, discarding", *(f"{share:.0%}" for share in SHARES), "area by random's")
            curves = {"quality": at.quality, **at.components, "oracle": at.oracle}
            rows = [
                (name, *(f"{rate:.2%}" for rate in curve.fnmr), f"{curve.relative_area:.3f}")
                for name, curve in curves.items()
            ]
            lines += ["", table(rows, header=header)]
        return "\n".join(lines)


def evaluate_quality(embedded: DatasetEmbeddings, formula: QualityFormula, fmrs: Sequence[float]) -> QualityReport:
    """Measure error versus reject over all pairs of photos with a face.

    Args:
        embedded: the photos.
        formula: formula of the quality score.
        fmrs: false match rates; those that need more impostor pairs (1 / FMR) than available are left out.

    Raises:
        DataError: no rate remains, or there are too few photos.
    """
    comparisons = compare_all(embedded)
    both_found = embedded.found[comparisons.first] & embedded.found[comparisons.second]
    index = (np.cumsum(embedded.found) - 1)[comparisons.index[both_found]]
    pairs = ScoredPairs(index, comparisons.scores[both_found], comparisons.labels[embedded.found])
    curve = error_curve(pairs.genuine_scores, pairs.impostor_scores)
    supported = [fmr for fmr in fmrs if fmr * np.count_nonzero(~pairs.genuine) >= 1]
    if not supported:
        raise DataError(
            f"error versus reject at an FMR of {max(fmrs):g} needs {1 / max(fmrs):,.0f} impostor pairs, found "
            f"{np.count_nonzero(~pairs.genuine):,}"
        )
    measured = [quality for quality in embedded.qualities if quality is not None]
    values = np.array([formula.score(quality) for quality in measured])
    defects = [formula.defects(quality) for quality in measured]
    singles = {name: -np.array([row[name] for row in defects]) for name in COMPONENTS}

    def at(fmr: float) -> AtFmr:
        threshold = curve.threshold_at_fmr(fmr)
        index, match = pairs.index[pairs.genuine], pairs.genuine_scores >= threshold
        alone = {name: error_versus_reject(index, match, single) for name, single in singles.items()}
        best = error_versus_reject(index, match, oracle(index, match, len(measured)))
        return AtFmr(fmr, threshold, error_versus_reject(index, match, values), alone, best)

    return QualityReport(
        photos=len(measured),
        not_found=len(embedded.photos) - len(measured),
        rejected=_counted(quality.rejection(LIMITS) for quality in measured),
        doubtful=_counted(quality.doubt(LIMITS) for quality in measured if not quality.rejection(LIMITS)),
        percentiles=tuple(float(value) for value in np.percentile(values, (5, 25, 50, 75, 95))),
        at_fmr=tuple(at(fmr) for fmr in supported),
    )


def _counted(reasons: Iterable[Reason | None]) -> dict[str, int]:
    return dict(Counter(str(reason) for reason in reasons if reason))
