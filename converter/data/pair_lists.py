"""Read and write lists of image pairs: CSV with ``first,second,is_genuine``, or ``.npz`` with the same columns.

Images are named by their path inside the source, relative and with forward slashes; ``is_genuine`` is 1 for two images of one class
and 0 for two of different classes.
"""

import csv
import io
import zipfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import numpy as np
import numpy.typing as npt

from edge_siamese.atomic import write_atomically
from edge_siamese.errors import DataError
from edge_siamese.evaluation.pairs import IndexPairs
from edge_siamese.text_file import read_text

from ..checkpoints import save_arrays
from .labeled import LabeledImages

COLUMNS = ("first", "second", "is_genuine")


def write_pairs(path: Path, images: LabeledImages, pairs: IndexPairs) -> None:
    """Write pairs of `images` atomically, as the suffix says.

    Raises:
        DataError: the suffix is neither ``.csv`` nor ``.npz``, or the path of an image is not as described.
    """
    first, second = ([images.paths[row] for row in side] for side in pairs.index.T)
    for name in {*first, *second}:
        _require_relative(name)
    if path.suffix == ".npz":
        texts = {name: np.array(paths, np.str_) for name, paths in (("first", first), ("second", second))}
        save_arrays(path, {**texts, "is_genuine": pairs.is_genuine})
        return
    _require_suffix(path)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(zip(first, second, pairs.is_genuine.astype(int).tolist(), strict=True))
    path.parent.mkdir(parents=True, exist_ok=True)
    with write_atomically(path) as stream:
        stream.write(text.getvalue().encode())


def read_pairs(path: Path, images: LabeledImages) -> IndexPairs:
    """Read a list of pairs of `images`, ``.csv`` or ``.npz``.

    Raises:
        DataError: the file is missing, damaged, or no such list; a path is not one of the images, or ``is_genuine``
            contradicts their classes.
    """
    try:
        if path.suffix == ".npz":
            with path.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
                first, second, stated = (archive[name] for name in COLUMNS)
            return _indexed(first.tolist(), second.tolist(), stated.astype(bool), images)
        _require_suffix(path)
        lines = _parsed(list(csv.reader(io.StringIO(read_text(path)), strict=True)), path)
    except DataError:
        raise
    except (OSError, EOFError, KeyError, ValueError, csv.Error, zipfile.BadZipFile) as error:
        raise DataError(f"{path}: expected a list of pairs, cannot read it ({error})") from error
    is_genuine = np.array([line[2] == "1" for line in lines], bool)
    return _indexed([line[0] for line in lines], [line[1] for line in lines], is_genuine, images)


def _indexed(
    first: list[str], second: list[str], is_genuine: npt.NDArray[np.bool_], images: LabeledImages
) -> IndexPairs:
    """Find the images of paths."""
    if not len(first) == len(second) == len(is_genuine):
        found = f"{len(first)}, {len(second)} and {len(is_genuine)}"
        raise DataError(f"pairs: expected equally many of {', '.join(COLUMNS)}, found {found}")
    row_of = {path: row for row, path in enumerate(images.paths)}
    unknown = next((path for path in (*first, *second) if path not in row_of), None)
    if unknown is not None:
        _require_relative(unknown)
        raise DataError(f"pairs: {unknown} is not one of the images")
    rows = [[row_of[path] for path in pair] for pair in zip(first, second, strict=True)]
    index, labels = np.array(rows, np.int64).reshape(-1, 2), images.labels()
    wrong = np.flatnonzero((labels[index[:, 0]] == labels[index[:, 1]]) != is_genuine)
    if len(wrong):
        one, other = (images.paths[row] for row in index[wrong[0]])
        raise DataError(
            f"pairs: is_genuine is {int(is_genuine[wrong[0]])} for {one} and {other}, their classes disagree"
        )
    return IndexPairs(index, is_genuine)


def _parsed(lines: Sequence[Sequence[str]], path: Path) -> Sequence[Sequence[str]]:
    """Check the lines of a CSV and return those below its header."""
    if not lines or tuple(lines[0]) != COLUMNS:
        raise DataError(f"{path}: expected the header {','.join(COLUMNS)}, found {','.join(lines[0]) if lines else ''}")
    for number, line in enumerate(lines[1:], start=2):
        if len(line) != len(COLUMNS) or line[2] not in {"0", "1"}:
            raise DataError(f"{path}: line {number}: expected two paths and 0 or 1, found {','.join(line)}")
    return lines[1:]


def _require_relative(path: str) -> None:
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or ".." in parts or "\\" in path or not path.isprintable():
        raise DataError(f"pairs: expected a relative path with forward slashes, found {path!r}")


def _require_suffix(path: Path) -> None:
    if path.suffix != ".csv":
        raise DataError(f"{path}: expected a name that ends with .csv or .npz")
