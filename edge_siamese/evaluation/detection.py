"""Detection metrics: recall, false boxes and landmark errors on annotated images.

A face is *found* if a box overlaps it with an intersection over union of at least `MIN_OVERLAP`; a box is *false* if it
overlaps no annotated face, of any size, that much. Faces are grouped by the height of their annotated box in pixels of the
stored image.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..detection import intersection_over_union
from ..faces import Face
from ..intervals import Proportion
from .annotations import AnnotatedImage

MIN_OVERLAP = 0.4
HEIGHT_CLASSES = {">=40": (40.0, np.inf), "20-40": (20.0, 40.0), "10-20": (10.0, 20.0)}
"""Ranges of face heights in pixels, from the lower limit up to but not including the upper one."""


@dataclass(frozen=True, eq=False)
class ImageDetections:
    """Result of a detector on one image.

    Attributes:
        heights: heights of the annotated boxes in pixels, float32 ``(F,)``.
        found: whether each face was found, bool ``(F,)``.
        landmark_errors: float32 ``(F,)``: mean distance of the five landmarks of the box that overlaps the face most, as a
            share of the annotated box's width; NaN for a face that was not found or has no annotated landmarks.
        boxes: number of detected boxes.
        false_boxes: number of false boxes.
    """

    heights: npt.NDArray[np.float32]
    found: npt.NDArray[np.bool_]
    landmark_errors: npt.NDArray[np.float32]
    boxes: int
    false_boxes: int

    def to_json(self) -> dict[str, Any]:
        """Counts, and the landmark error of each face, null without one."""
        return {
            "found": self.found.tolist(),
            "landmark_errors": [None if np.isnan(error) else round(float(error), 4) for error in self.landmark_errors],
            "boxes": self.boxes,
            "false_boxes": self.false_boxes,
        }


def compare(truth: AnnotatedImage, faces: Sequence[Face]) -> ImageDetections:
    """Compare detected faces with the annotations of an image."""
    detected = np.array([face.box for face in faces], np.float32).reshape(-1, 4)
    overlaps = np.array([intersection_over_union(box, detected) for box in truth.boxes], np.float32)
    overlaps = overlaps.reshape(len(truth.boxes), len(detected))
    found = np.any(overlaps >= MIN_OVERLAP, axis=1)
    errors = np.full(len(truth.boxes), np.nan, np.float32)
    for index in np.flatnonzero(found):
        points = faces[int(overlaps[index].argmax())].landmarks
        distances = np.linalg.norm(points - truth.landmarks[index], axis=1)
        errors[index] = distances.mean() / truth.boxes[index, 2]
    false_boxes = len(detected) - int(np.any(overlaps >= MIN_OVERLAP, axis=0).sum())
    return ImageDetections(truth.boxes[:, 3], found, errors, len(detected), false_boxes)


@dataclass(frozen=True, eq=False)
class DetectionMetrics:
    """Metrics of a detector on an annotated image set.

    Attributes:
        recall: share of faces found, by height class.
        landmark_errors: landmark errors of the found faces, float32 arrays by height class.
        images: number of images with annotated faces.
        false_boxes: number of false boxes on these images.
        negatives: share of images without a face on which the detector reports one.
    """

    recall: dict[str, Proportion]
    landmark_errors: dict[str, npt.NDArray[np.float32]]
    images: int
    false_boxes: int
    negatives: Proportion

    @property
    def false_per_image(self) -> float | None:
        """Mean number of false boxes on an image with faces; None without such images."""
        return self.false_boxes / self.images if self.images else None

    def to_json(self) -> dict[str, Any]:
        return {
            "recall": {name: share.to_json() for name, share in self.recall.items()},
            "landmark_error": {name: _summary(errors) for name, errors in self.landmark_errors.items()},
            "images_with_faces": self.images,
            "false_boxes": self.false_boxes,
            "false_boxes_a_image": self.false_per_image,
            "negatives_with_a_box": self.negatives.to_json(),
        }


def detection_metrics(comparisons: Sequence[ImageDetections]) -> DetectionMetrics:
    """Compute the metrics from the results of all images."""
    with_faces = [one for one in comparisons if len(one.heights)]
    without = [one for one in comparisons if not len(one.heights)]
    heights = np.array([height for one in with_faces for height in one.heights], np.float32)
    found = np.array([is_found for one in with_faces for is_found in one.found], bool)
    errors = np.array([error for one in with_faces for error in one.landmark_errors], np.float32)
    recall, landmark_errors = {}, {}
    for name, (low, high) in HEIGHT_CLASSES.items():
        of_class = (heights >= low) & (heights < high)
        recall[name] = Proportion(int(found[of_class].sum()), int(of_class.sum()))
        landmark_errors[name] = errors[of_class & ~np.isnan(errors)]
    return DetectionMetrics(
        recall,
        landmark_errors,
        images=len(with_faces),
        false_boxes=sum(one.false_boxes for one in with_faces),
        negatives=Proportion(sum(one.boxes > 0 for one in without), len(without)),
    )


def _summary(errors: npt.NDArray[np.float32]) -> dict[str, Any]:
    if not len(errors):
        return {"faces": 0, "mean": None, "median": None, "p90": None}
    median, p90 = np.percentile(errors, (50, 90))
    return {"faces": len(errors), "mean": float(errors.mean()), "median": float(median), "p90": float(p90)}
