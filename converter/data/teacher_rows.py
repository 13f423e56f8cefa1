"""A teacher's embeddings as the int8 rows of a teacher folder, computed shard by shard."""

import csv
import gzip
from collections.abc import Callable, Iterable
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import numpy.typing as npt

from edge_siamese.atomic import write_atomically
from edge_siamese.errors import DataError

from .teacher import FACES, TEACHER_ROWS, read_shard
from .teacher_network import Teacher

PARTS = "parts"


def add_teacher_rows(folder: Path, teacher: Teacher, progress: Callable[[int], None] | None = None) -> tuple[int, int]:
    """Complete a teacher folder that has a table and shards, but no embeddings yet.

    Args:
        folder: a folder with ``faces.csv.gz`` and the shards that it names.
        teacher: embeds crops.
        progress: called with the number of crops done, after each shard.

    Returns:
        The number of crops in the folder, and the length of the teacher's embeddings.

    Raises:
        DataError: the table or a shard is missing or damaged, or an output of the teacher is not a vector.
    """
    table = _read_table(folder / FACES)
    parts = folder / PARTS
    parts.mkdir(exist_ok=True)
    shards: dict[str, list[int]] = {}
    for index, row in enumerate(table):
        shards.setdefault(row["shard"], []).append(index)
    rows: npt.NDArray[np.int8] | None = None
    done = 0
    for shard, indices in shards.items():
        path = parts / f"{PurePosixPath(shard).stem}.npy"
        if not path.is_file():
            crops = read_shard(folder / shard, [table[index]["file"] for index in indices])
            save_array(path, int8_directions(teacher(crops), len(indices)))
        part = load_rows(path, len(indices))
        rows = np.zeros((len(table), part.shape[1]), np.int8) if rows is None else rows
        rows[indices] = part
        done += len(indices)
        if progress:
            progress(done)
    if rows is None:
        raise DataError(f"{folder / FACES}: expected a row for each crop, found none")
    save_array(folder / TEACHER_ROWS, rows)
    remove_parts(parts)
    return int(rows.shape[0]), int(rows.shape[1])


def int8_directions(rows: Iterable[npt.NDArray[np.float32]], count: int) -> npt.NDArray[np.int8]:
    """Round embeddings to int8 so that the largest component of each is 127; only their direction is kept.

    Raises:
        DataError: the number of embeddings is not `count`, or one is not finite or all zeros.
    """
    stacked = np.asarray(list(rows), np.float32)
    if stacked.ndim != 2 or len(stacked) != count:
        raise DataError(f"expected {count} teacher embeddings, found an array of shape {stacked.shape}")
    largest = np.abs(stacked).max(1, keepdims=True)
    if not np.isfinite(largest).all() or not largest.all():
        raise DataError("a teacher embedding is not finite, or all zeros")
    return np.asarray(np.round(stacked / largest * 127), np.int8)


def load_rows(path: Path, count: int) -> npt.NDArray[np.int8]:
    """Read the rows of a part.

    Raises:
        DataError: the file is damaged or does not have `count` int8 rows.
    """
    try:
        rows = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise DataError(f"{path}: damaged; remove it to ask the teacher again ({error})") from error
    if rows.dtype != np.int8 or rows.ndim != 2 or len(rows) != count:
        raise DataError(f"{path}: expected {count} int8 rows, found {rows.dtype} of shape {rows.shape}; remove it")
    return np.asarray(rows)


def save_array(path: Path, array: npt.NDArray[Any]) -> None:
    """Write an array atomically."""
    with write_atomically(path) as stream:
        np.save(stream, array, allow_pickle=False)


def remove_parts(parts: Path) -> None:
    """Remove the folder of parts that were joined."""
    for path in parts.iterdir():
        path.unlink()
    parts.rmdir()


def _read_table(path: Path) -> list[dict[str, str]]:
    try:
        with gzip.open(path, "rt", newline="") as stream:
            return list(csv.DictReader(stream))
    except (OSError, EOFError) as error:
        raise DataError(f"{path}: expected the table of a teacher folder, cannot read it ({error})") from error
