"""Analyzers of faces without networks, each a `FaceAnalyzer`."""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, Self

import numpy as np

from edge_siamese.alignment import CROP_SIZE, TEMPLATE, TEMPLATE_NAME, align
from edge_siamese.faces import Embedding, Face
from edge_siamese.frames import RGB
from edge_siamese.operating_point import OperatingPoint
from edge_siamese.rendering import Person, View, render_crop
from edge_siamese.tflite.model_card import ModelCard

EMBEDDER_DIGEST, DETECTOR_DIGEST = "ab" * 32, "cd" * 32


def embedder_card(
    dimension: int, *, digest: str = EMBEDDER_DIGEST, operating_points: Iterable[OperatingPoint] = (), **fields: Any
) -> ModelCard:
    """A card of an embedder whose zero point is 0 unless `fields` say otherwise."""
    card: dict[str, Any] = {
        "task": "embedder",
        "digest": digest,
        "input_size": (CROP_SIZE, CROP_SIZE),
        "dimension": dimension,
        "alignment": TEMPLATE_NAME,
        "zero_point": 0,
        "name": "double",
        "license": "none",
        "operating_points": tuple(operating_points),
    }
    return ModelCard(**card | fields)


class AnalyzerDouble:
    """What the analyzers share with `FaceEngine`."""

    delegate, runtime, threads = "reference", "double 1.0", 1

    def __init__(self, card: ModelCard) -> None:
        self.embedder_card = card
        self.digests = {"embedder": card.digest, "detector": DETECTOR_DIGEST}

    def detect(self, image: RGB) -> list[Face]:
        raise NotImplementedError

    def align(self, image: RGB, face: Face) -> RGB:
        return align(image, face.landmarks)

    def embed_crop(self, crop: RGB) -> Embedding:
        raise NotImplementedError

    def embed(self, image: RGB, face: Face) -> Embedding:
        return self.embed_crop(self.align(image, face))

    def analyze(self, image: RGB) -> list[Face]:
        return [face.embedded(self.embed(image, face)) for face in self.detect(image)]

    def embedding(self, values: Sequence[int]) -> Embedding:
        card = self.embedder_card
        return Embedding(np.array(values, np.int8), card.zero_point, card.digest)

    def close(self) -> None:
        pass

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


class ScriptedAnalyzer(AnalyzerDouble):
    """Finds the faces that a test has put on an image, and embeds each as the vector it was put there with.

    Attributes:
        embedded: how many crops were embedded.
    """

    def __init__(self, card: ModelCard) -> None:
        super().__init__(card)
        self.embedded = 0
        self._faces: dict[bytes, list[tuple[Face, Sequence[int]]]] = {}
        self._crops: dict[bytes, Sequence[int]] = {}

    def put(self, image: RGB, face: Face, values: Sequence[int]) -> RGB:
        """Put one more face on an image, which is returned as it is."""
        self._faces.setdefault(image.tobytes(), []).append((face, values))
        return image

    def detect(self, image: RGB) -> list[Face]:
        return sorted((face for face, _ in self._faces.get(image.tobytes(), [])), key=lambda face: -face.area)

    def align(self, image: RGB, face: Face) -> RGB:
        crop = super().align(image, face)
        known = self._faces.get(image.tobytes(), [])
        self._crops[crop.tobytes()] = next(values for other, values in known if other.box is face.box)
        return crop

    def embed_crop(self, crop: RGB) -> Embedding:
        self.embedded += 1
        return self.embedding(self._crops[crop.tobytes()])


PATTERN_SIDE, PATTERN_CELL = 128, 16
PATTERN_CELLS = PATTERN_SIDE // PATTERN_CELL
PATTERN_DIMENSION = PATTERN_CELLS**2
_MARK = (1, 2)  # green and blue of the pixel that has the number of faces as red: no turned image has it there


@cache
def _rendered_face() -> RGB:
    return render_crop(Person.from_seed(3600), View())


class PatternAnalyzer(AnalyzerDouble):
    """Finds as many faces as an image's first pixel says; a face's embedding is the image's coarse gray pattern."""

    def __init__(self, digest: str = EMBEDDER_DIGEST, operating_points: Iterable[OperatingPoint] = ()) -> None:
        super().__init__(embedder_card(PATTERN_DIMENSION, digest=digest, operating_points=operating_points))

    def detect(self, image: RGB) -> list[Face]:
        faces = int(image[0, 0, 0]) if tuple(image[0, 0, 1:]) == _MARK else 0
        boxes = [np.array((8, 8, 100 - index, 100 - index), np.float32) for index in range(faces)]
        return [Face(box, box[:2] + TEMPLATE * (box[2] / CROP_SIZE), 0.99) for box in boxes]

    def align(self, image: RGB, face: Face) -> RGB:
        """A rendered face, for the measures on crops; the green of one pixel in every 14x14 pixels has the pattern."""
        crop, step = _rendered_face().copy(), CROP_SIZE // PATTERN_CELLS
        crop[::step, ::step, 1] = image[PATTERN_CELL // 2 :: PATTERN_CELL, PATTERN_CELL // 2 :: PATTERN_CELL, 1]
        return crop

    def embed_crop(self, crop: RGB) -> Embedding:
        cells = crop[:: CROP_SIZE // PATTERN_CELLS, :: CROP_SIZE // PATTERN_CELLS, 1].astype(np.int16)
        return self.embedding((cells - 128).reshape(-1).tolist())


def pattern_image(person: str, captured: int, faces: int = 1) -> RGB:
    """An image for `PatternAnalyzer`: those of one person score about 0.8, those of two about 0."""
    own = np.random.default_rng(list(person.encode())).integers(-80, 80, (PATTERN_CELLS, PATTERN_CELLS))
    noise = np.random.default_rng([captured, *person.encode()]).integers(-40, 40, own.shape)
    gray = np.kron(np.clip(own + noise + 128, 0, 255), np.ones((PATTERN_CELL, PATTERN_CELL))).astype(np.uint8)
    image = np.repeat(gray[..., None], 3, axis=2)
    image[0, 0] = (faces, *_MARK)
    return image
