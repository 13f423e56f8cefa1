"""What every detector under measurement does."""

from typing import Protocol

from edge_siamese.faces import Face
from edge_siamese.frames import RGB


class Detector(Protocol):
    """A detector with its threshold.

    Attributes:
        name: what tables call it.
        threshold: least confidence of the faces it reports, 0 to 1.
    """

    @property
    def name(self) -> str: ...

    @property
    def threshold(self) -> float: ...

    def detect(self, image: RGB) -> list[Face]:
        """Faces on a uint8 ``(H, W, 3)`` RGB image, in its pixels."""
        ...
