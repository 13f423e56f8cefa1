"""Make a teacher folder, the data of `distill`, of people's photos and a teacher network; `teacher` reads it."""

import csv
import gzip
import io
import shutil
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from edge_siamese.alignment import CROP_SIZE
from edge_siamese.embedding import unit_rows
from edge_siamese.errors import DataError
from edge_siamese.tflite.model_card import model_bytes

from ..embeddings import embed_model
from .labeled import LabeledImages
from .teacher import COLUMNS, FACES, TEACHER_NETWORK, TEACHER_ROWS
from .teacher_network import TeacherNetwork

_CROPS_A_SHARD = 10_000

Teacher = Callable[[npt.NDArray[np.uint8]], npt.NDArray[np.float32]]


def load_teacher(path: Path) -> Teacher:
    """A function from crops uint8 ``(N, 112, 112, 3)`` to the teacher's unit embeddings ``(N, D)``.

    Args:
        path: an ``.onnx`` that takes ``(N, 3, 112, 112)`` scaled by ``(pixel - 127.5) / 127.5``, or an embedder
            ``.tflite``, int8 or float.

    Raises:
        DataError: it is something else.
        RuntimeMissingError: OpenVINO, which runs ONNX, is not installed.
    """
    if path.suffix.lower() == ".onnx":
        network = TeacherNetwork(path)
        return lambda crops: np.stack(list(network(crops)))
    if path.suffix.lower() == ".tflite":
        model = model_bytes(path)
        return lambda crops: unit_rows(embed_model(model, crops))
    raise DataError(f"{path}: expected a teacher network, .onnx or .tflite, found {path.suffix!r}", path=path)


def write_teacher_folder(folder: Path, people: LabeledImages, teacher: Path, *, source: str) -> int:
    """Write crops, table and the teacher's embeddings; an ONNX teacher is copied beside them for mixtures.

    Args:
        folder: to make; it must not exist.
        people: aligned crops ``(N, 112, 112, 3)`` with names.
        teacher: its network, see `load_teacher`.
        source: what the table calls the origin of the crops.

    Returns:
        The length of the teacher's embeddings.

    Raises:
        DataError: the folder exists, the crops are of another size, or the teacher is not as described.
    """
    if folder.exists():
        raise DataError(f"{folder}: exists already; name a folder that does not", path=folder)
    if people.images.shape[1:] != (CROP_SIZE, CROP_SIZE, 3):
        raise DataError(f"expected crops of {CROP_SIZE}x{CROP_SIZE}x3, found {people.images.shape[1:]}")
    rows = load_teacher(teacher)(people.images)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as temporary:
        made = Path(temporary) / folder.name
        made.mkdir()
        shards = _write_crops(made, people.images)
        _write_table(made / FACES, people, shards, source)
        np.save(made / TEACHER_ROWS, np.rint(127 * rows / np.abs(rows).max(axis=1, keepdims=True)).astype(np.int8))
        if teacher.suffix.lower() == ".onnx":
            shutil.copy(teacher, made / TEACHER_NETWORK)
        made.rename(folder)
    return int(rows.shape[1])


def _write_crops(folder: Path, crops: npt.NDArray[np.uint8]) -> list[str]:
    """Zips of PNG files; the zip of each crop."""
    shards = [f"faces-{index // _CROPS_A_SHARD:02}.zip" for index in range(len(crops))]
    for shard in dict.fromkeys(shards):
        with zipfile.ZipFile(folder / shard, "w") as archive:
            for index in (index for index, each in enumerate(shards) if each == shard):
                png = cv2.imencode(".png", cv2.cvtColor(crops[index], cv2.COLOR_RGB2BGR))[1]
                archive.writestr(file_name(index), png.tobytes())
    return shards


def file_name(index: int) -> str:
    """Name of a crop in its zip."""
    return f"{index:06}.png"


def _write_table(path: Path, people: LabeledImages, shards: list[str], source: str) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for index, (shard, name) in enumerate(zip(shards, people.names, strict=True)):
        writer.writerow([index, shard, file_name(index), source, name, ""])
    path.write_bytes(gzip.compress(text.getvalue().encode(), mtime=0))
