"""Landmark benchmark: verification accuracy of one embedder with the landmarks of each detector."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from edge_siamese.cli.shared.output import table
from edge_siamese.dataset_embeddings import DatasetEmbeddings, embed_dataset
from edge_siamese.evaluation.bootstrap import REPLICATES, PersonBootstrap
from edge_siamese.evaluation.pairs import ScoredPairs
from edge_siamese.evaluation.protocols import VerificationProtocol
from edge_siamese.evaluation.verification import VerificationMetrics
from edge_siamese.faces import Embedding, Face
from edge_siamese.frames import RGB
from edge_siamese.identity_dataset import IdentityDataset
from edge_siamese.protocols import FaceAnalyzer
from edge_siamese.tflite.model_card import ModelCard

from ..peers.detectors import Detector

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class DetectingWith:
    """An engine's embedder combined with another detector."""

    detector: Detector
    engine: FaceAnalyzer

    @property
    def embedder_card(self) -> ModelCard:
        return self.engine.embedder_card

    def detect(self, image: RGB) -> list[Face]:
        return self.detector.detect(image)

    def align(self, image: RGB, face: Face) -> RGB:
        return self.engine.align(image, face)

    def embed_crop(self, crop: RGB) -> Embedding:
        return self.engine.embed_crop(crop)


@dataclass(frozen=True, eq=False)
class Verified:
    """Verification results of a dataset with one detector's faces."""

    detector: Detector
    embedded: DatasetEmbeddings
    comparisons: ScoredPairs
    verification: VerificationMetrics

    def to_json(self) -> dict[str, Any]:
        """The figures, and the photos without a face, or without one in the middle."""
        return {
            "name": self.detector.name,
            "threshold": self.detector.threshold,
            "not_found": self._paths(~self.embedded.found),
            "off_center": self._paths(self.embedded.found & ~self.embedded.centered),
        } | self.verification.to_json()

    def row(self) -> tuple[str, ...]:
        """The metrics as text."""
        embedded, curve = self.embedded, self.verification.metrics.curve
        tar = self.verification.to_json()["tar_at_fmr"]["0.001"]
        return (
            f"{self.detector.name} at {self.detector.threshold:.2f}",
            f"{embedded.found.sum()} of {len(embedded.photos)}",
            f"{embedded.centered.sum()}",
            f"{self.verification.metrics.accuracy:.2%}",
            f"{curve.eer:.2%}",
            "-" if tar is None else f"{tar:.2%}",
        )

    def _paths(self, chosen: npt.NDArray[np.bool_]) -> list[str]:
        return [self.embedded.photos[index].path for index in np.flatnonzero(chosen)]


@dataclass(frozen=True, eq=False)
class LandmarkComparison:
    """Verification results on the same pairs with each detector; the first detector is the evaluated one."""

    verified: Sequence[Verified]
    replicates: int

    def to_json(self) -> dict[str, Any]:
        first, *others = self.verified
        return {
            "protocol": "all-pairs" if first.comparisons.fold is None else "lfw-pairs",
            "photos": len(first.embedded.photos),
            "people": first.comparisons.person_count,
            "genuine_pairs": len(first.comparisons.genuine_scores),
            "impostor_pairs": len(first.comparisons.impostor_scores),
            "replicates": self.replicates,
            "detectors": [verified.to_json() for verified in self.verified],
            "differences": [
                {"of": first.detector.name, "less": other.detector.name} | first.verification.minus(other.verification)
                for other in others
            ],
        }

    def text(self) -> str:
        """The metrics as text."""
        header = ("faces of", "found", "in the middle", "accuracy", "EER", "TAR at FMR 0.001")
        lines = [table([verified.row() for verified in self.verified], header=header)]
        for difference in self.to_json()["differences"]:
            accuracy, tar = _points(difference["accuracy"]), _points(difference["tar_at_fmr"]["0.001"])
            lines.append(f"{difference['of']} less {difference['less']}: accuracy {accuracy}; TAR {tar}")
        return "\n".join(lines)


def compare_landmarks(
    dataset: IdentityDataset,
    engine: FaceAnalyzer,
    detectors: Sequence[Detector],
    progress: Progress | None = None,
    *,
    replicates: int = REPLICATES,
) -> LandmarkComparison:
    """Verify the people of a dataset with each detector's faces, on its ``pairs.txt`` or on all pairs.

    Args:
        dataset: photos of people.
        engine: engine of the embedder.
        detectors: the evaluated detector, then those it is compared with.
        progress: called with the number of photos done and the total, from 0 for each detector.
        replicates: bootstrap replicates for the confidence intervals.

    Raises:
        DataError: there are no genuine or no impostor pairs.
    """
    protocol, draws, verified = VerificationProtocol.of(dataset), None, []
    for detector in detectors:
        embedded = embed_dataset(dataset, DetectingWith(detector, engine), protocol.choose, progress)
        comparisons = protocol.compare(embedded)
        draws = draws or PersonBootstrap(comparisons.person_count, replicates)
        verified.append(Verified(detector, embedded, comparisons, VerificationMetrics.measure(comparisons, draws)))
    return LandmarkComparison(verified, replicates)


def _points(difference: dict[str, Any] | None) -> str:
    """A difference of rates in percentage points, and its interval."""
    if difference is None:
        return "too few impostor pairs to say"
    bounds = difference["person_interval_95"]
    between = f" ({100 * bounds[0]:+.2f} to {100 * bounds[1]:+.2f})" if bounds else ""
    return f"{100 * difference['value']:+.2f} points{between}"
