"""An engine whose networks compute nothing, so that what surrounds them can be timed and tested."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from edge_siamese.alignment import align
from edge_siamese.detection import STRIDES, FaceDetector
from edge_siamese.embedding import FaceEmbedder
from edge_siamese.faces import Embedding, Face
from edge_siamese.frames import RGB

SIDE, DIMENSION = 64, 32


class StillNetwork:
    """Answers every input with the same outputs."""

    delegate = "reference"

    def __init__(self, **shapes: tuple[int, ...]) -> None:
        self.outputs = {name: np.full(shape, -100, np.int8) for name, shape in shapes.items()}
        self.runs = 0

    def run(self, image: npt.NDArray[np.int8]) -> dict[str, npt.NDArray[np.int8]]:
        self.runs += 1
        return self.outputs

    def output_scales(self) -> dict[str, tuple[float, int]]:
        return dict.fromkeys(self.outputs, (0.1, 0))


class StillEngine:
    """The part of `FaceEngine` that benchmarks use, on networks that compute nothing."""

    runtime, delegate, threads = "still 1.0", "reference", 1
    embedder_card: Any = SimpleNamespace(zero_point=0, digest="e" * 64, dimension=DIMENSION)
    digests = {"embedder": "e" * 64, "detector": "d" * 64}  # noqa: RUF012

    def __init__(self) -> None:
        grids = {stride: (1, SIDE // stride, SIDE // stride) for stride in STRIDES}
        channels = {"score": 1, "box": 4, "landmark": 10}
        shapes = {f"{kind}{s}": (*grid, depth) for s, grid in grids.items() for kind, depth in channels.items()}
        self.detector = FaceDetector(StillNetwork(**shapes), SIDE, SIDE)
        self.embedder = FaceEmbedder(StillNetwork(embedding=(1, DIMENSION)), self.embedder_card)

    def detect(self, picture: RGB) -> list[Face]:
        return self.detector.detect(picture)

    def embed(self, picture: RGB, face: Face) -> Embedding:
        return self.embedder.embed(align(picture, face.landmarks))

    def __enter__(self) -> "StillEngine":
        return self

    def __exit__(self, *error: object) -> None:
        return None


@pytest.fixture
def engine() -> StillEngine:
    return StillEngine()
