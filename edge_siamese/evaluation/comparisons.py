"""Which photos of an embedded are compared, and their scores.

A photo without a face scores -1 in all its pairs; it is never left out.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from ..dataset_embeddings import DatasetEmbeddings, Numbers
from ..errors import DataError
from ..identity_dataset import Photo
from ..matching import NO_SCORE
from .index_pairs import IndexPairs
from .pairs_file import ListedPairs

Index = npt.NDArray[np.int32]
ScoreMatrix = Callable[[Numbers, Numbers], npt.NDArray[np.int16]]
"""Q15 scores ``(R, C)`` of photos against photos, by number."""
MAX_PAIRS = 100_000_000
_BLOCK = 512


@dataclass(frozen=True, eq=False)
class Comparisons:
    """P pairs of photos.

    Attributes:
        first, second: int32 ``(P,)`` numbers of the photos.
        genuine: bool ``(P,)``: both are of one person.
        scores: int16 ``(P,)`` in Q15.
        people: int64 ``(N,)`` number of each photo's person, 0 to `person_count` - 1.
        fold: int64 ``(P,)`` from 0, or None.
    """

    first: Index
    second: Index
    genuine: npt.NDArray[np.bool_]
    scores: npt.NDArray[np.int16]
    people: npt.NDArray[np.int64]
    fold: npt.NDArray[np.int64] | None = None

    @cached_property
    def person_count(self) -> int:
        """People the dataset holds."""
        return int(self.people.max()) + 1

    @cached_property
    def first_person(self) -> Index:
        """int32 ``(P,)``."""
        return self.people.astype(np.int32)[self.first]

    @cached_property
    def second_person(self) -> Index:
        """int32 ``(P,)``."""
        return self.people.astype(np.int32)[self.second]

    @property
    def genuine_scores(self) -> npt.NDArray[np.int16]:
        return self.scores[self.genuine]

    @property
    def impostor_scores(self) -> npt.NDArray[np.int16]:
        return self.scores[~self.genuine]


def compare_all(embedded: DatasetEmbeddings, score: ScoreMatrix | None = None) -> Comparisons:
    """Every two photos of an embedded, each pair once.

    Args:
        embedded: the photos.
        score: by what; the embedded's own embeddings unless another embedder is to be judged.

    Raises:
        DataError: there are no genuine or no impostor pairs.
    """
    require_comparable(np.bincount(embedded.people).tolist())
    score = score or embedded.scores
    people, number = embedded.people, np.arange(len(embedded.photos), dtype=np.int32)
    firsts, seconds, scored = [], [], []
    for start in range(0, len(number), _BLOCK):
        rows, columns = number[start : start + _BLOCK], number[start:]
        scores = score(rows, columns)
        scores[~(embedded.found[rows, None] & embedded.found[columns])] = NO_SCORE
        once = columns > rows[:, None]
        row, column = np.nonzero(once)
        firsts.append(rows[row])
        seconds.append(columns[column])
        scored.append(scores[once])
    first, second = np.concatenate(firsts), np.concatenate(seconds)
    return _checked(Comparisons(first, second, people[first] == people[second], np.concatenate(scored), people))


def compare_listed(embedded: DatasetEmbeddings, pairs: IndexPairs, score: ScoreMatrix | None = None) -> Comparisons:
    """The pairs of a list; see `compare_all`."""
    score = score or embedded.scores
    people = embedded.people
    firsts, seconds = pairs.index.astype(np.int32).T
    scores = np.full(len(firsts), NO_SCORE, np.int16)
    for start in range(0, len(scores), _BLOCK):
        block = slice(start, start + _BLOCK)
        first, second = firsts[block], seconds[block]
        found = embedded.found[first] & embedded.found[second]
        scores[block] = np.where(found, score(first, second).diagonal(), NO_SCORE)
    return _checked(Comparisons(firsts, seconds, people[firsts] == people[seconds], scores, people, pairs.fold))


def index_listed(listed: ListedPairs, photos: Sequence[Photo]) -> IndexPairs:
    """The pairs of a list among the photos of a dataset.

    Raises:
        DataError: it names a photo that is not there.
    """
    first, second = listed.require_indices([photo.path for photo in photos])
    genuine = [photos[one].person == photos[other].person for one, other in zip(first, second, strict=True)]
    return IndexPairs(np.stack([first, second], axis=1), np.array(genuine, bool), listed.fold)


def require_comparable(counts: Iterable[int]) -> None:
    """Refuse to compare all pairs of people with so many photos each, where it cannot be done.

    Raises:
        DataError: there are more than `MAX_PAIRS`, or no genuine or no impostor pairs.
    """
    counts = list(counts)
    photos, genuine = sum(counts), sum(count * (count - 1) // 2 for count in counts)
    pairs = photos * (photos - 1) // 2
    if pairs > MAX_PAIRS:
        raise DataError(
            f"all pairs of {photos:,} photos are {pairs:,}; at most {MAX_PAIRS:,} are compared: take fewer photos, or list "
            "pairs in a pairs.txt"
        )
    _require_both_kinds(genuine, pairs - genuine)


def _checked(comparisons: Comparisons) -> Comparisons:
    """Raises DataError where one kind of pair is missing."""
    genuine = int(comparisons.genuine.sum())
    _require_both_kinds(genuine, len(comparisons.genuine) - genuine)
    return comparisons


def _require_both_kinds(genuine: int, impostor: int) -> None:
    if not genuine or not impostor:
        raise DataError(
            f"verification needs genuine and impostor pairs, found {genuine:,} genuine and {impostor:,} impostor"
        )
