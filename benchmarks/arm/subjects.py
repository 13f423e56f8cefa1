"""Subjects of counting: shipped models, .tflite files, `analyze` of an image, and the peers."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from edge_siamese.arm_cost import KernelOperator, read_operators
from edge_siamese.errors import DataError
from edge_siamese.image_io import read_image
from edge_siamese.models import named_model, shipped_models

from .device import is_mirrored, portrait

DATA_VARIABLE = "EDGE_SIAMESE_DATA"
_YUNET = "yunet_n_320_320.onnx"
_PEER_EMBEDDER = "mobilefacenet_int8.tflite"
_YUNET_SIZES = ((320, 320), (320, 240), (160, 120))
_DIMENSION, _MAX_TEMPLATES = 256, 1_000_000
_FORMS = "a shipped model's name, a .tflite file, pipeline, pipeline:EMBEDDER+DETECTOR, loop:FRAMES, search:TEMPLATES or peers"
_MAX_FRAMES = 10_000


@dataclass(frozen=True)
class Image:
    """The image of the pipeline.

    Attributes:
        pixels: uint8 array of shape (H, W, 3); RGB.
        landmarks: float array of shape (5, 2); of the face that is aligned on its own, in pixels.
        title: what tables call it.
    """

    pixels: npt.NDArray[np.uint8]
    landmarks: npt.NDArray[np.floating[Any]]
    title: str

    @classmethod
    def rendered(cls, width: int, height: int) -> "Image":
        """One rendered face."""
        pixels, landmarks = portrait(width, height)
        return cls(pixels, np.asarray(landmarks, np.float32), f"a rendered face, {width} x {height}")

    @classmethod
    def read(cls, path: Path, width: int, height: int) -> "Image":
        """An image file, scaled to a size.

        Raises:
            DataError: the file cannot be read as an image.
        """
        import cv2

        pixels = np.asarray(cv2.resize(read_image(path), (width, height)), np.uint8)
        return cls(pixels, cls.rendered(width, height).landmarks, f"{path.name}, {width} x {height}")

    def save(self, path: Path) -> None:
        np.savez(path, image=self.pixels, landmarks=self.landmarks)


@dataclass(frozen=True)
class CountedSubject:
    """One thing to count.

    Attributes:
        name: what tables call it.
        item: the guest's job, without ``name`` and ``image``.
        operators: of its network; empty for what is more than one.
        mirrored: whether an answer takes two runs of the network.
    """

    name: str
    item: Mapping[str, Any]
    operators: tuple[KernelOperator, ...] = ()
    mirrored: bool = False

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one run, 0 where that is not known."""
        return sum(operator.macs for operator in self.operators)

    def job(self, image: Path) -> dict[str, Any]:
        """The guest's job."""
        return {"name": self.name, "image": str(image)} | dict(self.item)


def resolve(words: Sequence[str], environment: Mapping[str, str] = os.environ) -> list[CountedSubject]:
    """The subjects that words of the command line name, each once.

    Args:
        words: names of shipped models, paths of ``.tflite`` files, ``"pipeline"``, ``"pipeline:EMBEDDER+DETECTOR"``,
            ``"loop:FRAMES"``, ``"search:TEMPLATES"`` or ``"peers"``. Without any: all shipped models and the pipeline.
        environment: where ``EDGE_SIAMESE_DATA`` is looked up.

    Raises:
        DataError: a word names nothing.
        ModelError: a file is not a ``.tflite``.
    """
    words = words or [*(path.stem for path in shipped_models()), "pipeline"]
    found = [counted for word in words for counted in _subjects(word, environment)]
    return list({counted.name: counted for counted in found}.values())


def _subjects(word: str, environment: Mapping[str, str]) -> Iterator[CountedSubject]:
    if word == "peers":
        yield from _peers(environment)
    elif word == "pipeline" or word.startswith("pipeline:"):
        yield _pipeline(word)
    elif word.startswith("search:"):
        yield _search(word)
    elif word.startswith("loop:"):
        yield _loop(word)
    else:
        path = find_model(word)
        yield _network(path, path.stem if named_model(word) else path.name)


