"""Aligned face crops with a teacher's embeddings: the data of distillation.

A *teacher folder* holds

* ``faces.csv.gz`` with the columns ``index, shard, file, source, identity, source_face_px`` (identity and source_face_px
  may be empty),
* the zips named in ``shard``, with 112x112 aligned crops named in ``file``,
* ``teacher_int8.npy``: int8 ``(N, D)``, row i the direction of the teacher's embedding of crop i,
* ``teacher.onnx``, the teacher itself, where a recipe asks it about mixtures of crops.

`teacher_folder` makes one.
"""

import csv
import gzip
import hashlib
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from edge_siamese.embedding import unit_rows
from edge_siamese.errors import DataError
from edge_siamese.image_archive import ImageArchive

FACES, TEACHER_ROWS, TEACHER_NETWORK = "faces.csv.gz", "teacher_int8.npy", "teacher.onnx"
COLUMNS = ("index", "shard", "file", "source", "identity", "source_face_px")
VALIDATION_PEOPLE = 300
_VALIDATION_SHARE = 0.2  # of people, where there are fewer
_MIN_VALIDATION = 2


@dataclass(frozen=True)
class TeacherFaces:
    """Crops, the teacher's embeddings of them, and who is on them.

    Attributes:
        crops: uint8 ``(N, 112, 112, 3)`` RGB.
        targets: float32 ``(N, D)`` unit vectors, the teacher's on its first D principal directions.
        identities: N names, ``""`` where unknown.
        validation: bool ``(N,)``, true for the people kept back from training.
        directions: float32 ``(E, D)``, E the length of the teacher's vectors, the principal directions that make targets of the teacher's vectors.
    """

    crops: npt.NDArray[np.uint8]
    targets: npt.NDArray[np.float32]
    identities: list[str]
    validation: npt.NDArray[np.bool_]
    directions: npt.NDArray[np.float32]

    @property
    def digest(self) -> str:
        """SHA-256 over identities and crops, hex."""
        digest = hashlib.sha256("\0".join(self.identities).encode())
        digest.update(self.crops.tobytes())
        return digest.hexdigest()


def load_teacher_faces(folder: Path, dimension: int, *, validation_only: bool = False) -> TeacherFaces:
    """Read a teacher folder whole (51,041 crops take 1.9 GB and about half a minute).

    Raises:
        DataError: the folder, or a file it must hold, is missing or not as described in this module.
    """
    rows = _read_table(folder / FACES)
    identities = [row["identity"] for row in rows]
    validation = np.isin(identities, list(validation_people(identities)))
    teacher = _load_rows(folder / TEACHER_ROWS, len(rows))
    if teacher.shape[1] < dimension:
        raise DataError(
            f"{folder / TEACHER_ROWS}: expected at least {dimension} values a row, as many as the network learns, found "
            f"{teacher.shape[1]}"
        )
    directions = principal_directions(teacher[~validation], dimension)
    targets = project(teacher, directions)
    if validation_only:
        keep = np.flatnonzero(validation)
        rows, identities = [rows[i] for i in keep], [identities[i] for i in keep]
        targets, validation = targets[keep], validation[keep]
    return TeacherFaces(_read_crops(folder, rows), targets, identities, validation, directions)


def load_training_crops(folder: Path, maximum: int) -> npt.NDArray[np.uint8]:
    """At most `maximum` crops that are not of validation people, evenly spread over all: uint8 ``(N, 112, 112, 3)``."""
    rows = _read_table(folder / FACES)
    kept_back = validation_people([row["identity"] for row in rows])
    rows = [row for row in rows if row["identity"] not in kept_back]
    return _read_crops(folder, rows[:: max(1, -(-len(rows) // maximum))])


def validation_people(identities: list[str], people: int = VALIDATION_PEOPLE) -> frozenset[str]:
    """Choose who is kept back: of the names with two or more crops, those with the smallest SHA-256.

    `people` of them, or a fifth where that is less.
    """
    counts: dict[str, int] = defaultdict(int)
    for name in identities:
        counts[name] += bool(name)
    several = [name for name, count in counts.items() if count >= 2]
    kept = min(people, max(_MIN_VALIDATION, round(_VALIDATION_SHARE * len(several))))
    return frozenset(sorted(several, key=lambda name: hashlib.sha256(name.encode()).digest())[:kept])


def principal_directions(rows: npt.NDArray[np.float32], dimension: int) -> npt.NDArray[np.float32]:
    """The first `dimension` principal directions of unit rows ``(N, 512)``, without centering: ``(512, dimension)``."""
    _, directions = np.linalg.eigh(rows.T @ rows)
    return np.asarray(directions[:, ::-1][:, :dimension], np.float32)


def project(rows: npt.NDArray[np.float32], directions: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Rows ``(N, E)``, or one ``(E,)``, seen in these directions, as unit vectors."""
    projected = rows @ directions
    return np.asarray(unit_rows(np.atleast_2d(projected)).reshape(projected.shape), np.float32)


def _read_table(path: Path) -> list[dict[str, str]]:
    if not path.is_file():
        raise DataError(
            f"{path}: not found; expected a teacher folder with faces.csv.gz, its zips and teacher_int8.npy"
        )
    with gzip.open(path, "rt", newline="") as stream:
        return list(csv.DictReader(stream))


def _load_rows(path: Path, count: int) -> npt.NDArray[np.float32]:
    try:
        rows = np.load(path, allow_pickle=False).astype(np.float32)
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read as an array of teacher embeddings ({error})") from error
    if rows.ndim != 2 or len(rows) != count:
        raise DataError(f"{path}: expected one row for each of {count} crops, found an array of shape {rows.shape}")
    return np.asarray(unit_rows(rows), np.float32)


def _read_crops(folder: Path, table: list[dict[str, str]]) -> npt.NDArray[np.uint8]:
    crops = np.empty((len(table), 112, 112, 3), np.uint8)
    shards: dict[str, list[int]] = defaultdict(list)
    for index, row in enumerate(table):
        shards[row["shard"]].append(index)
    for shard, indices in shards.items():
        with ImageArchive(folder / shard) as archive:
            for index in indices:
                image = archive.image(table[index]["file"])
                if image.shape != (112, 112, 3):
                    raise DataError(f"{folder / shard}: {table[index]['file']} is not a 112x112 image")
                crops[index] = image
    return crops
