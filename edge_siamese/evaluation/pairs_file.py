"""The pairs of a ``pairs.txt``, as Huang et al., "Labeled Faces in the Wild" (2007) lay it out.

The first line has the folds and the pairs of either kind a fold; every fold follows with its genuine pairs
(``person<TAB>n<TAB>m``), then its impostor pairs (``person<TAB>n<TAB>other<TAB>m``).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..errors import DataError


@dataclass(frozen=True, eq=False)
class ListedPairs:
    """Pairs of photos.

    Attributes:
        photos: stems of both photos of each pair, ``<person>/<file without suffix>``.
        fold: int64 ``(P,)``, from 0.
        folds: how many.
    """

    photos: tuple[tuple[str, str], ...]
    fold: npt.NDArray[np.int64]
    folds: int


def parse_pairs_file(text: str) -> ListedPairs:
    """Read the text of a ``pairs.txt``.

    Raises:
        DataError: a line is malformed, or there are more or fewer than its first line says.
    """
    lines = [line.split("\t") for line in text.splitlines() if line.strip()]
    try:
        folds, size = (int(field) for field in lines[0])
    except (IndexError, ValueError) as error:
        raise DataError(f"pairs.txt: expected 'folds<TAB>pairs a fold' in its first line, found {lines[:1]}") from error
    if len(lines) - 1 != 2 * folds * size:
        raise DataError(f"pairs.txt: expected {2 * folds * size} pairs after its first line, found {len(lines) - 1}")
    return ListedPairs(tuple(map(_pair, lines[1:])), np.arange(2 * folds * size) // max(2 * size, 1), folds)


def _pair(fields: list[str]) -> tuple[str, str]:
    try:
        if len(fields) == 3:
            return _stem(fields[0], fields[1]), _stem(fields[0], fields[2])
        first, first_number, second, second_number = fields
        return _stem(first, first_number), _stem(second, second_number)
    except ValueError as error:
        raise DataError(f"pairs.txt: a line of 3 or 4 fields was expected, found {' '.join(fields)!r}") from error


def _stem(person: str, number: str) -> str:
    return f"{person}/{person}_{int(number):04d}"
