"""This project's own pipeline, in the same kind of process as the others."""

from typing import Any

import numpy.typing as npt

from edge_siamese.engine import FaceEngine
from edge_siamese.faces import Face

from ..adapter import About, Files, FoundFace, Pixels, version_of


class Ours:
    """`FaceEngine` with one thread: detect, align and embed, as a comparison of two photos does.

    Args:
        files: ``embedder`` and ``detector``.
    """

    def __init__(self, files: Files) -> None:
        self._engine = FaceEngine.open(files["embedder"], files["detector"], threads=1)

    def about(self) -> About:
        card = self._engine.embedder_card
        name, version = self._engine.runtime.split(" ", 1)
        versions = version_of("edge-siamese", "opencv-python-headless") | {name: version}
        return About(versions, zero_point=card.zero_point, runs=2 if card.average_flip else 1)

    def detect(self, image: Pixels) -> list[FoundFace]:
        return [FoundFace(_box(face), face.score, face) for face in self._engine.detect(image)]

    def embed(self, image: Pixels, face: FoundFace) -> npt.NDArray[Any]:
        return self._engine.embed(image, face.native).values


def _box(face: Face) -> tuple[float, float, float, float]:
    x, y, width, height = (float(value) for value in face.box)
    return x, y, width, height
