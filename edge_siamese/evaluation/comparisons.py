"""Which photos of an embedded are compared, and their scores.

A photo without a face scores -1 in all its pairs; it is never left out.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from ..dataset_embeddings import DatasetEmbeddings, Numbers
from ..errors import DataError
from ..matching import NO_SCORE
from .pairs_file import parse_pairs_file

Index = npt.NDArray[np.int32]
ScoreMatrix = Callable[[Numbers, Numbers], npt.NDArray[np.int16]]
"""Q15 scores ``(R, C)`` of photos against photos, by number."""
_BLOCK = 512


@dataclass(frozen=True, eq=False)
class Pairs:
    """Pairs of photos to be compared: int32 ``first`` and ``second``, int64 ``fold`` from 0, all ``(P,)``."""

    first: Index
    second: Index
    fold: npt.NDArray[np.int64]


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


def compare_listed(embedded: DatasetEmbeddings, pairs: Pairs, score: ScoreMatrix | None = None) -> Comparisons:
    """The pairs of a list; see `compare_all`."""
    score = score or embedded.scores
    people = embedded.people
    scores = np.full(len(pairs.first), NO_SCORE, np.int16)
    for start in range(0, len(scores), _BLOCK):
        block = slice(start, start + _BLOCK)
        first, second = pairs.first[block], pairs.second[block]
        found = embedded.found[first] & embedded.found[second]
        scores[block] = np.where(found, score(first, second).diagonal(), NO_SCORE)
    genuine = people[pairs.first] == people[pairs.second]
    return _checked(Comparisons(pairs.first, pairs.second, genuine, scores, people, pairs.fold))


def parse_pairs(text: str, embedded: DatasetEmbeddings) -> Pairs:
    """The rows of an embedded that a ``pairs.txt`` (`pairs_file`) compares.

    Raises:
        DataError: a line is malformed, or names a photo the embedded lacks.
    """
    listed = parse_pairs_file(text)
    index = {photo.path.rsplit(".", 1)[0]: number for number, photo in enumerate(embedded.photos)}
    try:
        rows = [(index[first], index[second]) for first, second in listed.photos]
    except KeyError as error:
        raise DataError(f"pairs.txt: names {error.args[0]!r}, which the photos do not have") from error
    first, second = np.array(rows, np.int32).reshape(-1, 2).T
    return Pairs(first, second, listed.fold)


def _checked(comparisons: Comparisons) -> Comparisons:
    """Raises DataError where one kind of pair is missing."""
    genuine = int(comparisons.genuine.sum())
    if not 0 < genuine < len(comparisons.genuine):
        raise DataError(
            f"verification needs genuine and impostor pairs, found {genuine} genuine and "
            f"{len(comparisons.genuine) - genuine} impostor"
        )
    return comparisons
