"""Training jobs: folders that another machine can train from.

::

    JOB/job.json         settings
    JOB/faces.csv.gz     table of the crops, as in a teacher folder
    JOB/00-faces-00.zip  the shards of all teacher folders, at most 45 MB each
    JOB/student.npz      initial weights
    JOB/teacher.npz      weights of the teacher and the directions that project its embeddings

The teacher's embeddings are not part of a job: the training machine computes them.
"""

import csv
import gzip
import io
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from edge_siamese.atomic import write_atomically
from edge_siamese.errors import DataError

from ....checkpoints import load_arrays, save_arrays, variables_as_arrays
from ....data.teacher import COLUMNS, FACES, read_crops, read_tables, validation_people
from .settings import JobSettings, load_settings, save_settings

JOB, STUDENT, TEACHER = "job.json", "student.npz", "teacher.npz"
_DIRECTIONS = "directions"


def write_job(
    folder: Path,
    data: Sequence[Path],
    settings: JobSettings,
    *,
    student: Any,
    teacher: Any,
    directions: npt.NDArray[np.float32],
) -> list[Path]:
    """Write a job; existing files of the same job are replaced, its shards are linked or copied.

    Args:
        folder: the folder of the job.
        data: teacher folders.
        settings: settings.
        student, teacher: Keras networks with the weights to begin from, and of the teacher.
        directions: float32 ``(E, D)`` directions that project the teacher's embeddings.

    Returns:
        The shards.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tables = read_tables(data)
    places = {source: f"{number:02}" for number, source in enumerate(data)}
    shards: dict[Path, Path] = {}
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for index, (source, row) in enumerate(tables):
        name = f"{places[source]}-{Path(row['shard']).name}"
        shards[source / row["shard"]] = folder / name
        writer.writerow([index, name, *(row[column] for column in COLUMNS[2:])])
    with write_atomically(folder / FACES) as stream:
        stream.write(gzip.compress(text.getvalue().encode(), mtime=0))
    for source, target in shards.items():
        _link(source, target)
    save_arrays(folder / STUDENT, variables_as_arrays(student.weights))
    save_arrays(folder / TEACHER, variables_as_arrays(teacher.weights) | {_DIRECTIONS: directions})
    save_settings(folder / JOB, settings)
    return list(shards.values())


class Job:
    """A job as read on the training machine.

    Args:
        folder: folder that `write_job` made.

    Raises:
        DataError: the folder is not a job.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.settings = load_settings(folder / JOB)
        self._tables = read_tables([folder])
        self.identities = np.asarray([row["identity"] for _, row in self._tables])
        self.validation = np.isin(self.identities, list(validation_people(list(self.identities))))

    def crops(self) -> npt.NDArray[np.uint8]:
        """All crops, uint8 ``(N, 112, 112, 3)``, decoded by one thread per shard.

        Raises:
            DataError: a shard is missing or damaged.
        """
        missing = sorted({row["shard"] for _, row in self._tables if not (self.folder / row["shard"]).is_file()})
        if missing:
            raise DataError(
                f"{self.folder}: the shard {missing[0]} is missing ({len(missing)} in all)", path=self.folder
            )
        return read_crops(self._tables, threads=os.cpu_count() or 1)

    def directions(self) -> npt.NDArray[np.float32]:
        """Directions that project the teacher's embeddings, float32 ``(E, D)``."""
        path = self.folder / TEACHER
        arrays = load_arrays(path)
        if _DIRECTIONS not in arrays:
            raise DataError(f"{path}: expected an array '{_DIRECTIONS}', found none", path=path)
        return np.asarray(arrays[_DIRECTIONS], np.float32)


def _link(source: Path, target: Path) -> None:
    """Link a shard, or copy it to another file system."""
    if target.exists() and target.stat().st_size == source.stat().st_size:
        return
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:
        try:
            shutil.copy(source, target)
        except OSError as error:
            raise DataError(f"{source}: cannot be copied to {target} ({error.strerror})", path=source) from error
