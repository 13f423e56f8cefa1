"""The pairs of an LFW ``pairs.txt``, by fold (Huang et al., "Labeled Faces in the Wild", 2007)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np
import numpy.typing as npt

from edge_siamese.errors import DataError

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class OfficialPairs:
    """Listed pairs.

    Attributes:
        photographs: stems of both photographs of each pair, ``<person>/<file without suffix>``.
        fold: int64 ``(P,)``, from 0 and without gaps.
    """

    photographs: tuple[tuple[str, str], ...]
    fold: Numbers

    @property
    def people(self) -> set[str]:
        """Everybody in them."""
        return {photograph.split("/")[0] for pair in self.photographs for photograph in pair}

    def rows(self, paths: Sequence[str]) -> tuple[Numbers, Numbers]:
        """Rows int64 ``(P, 2)`` of the pictures at `paths`, and their folds; pairs that lack a picture are left out."""
        index = {"/".join(PurePosixPath(path).with_suffix("").parts[-2:]): row for row, path in enumerate(paths)}
        found = [each for each, pair in enumerate(self.photographs) if all(one in index for one in pair)]
        rows = [[index[one] for one in self.photographs[each]] for each in found]
        return np.array(rows, np.int64).reshape(-1, 2), self.fold[found]


def read_official_pairs(text: str, folds: Collection[int]) -> OfficialPairs:
    """The pairs of some folds, which are counted from 1.

    Raises:
        DataError: the text is not a ``pairs.txt``, or has no such fold.
    """
    lines = [line.split("\t") for line in text.splitlines() if line.strip()]
    try:
        count, size = (int(field) for field in lines[0])
        pairs = [_pair(line) for line in lines[1:]]
    except (IndexError, ValueError) as error:
        raise DataError("pairs.txt: expected 'folds<TAB>pairs a fold', then lines of 3 or 4 fields") from error
    if len(pairs) != 2 * count * size:
        raise DataError(f"pairs.txt: expected {2 * count * size} pairs after its first line, found {len(pairs)}")
    unknown = sorted(set(folds) - set(range(1, count + 1)))
    if unknown:
        raise DataError(f"pairs.txt: has the folds 1 to {count}, asked for was {unknown[0]}")
    wanted = sorted(set(folds))
    chosen = [
        (pair, place) for place, fold in enumerate(wanted) for pair in pairs[2 * size * (fold - 1) : 2 * size * fold]
    ]
    return OfficialPairs(tuple(pair for pair, _ in chosen), np.array([place for _, place in chosen], np.int64))


def _pair(fields: list[str]) -> tuple[str, str]:
    if len(fields) == 3:
        return _stem(fields[0], fields[1]), _stem(fields[0], fields[2])
    first, first_number, second, second_number = fields
    return _stem(first, first_number), _stem(second, second_number)


def _stem(person: str, number: str) -> str:
    return f"{person}/{person}_{int(number):04d}"
