"""Reader of ``pairs.txt`` in the format of Huang et al., "Labeled Faces in the Wild" (2007).

The first line has the number of folds and the number of pairs of each kind per fold, or only the latter for one fold. Each fold
has its genuine pairs (``person<TAB>n<TAB>m``), then its impostor pairs (``person<TAB>n<TAB>other<TAB>m``). In a line without
a tab, spaces separate the fields.
"""

import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np
import numpy.typing as npt

from ..errors import DataError

Labels = npt.NDArray[np.int64]
_MAX_PAIRS = 10_000_000


@dataclass(frozen=True, eq=False)
class ListedPairs:
    """P pairs of photos by name.

    Attributes:
        photos: names of both photos of each pair, ``<person>/<file without suffix>``.
        fold: fold of each pair, int64 ``(P,)``, from 0 without gaps.
        lines: line number of each pair in the file, from 1.
        folds: number of folds.
    """

    photos: tuple[tuple[str, str], ...]
    fold: Labels
    lines: tuple[int, ...]
    folds: int

    @property
    def people(self) -> set[str]:
        """Names of the people in the pairs."""
        return {photo.split("/")[0] for pair in self.photos for photo in pair}

    def of_folds(self, folds: Collection[int]) -> "ListedPairs":
        """Select the pairs of some folds (numbers from 1); the result has new fold numbers without gaps.

        Raises:
            DataError: a fold does not exist, or `folds` is empty.
        """
        unknown = sorted(set(folds) - set(range(1, self.folds + 1)))
        if unknown or not folds:
            asked = unknown[0] if unknown else "none"
            raise DataError(f"pairs.txt: has the folds 1 to {self.folds}, asked for was {asked}")
        expected = np.array(sorted(set(folds)), np.int64) - 1
        chosen = np.concatenate([np.flatnonzero(self.fold == fold) for fold in expected])
        return ListedPairs(
            tuple(self.photos[row] for row in chosen),
            np.searchsorted(expected, self.fold[chosen]),
            tuple(self.lines[row] for row in chosen),
            len(expected),
        )

    def require_indices(
        self, paths: Sequence[str], duplicates: Mapping[str, str] | None = None
    ) -> tuple[Labels, Labels]:
        """Indices of both photos of each pair among the photos at `paths`, int64 ``(P,)`` each.

        Args:
            paths: paths of the photos.
            duplicates: path among `paths` that stands for another path.

        Raises:
            DataError: a pair names a photo that does not exist.
        """
        index = _index(paths)
        index |= {_key(path): index[_key(kept)] for path, kept in (duplicates or {}).items() if _key(kept) in index}
        for line, pair in zip(self.lines, self.photos, strict=True):
            missing = next((photo for photo in pair if photo not in index), None)
            if missing is not None:
                raise DataError(f"pairs.txt: line {line}: names {missing!r}, which the photos do not have")
        rows = np.array([[index[photo] for photo in pair] for pair in self.photos], np.int64).reshape(-1, 2)
        return rows[:, 0], rows[:, 1]

    def indices(self, paths: Sequence[str]) -> tuple[Labels, Labels]:
        """Indices int64 ``(P, 2)`` of the photos at `paths`, and their folds; pairs with a missing photo are left out."""
        index = _index(paths)
        found = [row for row, pair in enumerate(self.photos) if all(photo in index for photo in pair)]
        rows = [[index[photo] for photo in self.photos[row]] for row in found]
        return np.array(rows, np.int64).reshape(-1, 2), self.fold[found]


def parse_pairs_file(text: str) -> ListedPairs:
    """Read the text of a ``pairs.txt``.

    Raises:
        DataError: a line is malformed, or the number of lines differs from the first line; the message gives the line.
    """
    lines = [
        (number, _fields(line)) for number, line in enumerate(text.splitlines(), start=1) if line.strip("\ufeff \t")
    ]
    folds, size = _header(lines[0] if lines else (1, []))
    if len(lines) - 1 != 2 * folds * size:
        raise DataError(
            f"pairs.txt: line {lines[0][0]} announces {2 * folds * size:,} pairs, {folds} times {size} genuine and {size} impostor "
            f"ones; found {len(lines) - 1:,}"
        )
    fold = np.arange(2 * folds * size, dtype=np.int64) // max(2 * size, 1)
    return ListedPairs(tuple(_pair(*line) for line in lines[1:]), fold, tuple(number for number, _ in lines[1:]), folds)


def _fields(line: str) -> list[str]:
    line = unicodedata.normalize("NFC", line).strip("\ufeff").strip()
    return [field.strip() for field in line.split("\t")] if "\t" in line else line.split()


def _header(line: tuple[int, list[str]]) -> tuple[int, int]:
    number, fields = line
    try:
        counts = [int(field) for field in fields]
        folds, size = counts if len(counts) != 1 else (1, counts[0])
    except ValueError as error:
        raise _malformed(number, fields, "'folds<TAB>pairs a fold' or 'pairs'") from error
    if min(folds, size) < 1 or 2 * folds * size > _MAX_PAIRS:
        raise _malformed(number, fields, f"positive numbers and at most {_MAX_PAIRS:,} pairs")
    return folds, size


def _pair(number: int, fields: list[str]) -> tuple[str, str]:
    try:
        if len(fields) == 3:
            return _stem(fields[0], fields[1]), _stem(fields[0], fields[2])
        first, first_number, second, second_number = fields
        return _stem(first, first_number), _stem(second, second_number)
    except ValueError as error:
        raise _malformed(number, fields, "'person<TAB>n<TAB>m' or 'person<TAB>n<TAB>other<TAB>m'") from error


def _malformed(number: int, fields: list[str], expected: str) -> DataError:
    return DataError(f"pairs.txt: line {number}: expected {expected}, found {' '.join(fields)!r}")


def _stem(person: str, number: str) -> str:
    if not person or not number.isdecimal():
        raise ValueError(number)
    return f"{person}/{person}_{int(number):04d}"


def _index(paths: Sequence[str]) -> dict[str, int]:
    return {_key(path): row for row, path in enumerate(paths)}


def _key(path: str) -> str:
    """Person and file name without suffix of a photo."""
    return "/".join(PurePosixPath(path).with_suffix("").parts[-2:])
