"""Read teacher folders: aligned face crops with the embeddings of a teacher network, for distillation.

A teacher folder contains

* ``faces.csv.gz`` with the columns ``index, shard, file, source, identity, source_face_px`` (identity and source_face_px
  may be empty),
* the zips named in ``shard``, with 112x112 aligned crops named in ``file``,
* ``teacher_int8.npy``: int8 ``(N, D)``, row i is the direction of the teacher's embedding of crop i,
* ``teacher.onnx``, the teacher network, for recipes with mixup,
* ``manifest.json``, what `teacher_folder` made it with.

`teacher_folder` makes one.
"""

import csv
import gzip
import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from edge_siamese.alignment import CROP_SIZE
from edge_siamese.embedding import unit_rows
from edge_siamese.errors import DataError
from edge_siamese.frames import RGB
from edge_siamese.image_archive import ImageArchive

FACES, TEACHER_ROWS, TEACHER_NETWORK = "faces.csv.gz", "teacher_int8.npy", "teacher.onnx"
COLUMNS = ("index", "shard", "file", "source", "identity", "source_face_px")
VALIDATION_PEOPLE = 300
_VALIDATION_SHARE = 0.2  # of the people, if that is fewer than VALIDATION_PEOPLE
_MIN_VALIDATION = 2
Row = tuple[Path, dict[str, str]]
"""A folder and a row of its table."""


@dataclass(frozen=True)
class TeacherFaces:
    """Face crops with the teacher's embeddings and the identities.

    Attributes:
        crops: uint8 ``(N, 112, 112, 3)`` RGB.
        targets: float32 ``(N, D)`` unit vectors: the teacher's embeddings projected on `directions`.
        identities: N names, ``""`` if unknown.
        validation: bool ``(N,)``, true for the validation people, who are not trained on.
        directions: float32 ``(E, D)``, principal directions of the teacher's embeddings of length E.
    """

    crops: npt.NDArray[np.uint8]
    targets: npt.NDArray[np.float32]
    identities: list[str]
    validation: npt.NDArray[np.bool_]
    directions: npt.NDArray[np.float32]

    @property
    def digest(self) -> str:
        """SHA-256 (hex) over identities and crops."""
        digest = hashlib.sha256("\0".join(self.identities).encode())
        digest.update(self.crops.tobytes())
        return digest.hexdigest()


def load_teacher_faces(
    folders: Path | Sequence[Path], dimension: int, *, validation_only: bool = False
) -> TeacherFaces:
    """Read teacher folders (51,041 crops take 1.9 GB of memory and about 30 seconds).

    Args:
        folders: one folder, or several that are read as one; a name in two of them is the same person.
        dimension: D, the length of the targets.
        validation_only: return the validation people alone; the directions are those of all others.

    Raises:
        DataError: a folder or one of its files is missing or does not have the form described in this module, or the
            folders have rows of different lengths.
    """
    listed = _listed(folders)
    rows = read_tables(listed)
    identities = [row["identity"] for _, row in rows]
    validation = np.isin(identities, list(validation_people(identities)))
    teacher = _load_all_rows(listed)
    if teacher.shape[1] < dimension:
        raise DataError(
            f"{listed[0] / TEACHER_ROWS}: expected at least {dimension} values a row, as many as the network learns, found "
            f"{teacher.shape[1]}"
        )
    directions = principal_directions(teacher[~validation], dimension)
    targets = project(teacher, directions)
    if validation_only:
        keep = np.flatnonzero(validation)
        rows, identities = [rows[i] for i in keep], [identities[i] for i in keep]
        targets, validation = targets[keep], validation[keep]
    return TeacherFaces(read_crops(rows), targets, identities, validation, directions)


