"""Pictures with annotated faces (`edge_siamese.evaluation.annotations`) as the detector's training data."""

from pathlib import Path

from edge_siamese.evaluation.annotations import AnnotatedPicture, AnnotatedSet

__all__ = ["AnnotatedPicture", "load_annotated"]


def load_annotated(path: Path, split: str) -> list[AnnotatedPicture]:
    """Read all pictures of one split.

    Raises:
        DataError: the set is missing, or not what `AnnotatedSet` describes.
    """
    return list(AnnotatedSet(path).pictures(split))
