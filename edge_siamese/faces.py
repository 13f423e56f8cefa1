"""Data types of a face: box, landmarks and embedding.

Coordinates are image pixels with the origin at the center of the top-left pixel (OpenCV's convention).
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from .decision import Reason
    from .operating_point import OperatingPoint

MIRRORED_LANDMARKS = [1, 0, 2, 4, 3]
"""Order of a face's landmarks in the mirror image, where the subject's right eye becomes the left eye."""


@dataclass(frozen=True, eq=False)
class Embedding:
    """Raw int8 output of an embedder, with the data needed to compare it.

    Attributes:
        values: int8 ``(D,)``, not normalized.
        zero_point: the quantized value that represents 0.
        embedder: digest of the embedder (`tflite.model_card.ModelCard.digest`); only embeddings with equal digests can be compared.
        operating_points: operating points of the embedder's card, for galleries without their own.
    """

    values: npt.NDArray[np.int8]
    zero_point: int
    embedder: str
    operating_points: "tuple[OperatingPoint, ...]" = ()


@dataclass(frozen=True, eq=False)
class Face:
    """A detected face.

    Attributes:
        box: float32 ``(4,)``: x, y, width, height; not clipped to the frame.
        landmarks: float32 ``(5, 2)``: the subject's right eye, left eye, nose tip, right and left mouth corner.
        score: the detector's confidence, 0 to 1.
        embedding: set by `FaceEngine.analyze`, otherwise None.
        rejection: reason why the face cannot be compared; set by `FaceEngine.analyze`, None if it can be compared.
        doubt: reason why a low score does not mean a different person; None if there is no such reason.
        turn: counterclockwise rotation in degrees that makes the image upright: 0, 90, 180 or 270.
    """

    box: npt.NDArray[np.float32]
    landmarks: npt.NDArray[np.float32]
    score: float
    embedding: Embedding | None = None
    rejection: "Reason | None" = None
    doubt: "Reason | None" = None
    turn: int = 0

    @property
    def center(self) -> tuple[float, float]:
        """Center of the box: x, y in pixels."""
        x, y, width, height = (float(value) for value in self.box)
        return x + width / 2, y + height / 2

    @property
    def area(self) -> float:
        """Area of the box in square pixels."""
        return float(self.box[2] * self.box[3])

    def is_cut_off(self, height: int, width: int) -> bool:
        """Whether a landmark is outside an image of this size in pixels."""
        across, down = self.landmarks[:, 0], self.landmarks[:, 1]
        return bool(min(across.min(), down.min()) < 0 or across.max() > width - 1 or down.max() > height - 1)

    def embedded(self, embedding: Embedding) -> "Face":
        """A copy of this face with an embedding."""
        return replace(self, embedding=embedding)


def largest(faces: list[Face]) -> Face | None:
    """The face with the largest box, or None."""
    return max(faces, key=lambda face: face.area, default=None)


def nearest_center(faces: list[Face], width: int, height: int) -> Face | None:
    """The face whose box center is nearest the center of an image of the given size, or None."""

    def squared_distance(face: Face) -> float:
        x, y = face.center
        return (x - (width - 1) / 2) ** 2 + (y - (height - 1) / 2) ** 2

    return min(faces, key=squared_distance, default=None)
