"""Detector benchmark: recall, false boxes and landmark errors on annotated images."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from edge_siamese.cli.shared.output import table
from edge_siamese.detection import FaceDetector
from edge_siamese.engine import FaceEngine
from edge_siamese.errors import DataError
from edge_siamese.evaluation.annotations import AnnotatedSet
from edge_siamese.evaluation.detection import (
    HEIGHT_CLASSES,
    MIN_OVERLAP,
    DetectionMetrics,
    ImageDetections,
    compare,
    detection_metrics,
)
from edge_siamese.faces import Face
from edge_siamese.frames import RGB

from ..peers.detectors import Detector

Progress = Callable[[int, int], None]


class OwnDetector:
    """The detector of an engine, with its default threshold or another."""

    name = "edge-siamese"

    def __init__(self, engine: FaceEngine, threshold: float | None = None) -> None:
        own = engine.detector
        self.threshold = own.score_threshold if threshold is None else threshold
        self._detector = FaceDetector(own.network, own.height, own.width, score_threshold=self.threshold)

    def detect(self, image: RGB) -> list[Face]:
        """Faces on a uint8 ``(H, W, 3)`` RGB image, in its pixels."""
        return self._detector.detect(image)


@dataclass(frozen=True, eq=False)
class AnnotatedResult:
    """Results of detectors on an annotated image set.

    Attributes:
        images: file, source and face heights of each image, for JSON.
        comparisons: for each detector, its result on each image.
    """

    detectors: Sequence[Detector]
    images: list[dict[str, Any]]
    comparisons: list[list[ImageDetections]]

    def to_json(self) -> dict[str, Any]:
        """The figures, with the counts of every image."""
        measured = [
            {"name": detector.name, "threshold": detector.threshold}
            | detection_metrics(answers).to_json()
            | {"by_image": [answer.to_json() for answer in answers]}
            for detector, answers in zip(self.detectors, self.comparisons, strict=True)
        ]
        return {"min_overlap": MIN_OVERLAP, "images": self.images, "detectors": measured}

    def text(self) -> str:
        """The metrics as text."""
        metrics = [detection_metrics(answers) for answers in self.comparisons]
        recall = metrics[0].recall
        header = (
            "detector",
            "threshold",
            *(f"{name} px ({recall[name].trials})" for name in HEIGHT_CLASSES),
            "false boxes an image",
            f"negatives ({metrics[0].negatives.trials})",
            "landmark error",
        )
        rows = [_row(detector, one) for detector, one in zip(self.detectors, metrics, strict=True)]
        return table(rows, header=header)


def measure_annotated(
    annotated: AnnotatedSet, split: str, detectors: Sequence[Detector], progress: Progress | None = None
) -> AnnotatedResult:
    """Run every detector on every image of a split.

    Raises:
        DataError: the split has no images, or an image cannot be read.
    """
    total = annotated.count(split)
    if not total:
        raise DataError(f"{annotated.path}: expected images of the split '{split}', found none")
    images = []
    comparisons: list[list[ImageDetections]] = [[] for _ in detectors]
    for done, truth in enumerate(annotated.images(split), start=1):
        heights = [round(float(height), 1) for height in truth.boxes[:, 3]]
        images.append({"file": truth.name, "source": truth.source, "heights": heights})
        for detector, answers in zip(detectors, comparisons, strict=True):
            answers.append(compare(truth, detector.detect(truth.image)))
        if progress:
            progress(done, total)
    return AnnotatedResult(detectors, images, comparisons)


def _row(detector: Detector, metrics: DetectionMetrics) -> tuple[str, ...]:
    false_boxes, errors = metrics.false_per_image, metrics.landmark_errors[next(iter(HEIGHT_CLASSES))]
    return (
        detector.name,
        f"{detector.threshold:.2f}",
        *(share.text() for share in metrics.recall.values()),
        "-" if false_boxes is None else f"{false_boxes:.2f}",
        metrics.negatives.text(),
        f"{errors.mean():.2%}" if len(errors) else "-",
    )
