"""Images with annotated faces (`edge_siamese.evaluation.annotations`) as the detector's training data."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from edge_siamese.detection import letterbox
from edge_siamese.evaluation.annotations import AnnotatedImage, AnnotatedSet

__all__ = ["AnnotatedImage", "load_annotated", "load_detector_inputs"]


def load_annotated(path: Path, split: str) -> list[AnnotatedImage]:
    """Read all images of one split.

    Raises:
        DataError: the set is missing, or not what `AnnotatedSet` describes.
    """
    with AnnotatedSet(path) as annotated:
        return list(annotated.images(split))


def load_detector_inputs(path: Path, size: int) -> npt.NDArray[np.uint8]:
    """Training images fitted into the detector's input: uint8 ``(N, size, size, 3)``."""
    with AnnotatedSet(path) as annotated:
        return np.stack([letterbox(entry.image, size, size)[0] for entry in annotated.images("train")])
