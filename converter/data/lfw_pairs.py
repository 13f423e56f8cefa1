"""The pairs of some folds of an LFW ``pairs.txt``."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np
import numpy.typing as npt

from edge_siamese.errors import DataError
from edge_siamese.evaluation.pairs_file import parse_pairs_file

Labels = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class OfficialPairs:
    """Listed pairs.

    Attributes:
        photos: stems of both photos of each pair, ``<person>/<file without suffix>``.
        fold: int64 ``(P,)``, from 0 and without gaps.
    """

    photos: tuple[tuple[str, str], ...]
    fold: Labels

    @property
    def people(self) -> set[str]:
        """Everybody in them."""
        return {photo.split("/")[0] for pair in self.photos for photo in pair}

    def indices(self, paths: Sequence[str]) -> tuple[Labels, Labels]:
        """Rows int64 ``(P, 2)`` of the images at `paths`, and their folds; pairs that lack an image are left out."""
        index = {"/".join(PurePosixPath(path).with_suffix("").parts[-2:]): row for row, path in enumerate(paths)}
        found = [each for each, pair in enumerate(self.photos) if all(one in index for one in pair)]
        indices = [[index[one] for one in self.photos[each]] for each in found]
        return np.array(indices, np.int64).reshape(-1, 2), self.fold[found]


def read_official_pairs(text: str, folds: Collection[int]) -> OfficialPairs:
    """The pairs of some folds, which are counted from 1.

    Raises:
        DataError: the text is not a ``pairs.txt``, or has no such fold.
    """
    listed = parse_pairs_file(text)
    unknown = sorted(set(folds) - set(range(1, listed.folds + 1)))
    if unknown:
        raise DataError(f"pairs.txt: has the folds 1 to {listed.folds}, asked for was {unknown[0]}")
    expected = np.array(sorted(set(folds)), np.int64) - 1
    chosen = np.concatenate([np.flatnonzero(listed.fold == fold) for fold in expected])
    return OfficialPairs(tuple(listed.photos[row] for row in chosen), np.searchsorted(expected, listed.fold[chosen]))
