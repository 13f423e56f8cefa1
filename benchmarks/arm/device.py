"""Parts of the device package as the counted runs need them: its folder, a rendered face, and files of text."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from edge_siamese.atomic import write_atomically
from edge_siamese.errors import DataError


def package_folder() -> Path:
    """Folder of the device package itself."""
    import edge_siamese

    return Path(edge_siamese.__path__[0])


def is_mirrored(path: Path) -> bool:
    """Whether a shipped embedder is run twice for one answer: on the crop and on its mirror image."""
    from edge_siamese.tflite.model_card import read_card

    return bool(read_card(path).average_flip)


def portrait(width: int, height: int) -> tuple[npt.NDArray[np.uint8], Any]:
    """A rendered face: uint8 ``(H, W, 3)`` RGB and its five landmarks, float ``(5, 2)``."""
    from edge_siamese.rendering import DEMO_SEEDS, Person, View, render_portrait

    rendering = render_portrait(Person.from_seed(DEMO_SEEDS[0]), View(), size=(width, height), face_height=height / 2.4)
    return rendering.image, rendering.landmarks[0]


def write_text(path: Path, text: str) -> None:
    """Write a file atomically.

    Raises:
        DataError: it cannot be written.
    """
    try:
        with write_atomically(path) as stream:
            stream.write(text.encode())
    except OSError as error:
        raise DataError(f"{path}: cannot be written ({error.strerror})") from error