def find_model(word: str) -> Path:
    """Path of a shipped model by its name, or of a ``.tflite`` file.

    Raises:
        DataError: there is neither.
    """
    path = named_model(word) or Path(word)
    if not path.is_file():
        names = ", ".join(shipped.stem for shipped in shipped_models())
        raise DataError(f"{word}: expected {_FORMS}, found nothing of that name; shipped are {names}")
    return path.absolute()


def _network(path: Path, name: str, *, foreign: bool = False) -> CountedSubject:
    shipped = not foreign and path in {shipped.absolute() for shipped in shipped_models()}
    return CountedSubject(
        name,
        {"kind": "network", "path": str(path)},
        tuple(read_operators(path)),
        mirrored=shipped and is_mirrored(path),
    )


def _pipeline(word: str) -> CountedSubject:
    _, colon, pair = word.partition(":")
    embedder, plus, detector = (pair if colon else "embedder+detector").partition("+")
    if not (embedder and plus and detector):
        raise DataError(f"{word}: expected pipeline:EMBEDDER+DETECTOR, two shipped models' names or .tflite files")
    paths = find_model(embedder), find_model(detector)
    for path in paths:
        read_operators(path)
    names = " + ".join(path.stem for path in paths)
    return CountedSubject(
        f"pipeline {names}", {"kind": "analyze", "embedder": str(paths[0]), "detector": str(paths[1])}
    )


def _loop(word: str) -> CountedSubject:
    digits = word.partition(":")[2]
    if not (digits.isascii() and digits.isdigit() and 0 < int(digits) <= _MAX_FRAMES):
        raise DataError(f"{word}: expected loop:FRAMES with 1 to {_MAX_FRAMES:,} frames, found {digits!r}")
    models = {"embedder": str(find_model("embedder")), "detector": str(find_model("detector"))}
    return CountedSubject(f"loop of {int(digits):,} frames", {"kind": "loop", "frames": int(digits)} | models)


def _search(word: str) -> CountedSubject:
    digits = word.partition(":")[2]
    if not (digits.isascii() and digits.isdigit() and 0 < int(digits) <= _MAX_TEMPLATES):
        raise DataError(f"{word}: expected search:TEMPLATES with 1 to {_MAX_TEMPLATES:,} templates, found {digits!r}")
    item = {"kind": "search", "templates": int(digits), "dimension": _DIMENSION}
    return CountedSubject(f"search of {int(digits):,} templates", item)


def _peers(environment: Mapping[str, str]) -> Iterator[CountedSubject]:
    data = environment.get(DATA_VARIABLE)
    folder = Path(data, "peers").absolute() if data else None
    if not folder or not folder.is_dir():
        found = f"no folder {folder}" if folder else "it unset"
        raise DataError(f"peers: expected {DATA_VARIABLE} to name a folder that holds peers/, found {found}")
    subjects = [_network(path, path.name, foreign=True) for path in sorted(folder.glob("*.tflite"))]
    yunet = folder / _YUNET
    if yunet.is_file():
        subjects += [_yunet(yunet, *size) for size in _YUNET_SIZES]
        embedder = folder / _PEER_EMBEDDER
        if embedder.is_file():
            item = {
                "kind": "peer_pipeline",
                "yunet": str(yunet),
                "embedder": str(embedder),
                "width": 320,
                "height": 240,
            }
            subjects.append(CountedSubject(f"yunet 320x240 + align + {embedder.stem}", item))
    if not subjects:
        raise DataError(f"peers: expected .tflite files or {_YUNET} in {folder}, found neither")
    yield from subjects


def _yunet(path: Path, width: int, height: int) -> CountedSubject:
    return CountedSubject(
        f"yunet {width}x{height}", {"kind": "yunet", "yunet": str(path), "width": width, "height": height}
    )
