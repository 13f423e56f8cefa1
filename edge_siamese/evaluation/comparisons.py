"""Comparisons of an embedded dataset: pairs of photos and their scores.

A photo without a face scores -1 in all its pairs; it is not left out.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from ..dataset_embeddings import DatasetEmbeddings, Numbers
from ..errors import DataError
from ..identity_dataset import Photo
from ..matching import NO_SCORE
from .pairs import IndexPairs, ScoredPairs, require_both_kinds
from .pairs_file import ListedPairs

ScoreMatrix = Callable[[Numbers, Numbers], npt.NDArray[np.int16]]
"""Function that returns Q15 scores ``(R, C)`` of photos compared with photos, by index."""
MAX_PAIRS = 100_000_000
_BLOCK = 512


def compare_all(embedded: DatasetEmbeddings, score: ScoreMatrix | None = None) -> ScoredPairs:
    """Compare every two photos of an embedded dataset, each pair once.

    Args:
        embedded: the embedded dataset.
        score: score function; default: the scores of the dataset's own embeddings.

    Raises:
        DataError: there are no genuine or no impostor pairs.
    """
    require_comparable(np.bincount(embedded.people).tolist())
    score = score or embedded.scores
    number = np.arange(len(embedded.photos), dtype=np.int32)
    paired, scored = [], []
    for start in range(0, len(number), _BLOCK):
        rows, columns = number[start : start + _BLOCK], number[start:]
        scores = score(rows, columns)
        scores[~(embedded.found[rows, None] & embedded.found[columns])] = NO_SCORE
        once = columns > rows[:, None]
        row, column = np.nonzero(once)
        paired.append(np.stack([rows[row], columns[column]]))
        scored.append(scores[once])
    index = np.concatenate(paired, axis=1).T
    return ScoredPairs(index, np.concatenate(scored), embedded.people.astype(np.int32))


def compare_listed(embedded: DatasetEmbeddings, pairs: IndexPairs, score: ScoreMatrix | None = None) -> ScoredPairs:
    """Compare the listed pairs; see `compare_all`."""
    score = score or embedded.scores
    index = pairs.index.astype(np.int32)
    firsts, seconds = index.T
    scores = np.full(len(firsts), NO_SCORE, np.int16)
    for start in range(0, len(scores), _BLOCK):
        block = slice(start, start + _BLOCK)
        first, second = firsts[block], seconds[block]
        found = embedded.found[first] & embedded.found[second]
        scores[block] = np.where(found, score(first, second).diagonal(), NO_SCORE)
    return ScoredPairs(index, scores, embedded.people.astype(np.int32), pairs.fold)


def index_listed(
    listed: ListedPairs, photos: Sequence[Photo], duplicates: Mapping[str, str] | None = None
) -> IndexPairs:
    """Look up the photos of listed pairs in a dataset.

    Args:
        listed: the pairs.
        photos: photos of the dataset.
        duplicates: path of the photo that stands for another path (`IdentityDataset.duplicates`).

    Raises:
        DataError: the list names a photo that does not exist.
    """
    first, second = listed.require_indices([photo.path for photo in photos], duplicates)
    genuine = [photos[one].person == photos[other].person for one, other in zip(first, second, strict=True)]
    return IndexPairs(np.stack([first, second], axis=1), np.array(genuine, bool), listed.fold)


def require_comparable(counts: Iterable[int]) -> None:
    """Check that all pairs can be compared for the given numbers of photos per person.

    Raises:
        DataError: more than `MAX_PAIRS` pairs, or no genuine or no impostor pairs.
    """
    counts = list(counts)
    photos, genuine = sum(counts), sum(count * (count - 1) // 2 for count in counts)
    pairs = photos * (photos - 1) // 2
    if pairs > MAX_PAIRS:
        raise DataError(
            f"all pairs of {photos:,} photos are {pairs:,}; at most {MAX_PAIRS:,} are compared: take fewer photos, or list "
            "pairs in a pairs.txt"
        )
    require_both_kinds(genuine, pairs - genuine)