def load_training_crops(folders: Path | Sequence[Path], maximum: int) -> npt.NDArray[np.uint8]:
    """Read at most `maximum` crops of training people, evenly spaced: uint8 ``(N, 112, 112, 3)``."""
    rows = read_tables(_listed(folders))
    kept_back = validation_people([row["identity"] for _, row in rows])
    rows = [(folder, row) for folder, row in rows if row["identity"] not in kept_back]
    return read_crops(rows[:: max(1, -(-len(rows) // maximum))])


def load_validation_crops(folders: Path | Sequence[Path]) -> tuple[npt.NDArray[np.uint8], list[str]]:
    """Read the crops of the validation people: uint8 ``(N, 112, 112, 3)``, and the name of each."""
    rows = read_tables(_listed(folders))
    kept_back = validation_people([row["identity"] for _, row in rows])
    rows = [(folder, row) for folder, row in rows if row["identity"] in kept_back]
    return read_crops(rows), [row["identity"] for _, row in rows]


def validation_people(identities: list[str], people: int = VALIDATION_PEOPLE) -> frozenset[str]:
    """Choose the validation people: the names with two or more crops that have the smallest SHA-256.

    The number is `people`, or a fifth of the names if that is less.
    """
    counts: dict[str, int] = defaultdict(int)
    for name in identities:
        counts[name] += bool(name)
    several = [name for name, count in counts.items() if count >= 2]
    kept = min(people, max(_MIN_VALIDATION, round(_VALIDATION_SHARE * len(several))))
    return frozenset(sorted(several, key=lambda name: hashlib.sha256(name.encode()).digest())[:kept])


def principal_directions(rows: npt.NDArray[np.float32], dimension: int) -> npt.NDArray[np.float32]:
    """Compute the first `dimension` principal directions ``(E, dimension)`` of unit rows ``(N, E)``, without centering."""
    _, directions = np.linalg.eigh(rows.T @ rows)
    return np.asarray(directions[:, ::-1][:, :dimension], np.float32)


def project(rows: npt.NDArray[np.float32], directions: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Project rows ``(N, E)``, or one row ``(E,)``, on `directions` and normalize them to unit length."""
    projected = rows @ directions
    return np.asarray(unit_rows(np.atleast_2d(projected)).reshape(projected.shape), np.float32)


def _listed(folders: Path | Sequence[Path]) -> list[Path]:
    listed = [folders] if isinstance(folders, Path) else list(folders)
    if not listed:
        raise DataError("expected a teacher folder, found none")
    return listed


def read_tables(folders: Sequence[Path]) -> list[Row]:
    """Rows of the tables of teacher folders, each with its folder.

    Raises:
        DataError: a folder has no table.
    """
    return [(folder, row) for folder in folders for row in _read_table(folder / FACES)]


def _load_all_rows(folders: list[Path]) -> npt.NDArray[np.float32]:
    parts = [_load_rows(folder / TEACHER_ROWS, len(_read_table(folder / FACES))) for folder in folders]
    lengths = {part.shape[1] for part in parts}
    if len(lengths) > 1:
        raise DataError(f"teacher folders: expected rows of one length, found {sorted(lengths)}")
    return np.concatenate(parts)


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


def read_crops(table: list[Row], *, threads: int = 1) -> npt.NDArray[np.uint8]:
    """Decode the crops of a table, uint8 ``(N, 112, 112, 3)``; `threads` shards are read at once.

    Raises:
        DataError: a shard is missing or damaged, or one of its images is not a crop.
    """
    crops = np.empty((len(table), 112, 112, 3), np.uint8)
    shards: dict[Path, list[tuple[int, str]]] = defaultdict(list)
    for index, (folder, row) in enumerate(table):
        shards[folder / row["shard"]].append((index, row["file"]))
    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(partial(_read_into, crops), shards, shards.values()):
            pass
    return crops


def _read_into(crops: npt.NDArray[np.uint8], shard: Path, files: list[tuple[int, str]]) -> None:
    names = [name for _, name in files]
    for (index, _), crop in zip(files, read_shard(shard, names), strict=True):
        crops[index] = crop


def read_shard(path: Path, names: Sequence[str]) -> Iterator[RGB]:
    """Decode crops of a shard, uint8 ``(112, 112, 3)`` RGB.

    Raises:
        DataError: the shard is missing or damaged, or a crop is missing or has another size.
    """
    with ImageArchive(path) as archive:
        for name in names:
            crop = archive.image(name)
            if crop.shape != (CROP_SIZE, CROP_SIZE, 3):
                raise DataError(f"{path}: {name} is {crop.shape[1]}x{crop.shape[0]}, expected 112x112")
            yield crop
