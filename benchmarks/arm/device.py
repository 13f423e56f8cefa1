"""Imports from the device package, in one place."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from edge_siamese.atomic import write_atomically
from edge_siamese.cli.shared.output import table
from edge_siamese.errors import DataError, EdgeSiameseError, ModelError, RuntimeMissingError
from edge_siamese.models import named_model, shipped_models
from edge_siamese.tflite.graph import Graph, read_graph
from edge_siamese.tflite.graph import Operator as GraphOperator
from edge_siamese.tflite.tensor import Tensor as GraphTensor

__all__ = [
    "DataError",
    "EdgeSiameseError",
    "Graph",
    "GraphOperator",
    "GraphTensor",
    "ModelError",
    "RuntimeMissingError",
    "is_mirrored",
    "model_bytes",
    "named_model",
    "package_folder",
    "portrait",
    "read_graph",
    "read_image",
    "shipped_models",
    "table",
    "write_text",
]


def package_folder() -> Path:
    """Folder of the device package itself."""
    import edge_siamese

    return Path(edge_siamese.__path__[0])


def model_bytes(path: Path) -> bytes:
    """The bytes of a .tflite, of this project or another.

    Raises
    ------
    ModelError
        The file cannot be read, or is something else.
    """
    from edge_siamese.tflite.model_card import model_bytes as read

    return read(path)


def is_mirrored(path: Path) -> bool:
    """Whether a shipped embedder is run twice for one answer: on the crop and on its mirror image."""
    from edge_siamese.tflite.model_card import read_card

    return bool(read_card(path).average_flip)


def read_image(path: Path) -> npt.NDArray[np.uint8]:
    """Pixels of an image file, uint8 ``(H, W, 3)`` RGB.

    Raises
    ------
    DataError
        The file is missing or not an image.
    """
    from edge_siamese.image_io import read_image as read

    return np.asarray(read(path))


def portrait(width: int, height: int) -> tuple[npt.NDArray[np.uint8], Any]:
    """A rendered face: uint8 ``(H, W, 3)`` RGB and its five landmarks, float ``(5, 2)``."""
    from edge_siamese.rendering import DEMO_SEEDS, Person, View, render_portrait

    rendering = render_portrait(Person.from_seed(DEMO_SEEDS[0]), View(), size=(width, height), face_height=height / 2.4)
    return rendering.image, rendering.landmarks[0]


def write_text(path: Path, text: str) -> None:
    """Write a file atomically.

    Raises
    ------
    DataError
        It cannot be written.
    """
    try:
        with write_atomically(path) as stream:
            stream.write(text.encode())
    except OSError as error:
        raise DataError(f"{path}: cannot be written ({error.strerror})") from error
