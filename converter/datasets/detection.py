"""Pictures with annotated faces: the data of the detector.

A zip with ``images/`` and ``annotations.json``, a list of objects ``{file, split: train|dev, source, faces: [{box: [x,
y, w, h], landmarks: [x1, y1, .. x5, y5] or null}]}`` (further keys are ignored).
"""

import json
import zipfile
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from edge_siamese.detection import letterbox
from edge_siamese.errors import DataError
from edge_siamese.frames import RGB


@dataclass(frozen=True, eq=False)
class AnnotatedPicture:
    """A picture and its faces.

    Attributes:
        picture: uint8 ``(H, W, 3)`` RGB.
        boxes: float32 ``(F, 4)``: x, y, width, height.
        landmarks: float32 ``(F, 5, 2)``; NaN where a face has none.
        source: where the picture is from.
    """

    picture: RGB
    boxes: npt.NDArray[np.float32]
    landmarks: npt.NDArray[np.float32]
    source: str


def load_annotated(path: Path, split: str) -> list[AnnotatedPicture]:
    """Read the pictures of one split.

    Raises:
        DataError: the zip is missing or not as described in this module.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = json.loads(archive.read("annotations.json"))
            return [_annotated(archive, entry) for entry in entries if entry["split"] == split]
    except (OSError, zipfile.BadZipFile, KeyError, json.JSONDecodeError) as error:
        raise DataError(f"{path}: expected a zip with images/ and annotations.json ({error})") from error


def load_detector_inputs(path: Path, size: int = 256) -> npt.NDArray[np.uint8]:
    """Training pictures fitted into the detector's input: uint8 ``(N, size, size, 3)``."""
    return np.stack([letterbox(entry.picture, size, size)[0] for entry in load_annotated(path, "train")])


def _annotated(archive: zipfile.ZipFile, entry: dict[str, object]) -> AnnotatedPicture:
    encoded = np.frombuffer(archive.read(f"images/{entry['file']}"), np.uint8)
    picture = cv2.imdecode(encoded, cv2.IMREAD_COLOR_RGB)
    if picture is None:
        raise DataError(f"{archive.filename}: {entry['file']} is not a picture")
    faces = entry["faces"]
    assert isinstance(faces, list)
    missing = [float("nan")] * 10
    return AnnotatedPicture(
        np.asarray(picture, np.uint8),
        np.array([face["box"] for face in faces], np.float32).reshape(-1, 4),
        np.array([face["landmarks"] or missing for face in faces], np.float32).reshape(-1, 5, 2),
        str(entry["source"]),
    )
