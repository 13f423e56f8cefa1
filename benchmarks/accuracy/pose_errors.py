"""Errors by yaw: share of faces that a detector finds and how well it aligns them, by how far the face is turned.

A reference detector gives each photo's largest face with its landmarks, and these give its yaw.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from edge_siamese.alignment import CROP_SIZE, TEMPLATE, similarity
from edge_siamese.cli.shared.output import table
from edge_siamese.detection import intersection_over_union
from edge_siamese.evaluation.detection import MIN_OVERLAP
from edge_siamese.faces import Face
from edge_siamese.identity_dataset import IdentityDataset
from edge_siamese.intervals import Proportion

from ..peers.detectors import Detector
from .reference_faces import Progress, ReferenceFaces

Landmarks = npt.NDArray[np.floating]
YAW_LIMITS = (15, 30, 45, 60, 90)
# Of a mean face seen from the front, in distances from the middle of the eyes to the middle of the mouth: the distance of
# the eyes, and how far the tip of the nose lies in front of the plane of eyes and mouth.
_EYE_DISTANCE, _NOSE_DEPTH = 0.95, 0.45
_CORNERS = np.array([(0, 0), (CROP_SIZE - 1, 0), (0, CROP_SIZE - 1), (CROP_SIZE - 1, CROP_SIZE - 1)], np.float64)


def estimated_yaw(landmarks: Landmarks) -> float:
    """Yaw of a face in degrees, 0 frontal to 90 profile, from its five landmarks ``(5, 2)``.

    Across the face a turn by an angle a shortens the distance of the eyes to its cosine and moves the nose tip away from
    the middle by its sine; along the face nothing changes.
    """
    eyes, mouth = landmarks[:2].mean(axis=0), landmarks[3:].mean(axis=0)
    down = (mouth - eyes).astype(np.float64)
    length = float(np.hypot(*down))
    if length == 0:
        return 90.0
    across = np.array([down[1], -down[0]]) / length
    nose = abs(float((landmarks[2] - eyes) @ across))
    apart = max(abs(float((landmarks[1] - landmarks[0]) @ across)), 1e-9)
    return math.degrees(math.atan2(nose / _NOSE_DEPTH, apart / _EYE_DISTANCE))


def crop_displacement(found: Landmarks, expected: Landmarks) -> float:
    """Mean distance by which the corners of the aligned crop move, in pixels of the crop, with `found` landmarks."""
    ours, theirs = similarity(found, TEMPLATE), similarity(expected, TEMPLATE)
    corners = (_CORNERS - theirs[:, 2]) @ np.linalg.inv(theirs[:, :2]).T  # in the photo
    moved = corners @ ours[:, :2].T + ours[:, 2]
    return float(np.hypot(*(moved - _CORNERS).T).mean())


@dataclass(frozen=True, eq=False)
class PoseErrors:
    """Errors of detectors by yaw.

    Attributes:
        detectors: the measured detectors.
        reference: name of the detector that gives the faces.
        photos: path of each photo used.
        left_out: path and reason of each photo not used.
        yaw: degrees ``(photos,)``, 0 to 90.
        landmark_errors: ``(detectors, photos)``: mean distance of the five landmarks divided by the height of the face's
            box; NaN where the face was not found.
        displacements: ``(detectors, photos)``, see `crop_displacement`.
    """

    detectors: Sequence[Detector]
    reference: str
    photos: list[str]
    left_out: dict[str, str]
    yaw: npt.NDArray[np.float64]
    landmark_errors: npt.NDArray[np.float64]
    displacements: npt.NDArray[np.float64]

    def to_json(self) -> dict[str, Any]:
        """The figures by range of yaw, and the photos whose face was not found."""
        by_detector = [
            {
                "name": detector.name,
                "threshold": detector.threshold,
                "by_yaw": [self._range(index, low, high) for low, high in _ranges()],
                "not_found": [self.photos[photo] for photo in np.flatnonzero(np.isnan(self.landmark_errors[index]))],
            }
            for index, detector in enumerate(self.detectors)
        ]
        return {
            "reference": self.reference, "min_overlap": MIN_OVERLAP, "photos": len(self.photos),
            "left_out": self.left_out, "detectors": by_detector,
        }  # fmt: skip

    def text(self) -> str:
        """The figures as text."""
        header = (
            "yaw",
            "photos",
            "detector",
            "found",
            "landmark error, median",
            "90 %",
            "crop moves by, median",
            "90 %",
        )
        rows = []
        for low, high in _ranges():
            for index, detector in enumerate(self.detectors):
                one = self._range(index, low, high)
                marks, crops = one["landmark_error"], one["crop_displacement"]
                rows.append(
                    (
                        f"{low}-{high}", str(one["photos"]), f"{detector.name} at {detector.threshold:.2f}",
                        Proportion(one["found"], one["photos"]).text() if one["photos"] else "-",
                        *((f"{marks['median']:.2%}", f"{marks['p90']:.2%}") if marks else ("-", "-")),
                        *((f"{crops['median']:.1f} px", f"{crops['p90']:.1f} px") if crops else ("-", "-")),
                    )
                )  # fmt: skip
        about = f"{len(self.photos)} photos, faces and yaw as {self.reference} sees them, {len(self.left_out)} left out"
        return f"{about}\n{table(rows, header=header)}"

    def _range(self, detector: int, low: int, high: int) -> dict[str, Any]:
        chosen = (self.yaw >= low) & ((self.yaw < high) | (high == YAW_LIMITS[-1]))
        marks, crops = self.landmark_errors[detector, chosen], self.displacements[detector, chosen]
        return {
            "yaw": [low, high],
            "photos": int(chosen.sum()),
            "found": int(np.isfinite(marks).sum()),
            "landmark_error": _spread(marks),
            "crop_displacement": _spread(crops),
        }


def measure_pose_errors(
    dataset: IdentityDataset, reference: Detector, detectors: Sequence[Detector], progress: Progress | None = None
) -> PoseErrors:
    """Run the detectors on every photo and compare them with the reference.

    Args:
        dataset: photos of people.
        reference: detector whose largest face of a photo is the true one.
        detectors: the detectors to measure.
        progress: called with the number of photos done and the total.

    Raises:
        DataError: the reference detector found no face.
    """
    faces, yaws, rows = ReferenceFaces(dataset, reference, progress), [], []
    for _, image, face in faces:
        yaws.append(estimated_yaw(face.landmarks))
        rows.append([_errors(detector.detect(image), face) for detector in detectors])
    errors = np.array(rows, np.float64).transpose(2, 1, 0)
    return PoseErrors(detectors, reference.name, faces.used, faces.left_out, np.array(yaws), errors[0], errors[1])


def _errors(faces: Sequence[Face], expected: Face) -> tuple[float, float]:
    """Landmark error and crop displacement of the face that overlaps the expected one most; NaN if none does."""
    if not faces:
        return float("nan"), float("nan")
    overlaps = intersection_over_union(expected.box, np.array([face.box for face in faces], np.float32))
    best = int(np.argmax(overlaps))
    if overlaps[best] < MIN_OVERLAP:
        return float("nan"), float("nan")
    distances = np.hypot(*(faces[best].landmarks - expected.landmarks).T)
    return float(distances.mean() / expected.box[3]), crop_displacement(faces[best].landmarks, expected.landmarks)


def _ranges() -> list[tuple[int, int]]:
    return list(zip((0, *YAW_LIMITS[:-1]), YAW_LIMITS, strict=True))


def _spread(values: npt.NDArray[np.float64]) -> dict[str, float] | None:
    values = values[np.isfinite(values)]
    if not len(values):
        return None
    median, p90 = np.percentile(values, (50, 90))
    return {"mean": float(values.mean()), "median": float(median), "p90": float(p90)}
