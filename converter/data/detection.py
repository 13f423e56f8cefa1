"""Load annotated images (`edge_siamese.evaluation.annotations`) for detector training."""

from collections.abc import Sequence
from pathlib import Path
from typing import overload

import numpy as np
import numpy.typing as npt

from edge_siamese.detection import letterbox
from edge_siamese.evaluation.annotations import AnnotatedImage, AnnotatedSet

__all__ = ["AnnotatedImage", "Concatenated", "load_annotated", "load_detector_inputs"]


class Concatenated(Sequence[AnnotatedImage]):
    """Several sequences of annotated images as one; images are decoded when they are asked for."""

    def __init__(self, parts: Sequence[Sequence[AnnotatedImage]]) -> None:
        self._places = [(part, number) for part in parts for number in range(len(part))]

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, number: int) -> AnnotatedImage: ...
    @overload
    def __getitem__(self, number: slice) -> list[AnnotatedImage]: ...
    def __getitem__(self, number: int | slice) -> AnnotatedImage | list[AnnotatedImage]:
        if isinstance(number, slice):
            return [part[place] for part, place in self._places[number]]
        part, place = self._places[number]
        return part[place]


def load_annotated(path: Path, split: str) -> list[AnnotatedImage]:
    """Read all images of one split.

    Raises:
        DataError: the file is missing or does not have the form of `AnnotatedSet`.
    """
    with AnnotatedSet(path) as annotated:
        return list(annotated.images(split))


def load_detector_inputs(path: Path, size: int) -> npt.NDArray[np.uint8]:
    """Read the training images, fitted into the input of the detector: uint8 ``(N, size, size, 3)`` RGB."""
    with AnnotatedSet(path) as annotated:
        return np.stack([letterbox(entry.image, size, size)[0] for entry in annotated.images("train")])
