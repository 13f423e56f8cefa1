"""Lists of pairs that other tools read: a CSV of ``first,second,is_genuine``, or an ``.npz`` of the same columns.

Images go by their path inside the source, relative and with forward slashes; ``is_genuine`` is 1 for two images of one class
and 0 for two of different classes.
"""

import csv
import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
import numpy.typing as npt

from edge_siamese.atomic import write_atomically
from edge_siamese.errors import DataError

from ..checkpoints import save_arrays
from .labeled import LabeledImages

COLUMNS = ("first", "second", "is_genuine")


@dataclass(frozen=True, eq=False)
class PairList:
    """P pairs of images by path.

    Attributes:
        first, second: P paths each, relative and with forward slashes.
        is_genuine: bool ``(P,)``.

    Raises:
        DataError: the parts are not equally long, or a path is not as described.
    """

    first: list[str]
    second: list[str]
    is_genuine: npt.NDArray[np.bool_]

    def __post_init__(self) -> None:
        if not len(self.first) == len(self.second) == len(self.is_genuine):
            found = f"{len(self.first)}, {len(self.second)} and {len(self.is_genuine)}"
            raise DataError(f"pairs: expected equally many of {', '.join(COLUMNS)}, found {found}")
        for path in {*self.first, *self.second}:
            _require_relative(path)

    def __len__(self) -> int:
        return len(self.is_genuine)

    @classmethod
    def of(cls, images: LabeledImages, index: npt.NDArray[np.int64], is_genuine: npt.NDArray[np.bool_]) -> "PairList":
        """The pairs of a sampler, rows int64 ``(P, 2)`` of `images`."""
        first, second = ([images.paths[row] for row in rows] for rows in index.T)
        return cls(first, second, is_genuine)

    def rows(self, images: LabeledImages) -> npt.NDArray[np.int64]:
        """Rows int64 ``(P, 2)`` of these images.

        Raises:
            DataError: a path is unknown, or ``is_genuine`` contradicts the images' classes.
        """
        row_of = {path: row for row, path in enumerate(images.paths)}
        try:
            index = np.array([[row_of[path] for path in pair] for pair in zip(self.first, self.second, strict=True)])
        except KeyError as error:
            raise DataError(f"pairs: {error.args[0]} is not one of the images") from error
        index = index.astype(np.int64).reshape(-1, 2)
        labels = images.labels()
        wrong = np.flatnonzero((labels[index[:, 0]] == labels[index[:, 1]]) != self.is_genuine)
        if len(wrong):
            first, second = (images.paths[row] for row in index[wrong[0]])
            raise DataError(
                f"pairs: same is {int(self.is_genuine[wrong[0]])} for {first} and {second}, their classes disagree"
            )
        return index


def write_pairs(path: Path, pairs: PairList) -> None:
    """Write pairs whole or not at all, as the suffix says.

    Raises:
        DataError: the suffix is neither ``.csv`` nor ``.npz``.
    """
    if path.suffix == ".npz":
        texts = {name: np.array(paths, np.str_) for name, paths in (("first", pairs.first), ("second", pairs.second))}
        save_arrays(path, {**texts, "is_genuine": pairs.is_genuine})
        return
    _require_suffix(path)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(zip(pairs.first, pairs.second, pairs.is_genuine.astype(int).tolist(), strict=True))
    path.parent.mkdir(parents=True, exist_ok=True)
    with write_atomically(path) as stream:
        stream.write(text.getvalue().encode())


def read_pairs(path: Path) -> PairList:
    """Read a list of pairs, ``.csv`` or ``.npz``.

    Raises:
        DataError: the file is missing, damaged, or no such list.
    """
    try:
        if path.suffix == ".npz":
            with path.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
                return PairList(
                    archive["first"].tolist(), archive["second"].tolist(), archive["is_genuine"].astype(bool)
                )
        _require_suffix(path)
        return _parsed(list(csv.reader(io.StringIO(path.read_text("utf-8-sig")), strict=True)), path)
    except DataError:
        raise
    except (OSError, EOFError, KeyError, ValueError, csv.Error, zipfile.BadZipFile) as error:
        raise DataError(f"{path}: expected a list of pairs, cannot read it ({error})") from error


def _parsed(lines: Sequence[Sequence[str]], path: Path) -> PairList:
    if not lines or tuple(lines[0]) != COLUMNS:
        raise DataError(f"{path}: expected the header {','.join(COLUMNS)}, found {','.join(lines[0]) if lines else ''}")
    for number, line in enumerate(lines[1:], start=2):
        if len(line) != len(COLUMNS) or line[2] not in {"0", "1"}:
            raise DataError(f"{path}: line {number}: expected two paths and 0 or 1, found {','.join(line)}")
    is_genuine = np.array([line[2] == "1" for line in lines[1:]], bool)
    return PairList([line[0] for line in lines[1:]], [line[1] for line in lines[1:]], is_genuine)


def _require_relative(path: str) -> None:
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or ".." in parts or "\\" in path or not path.isprintable():
        raise DataError(f"pairs: expected a relative path with forward slashes, found {path!r}")


def _require_suffix(path: Path) -> None:
    if path.suffix != ".csv":
        raise DataError(f"{path}: expected a name that ends with .csv or .npz")
