"""Scale sweep: share of faces that a detector finds, by face size in frames of constant size.

The largest face of each photo, as found by a reference detector, is scaled to each height: the photo is shrunk and padded with
gray, or enlarged and cropped. The position of the face in the frame is random, but the same for all detectors, so that no
detector's grid is favored.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from edge_siamese.cli.shared.output import table
from edge_siamese.detection import intersection_over_union
from edge_siamese.evaluation.detection import MIN_OVERLAP
from edge_siamese.faces import Face
from edge_siamese.frames import RGB
from edge_siamese.identity_dataset import IdentityDataset
from edge_siamese.intervals import Proportion

from ..peers.detectors import Detector
from .reference_faces import Progress, ReferenceFaces

Box = npt.NDArray[np.float32]
_SIZES = (12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024)
_LARGEST = 0.9  # share of the short side of the frame
_PADDING = (128, 128, 128)


@dataclass(frozen=True, eq=False)
class Sweep:
    """Results of a scale sweep.

    Attributes:
        detectors: the measured detectors.
        reference: name of the detector that located the faces.
        frame: width and height of the frames in pixels.
        sizes: face heights in pixels.
        photos: path of each photo used.
        left_out: path and reason of each photo not used.
        found: bool ``(detectors, sizes, photos)``.
    """

    detectors: Sequence[Detector]
    reference: str
    frame: tuple[int, int]
    sizes: Sequence[int]
    photos: list[str]
    left_out: dict[str, str]
    found: npt.NDArray[np.bool_]

    def share(self, detector: int, size: int) -> Proportion:
        """Share of faces that a detector found at a size, both by index."""
        return Proportion(int(self.found[detector, size].sum()), len(self.photos))

    def to_json(self) -> dict[str, Any]:
        """The shares, and the photos whose face was missed at each size."""
        by_detector = []
        for index, detector in enumerate(self.detectors):
            by_size = [
                {"height": size}
                | self.share(index, at).to_json()
                | {"missed": [self.photos[photo] for photo in np.flatnonzero(~self.found[index, at])]}
                for at, size in enumerate(self.sizes)
            ]
            by_detector.append({"name": detector.name, "threshold": detector.threshold, "by_size": by_size})
        return {
            "reference": self.reference,
            "frame": list(self.frame),
            "min_overlap": MIN_OVERLAP,
            "photos": len(self.photos),
            "left_out": self.left_out,
            "detectors": by_detector,
        }

    def text(self) -> str:
        """The shares as text."""
        header = ("face height", *(f"{detector.name} at {detector.threshold:.2f}" for detector in self.detectors))
        rows = [
            (f"{size} px", *(self.share(index, at).text() for index in range(len(self.detectors))))
            for at, size in enumerate(self.sizes)
        ]
        about = (
            f"{len(self.photos)} photos, frames of {self.frame[0]} x {self.frame[1]} pixels, faces as "
            f"{self.reference} sees them, {len(self.left_out)} left out"
        )
        return f"{about}\n{table(rows, header=header)}"


def face_heights(frame: tuple[int, int]) -> list[int]:
    """The sizes of a sweep: from 12 pixels to nine tenths of the short side of a frame of that width and height."""
    maximum = int(_LARGEST * min(frame))
    return [*(size for size in _SIZES if size < maximum), maximum]


def sweep(
    dataset: IdentityDataset,
    reference: Detector,
    detectors: Sequence[Detector],
    frame: tuple[int, int],
    progress: Progress | None = None,
) -> Sweep:
    """Scale the face of every photo to every size and run the detectors.

    Args:
        dataset: photos of people.
        reference: detector that locates the face of a photo.
        detectors: the detectors to measure.
        frame: width and height of the frames in pixels.
        progress: called with the number of photos done and the total.

    Raises:
        DataError: the reference detector found no face.
    """
    sizes, faces = face_heights(frame), ReferenceFaces(dataset, reference, progress)
    rows = [
        _found_by_size(image, face.box, detectors, sizes, frame, zlib.crc32(path.encode()))
        for path, image, face in faces
    ]
    found = np.array(rows).transpose(2, 1, 0)
    return Sweep(detectors, reference.name, frame, sizes, faces.used, faces.left_out, found)


def place_face(
    image: RGB, box: Box, height: float, frame: tuple[int, int], place: tuple[float, float]
) -> tuple[RGB, Box]:
    """A frame that shows an image's face at a given height and place.

    Args:
        image: uint8 ``(H, W, 3)``.
        box: box of the face: x, y, width, height in pixels.
        height: target height of the face's box in pixels.
        frame: width and height.
        place: position of the box in the frame, from (0, 0), top left, to (1, 1), bottom right.

    Returns:
        The frame, gray outside of the image, and the box in the frame.
    """
    scale = height / float(box[3])
    steps = np.array([scale, scale])
    if scale < 1:  # warping alone would skip pixels
        fitted = [max(1, round(side * scale)) for side in (image.shape[1], image.shape[0])]
        steps = np.array(fitted) / (image.shape[1], image.shape[0])
        image = np.asarray(cv2.resize(image, fitted, interpolation=cv2.INTER_AREA), np.uint8)
    size = box[2:] * steps
    corner = (box[:2] + 0.5) * steps - 0.5
    shift = np.round(np.array(place) * (frame - size) - 0.5 - corner)
    enlarge = max(scale, 1.0)
    matrix = np.column_stack([np.eye(2) * enlarge, shift + (enlarge - 1) / 2])
    shown = cv2.warpAffine(image, matrix, frame, flags=cv2.INTER_LINEAR, borderValue=_PADDING)
    return np.asarray(shown, np.uint8), np.concatenate([corner + shift, size]).astype(np.float32)


def _found_by_size(
    image: RGB, box: Box, detectors: Sequence[Detector], sizes: Sequence[int], frame: tuple[int, int], seed: int
) -> list[list[bool]]:
    """Whether each detector finds the face, by size."""
    rng = np.random.default_rng(seed)
    found = []
    for height in sizes:
        shown, there = place_face(image, box, height, frame, (rng.random(), rng.random()))
        found.append([_is_found(detector.detect(shown), there) for detector in detectors])
    return found


def _is_found(faces: list[Face], box: Box) -> bool:
    boxes = np.array([face.box for face in faces], np.float32).reshape(-1, 4)
    return bool((intersection_over_union(box, boxes) >= MIN_OVERLAP).any())
