"""The shipped models behind one engine, opened once; and people made of patterns, with an engine that knows them again."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest

from edge_siamese.engine import FaceEngine
from edge_siamese.faces import Embedding, Face
from edge_siamese.frames import RGB
from edge_siamese.operating_point import OperatingPoint

SIDE, CELL = 128, 16
DIMENSION = (SIDE // CELL) ** 2


class PatternEngine:
    """Sees as many faces as the first pixel says; a face's embedding is the image's coarse gray pattern."""

    delegate, runtime, threads = "reference", "patterns 1.0", 1

    def __init__(self, digest: str = "ab" * 32, operating_points: tuple[Any, ...] = ()) -> None:
        self.embedder_card: Any = SimpleNamespace(
            average_flip=False, digest=digest, dimension=DIMENSION, zero_point=0, operating_points=operating_points
        )
        self.digests = {"embedder": digest, "detector": "cd" * 32}

    def detect(self, image: RGB) -> list[Face]:
        boxes = [np.array((8, 8, 100 - index, 100 - index), np.float32) for index in range(int(image[0, 0, 0]))]
        return [Face(box, np.zeros((5, 2), np.float32), 0.9) for box in boxes]

    def embed(self, image: RGB, face: Face) -> Embedding:
        pattern = image[CELL // 2 :: CELL, CELL // 2 :: CELL, 1].astype(np.int16) - 128
        return Embedding(pattern.astype(np.int8).reshape(-1), 0, self.embedder_card.digest)

    def analyze(self, image: RGB) -> list[Face]:
        return [face.embedded(self.embed(image, face)) for face in self.detect(image)]

    def __enter__(self) -> "PatternEngine":
        return self

    def __exit__(self, *error: object) -> None:
        return None


def _pattern(person: str, captured: int, faces: int) -> RGB:
    """An image of somebody: the shots of one person score about 0.8, different people about 0."""
    own = np.random.default_rng(list(person.encode())).integers(-80, 80, (SIDE // CELL,) * 2)
    noise = np.random.default_rng([captured, *person.encode()]).integers(-40, 40, own.shape)
    gray = np.kron(np.clip(own + noise + 128, 0, 255), np.ones((CELL, CELL))).astype(np.uint8)
    image = np.repeat(gray[..., None], 3, axis=2)
    image[0, 0] = faces
    return image


@pytest.fixture
def pattern() -> Callable[..., RGB]:
    """``pattern(person, shot, faces=1)``: an image for the engine below."""
    return lambda person, captured, faces=1: _pattern(person, captured, faces)


@pytest.fixture
def pattern_engine() -> type[PatternEngine]:
    return PatternEngine


@pytest.fixture
def save_photo(tmp_path: Path) -> Callable[..., Path]:
    """``save_photo("anna/1.png", "anna", 1, faces=1)`` writes an image below the test's folder."""

    def write(path: str, person: str, captured: int, faces: int = 1) -> Path:
        target = tmp_path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(target), _pattern(person, captured, faces))
        return target

    return write


@pytest.fixture
def people_folder(tmp_path: Path, save_photo: Callable[..., Path]) -> Callable[..., Path]:
    """``people_folder("people", {"anna": (1, 2)})`` writes shots 1 and 2 of anna and returns the folder."""

    def write(folder: str, captures: Mapping[str, tuple[int, ...]]) -> Path:
        for person, numbers in captures.items():
            for captured in numbers:
                save_photo(f"{folder}/{person}/{captured}.png", person, captured)
        return tmp_path / folder

    return write


@pytest.fixture
def operating_point() -> Callable[..., OperatingPoint]:
    """``operating_point(target_fmr, threshold=0)``"""

    def make(target_fmr: float, threshold: int = 0) -> OperatingPoint:
        return OperatingPoint(target_fmr, threshold, target_fmr / 2, 10_000, 50, 0.1, "5a" * 32)

    return make


@pytest.fixture(scope="session")
def engine() -> Iterator[FaceEngine]:
    with FaceEngine.default() as opened:
        yield opened
