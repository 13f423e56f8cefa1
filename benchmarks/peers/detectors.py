"""Detectors of other projects for `bench detection`, in this process and with our data types."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from edge_siamese.errors import DataError
from edge_siamese.faces import Face
from edge_siamese.frames import RGB

from .yunet import YuNet

__all__ = ["DETECTORS", "Detector", "YuNet", "open_peer"]


class Detector(Protocol):
    """A detector with its threshold.

    Attributes:
        name: name of the detector in tables.
        threshold: minimum confidence of reported faces, 0 to 1.
    """

    @property
    def name(self) -> str: ...

    @property
    def threshold(self) -> float: ...

    def detect(self, image: RGB) -> list[Face]:
        """Faces on a uint8 ``(H, W, 3)`` RGB image, in its pixels."""
        ...


DETECTORS: dict[str, Callable[[Path, float], Detector]] = {"yunet": YuNet}


def open_peer(description: str, threshold: float) -> Detector:
    """Open the peer that ``NAME=FILE`` describes.

    Args:
        description: a name of `DETECTORS` and the peer's model file.
        threshold: minimum confidence, 0 to 1.

    Raises:
        DataError: the description is not of this form, or the file is missing.
        ModelError: the file is not that peer's model.
    """
    name, _, file = description.partition("=")
    if name not in DETECTORS or not file:
        raise DataError(f"peer: expected {' or '.join(f'{known}=FILE' for known in DETECTORS)}, found {description!r}")
    return DETECTORS[name](Path(file), threshold)
