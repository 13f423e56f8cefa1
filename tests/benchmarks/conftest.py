"""An engine whose networks compute nothing, and annotated images that are rendered."""

import json
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from edge_siamese.alignment import align
from edge_siamese.detection import STRIDES, FaceDetector
from edge_siamese.embedding import FaceEmbedder
from edge_siamese.faces import Embedding, Face
from edge_siamese.frames import RGB
from edge_siamese.rendering import DEMO_SEEDS, Person, Rendering, View, render_background, render_scene
from tests.doubles import FixedNetwork, embedder_card

SIDE, DIMENSION = 64, 32


class StillEngine:
    """The part of `FaceEngine` that benchmarks use, on networks that compute nothing."""

    runtime, delegate, threads = "still 1.0", "reference", 1
    embedder_card = embedder_card(DIMENSION, digest="e" * 64)
    digests = {"embedder": "e" * 64, "detector": "d" * 64}  # noqa: RUF012

    def __init__(self) -> None:
        grids = {stride: (1, SIDE // stride, SIDE // stride) for stride in STRIDES}
        channels = {"score": 1, "box": 4, "landmark": 10}
        shapes = {f"{kind}{s}": (*grid, depth) for s, grid in grids.items() for kind, depth in channels.items()}
        self.detector = FaceDetector(FixedNetwork(**shapes), SIDE, SIDE)
        self.embedder = FaceEmbedder(FixedNetwork(embedding=(1, DIMENSION)), self.embedder_card)

    def detect(self, image: RGB) -> list[Face]:
        return self.detector.detect(image)

    def align(self, image: RGB, face: Face) -> RGB:
        return align(image, face.landmarks)

    def embed_crop(self, crop: RGB) -> Embedding:
        return self.embedder.embed(crop)

    def __enter__(self) -> "StillEngine":
        return self

    def __exit__(self, *error: object) -> None:
        return None


@pytest.fixture
def engine() -> StillEngine:
    return StillEngine()


@pytest.fixture(scope="session")
def scenes() -> list[Rendering]:
    """Four rendered images, each with a face 110 pixels high and one 50 pixels high."""
    images = []
    for number in range(4):
        people = [Person.from_seed(DEMO_SEEDS[number]), Person.from_seed(DEMO_SEEDS[number + 4])]
        placements = [(people[0], View(), 50.0, (240.0, 90.0)), (people[1], View(), 110.0, (100.0, 120.0))]
        images.append(render_scene(placements, size=(320, 240), background_seed=number))
    return images


@pytest.fixture(scope="session")
def annotated(scenes: list[Rendering], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The scenes as an annotated zip: three and two empty images for ``dev``, one for ``train``."""
    path = tmp_path_factory.mktemp("annotated") / "annotated.zip"
    entries: list[dict[str, Any]] = []
    with zipfile.ZipFile(path, "w") as archive:

        def add(image: RGB, split: str, source: str, faces: list[dict[str, Any]]) -> None:
            entries.append({"file": f"{len(entries)}.png", "split": split, "source": source, "faces": faces})
            encoded = cv2.imencode(".png", image[..., ::-1])[1].tobytes()
            archive.writestr(f"images/{entries[-1]['file']}", encoded)

        for number, scene in enumerate(scenes):
            marks = [points.reshape(-1).tolist() for points in scene.landmarks]
            faces = [{"box": box.tolist(), "landmarks": mark} for box, mark in zip(scene.boxes, marks, strict=True)]
            add(scene.image, "train" if number == 3 else "dev", "rendered", faces)
        for seed in (1, 2):
            background = np.clip(render_background((320, 240), seed), 0, 255).astype(np.uint8)
            add(background, "dev", "negative", [])
        archive.writestr("annotations.json", json.dumps(entries))
    return path


@pytest.fixture
def fake_python(tmp_path: Path) -> Callable[[str], Path]:
    """Makes a program that takes the place of a peer's Python and behaves as `fake_worker` is given."""

    def make(behavior: str) -> Path:
        program = tmp_path / f"python{len(list(tmp_path.glob('python*')))}"
        program.write_text(f"#!/bin/sh\nexec {sys.executable} {Path(__file__).parent / 'fake_worker.py'} {behavior}\n")
        program.chmod(0o755)
        return program

    return make
