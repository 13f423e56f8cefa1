"""Look-alikes: pairs of identities in a gallery that score above the threshold, such as one person under two names.

Two identities are look-alikes if the best score between their templates reaches the gallery's threshold for an FPIR of
`LOOK_ALIKE_FPIR`. A person with such a score for another name can be identified wrongly or not at all.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ...matching import NO_SCORE, Q15, centered, squared_norms
from ...operating_point import choose_operating_point

if TYPE_CHECKING:
    from ...tflite.model_card import ModelCard
    from ..gallery import Gallery

LOOK_ALIKE_FPIR = 0.01
"""Accepted rate at which a new person is taken for an enrolled one at enrollment; higher than for identification, because the
user can override the result."""
_BLOCK = 2048
_ROUNDING = 1e-3  # of cosines in float32, and of scores to Q15

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class LookAlikes:
    """Two identities whose score reaches the threshold.

    Attributes:
        first, second: their names.
        score: best Q15 score of their templates.
    """

    first: str
    second: str
    score: int

    @property
    def sentence(self) -> str:
        return f"'{self.first}' and '{self.second}' look alike (score {self.score / Q15:.3f}): one of them may be named as the other"

    def to_json(self) -> dict[str, Any]:
        return {"names": [self.first, self.second], "score": round(self.score / Q15, 5)}


def look_alike_threshold(gallery: "Gallery", card: "ModelCard | None") -> int | None:
    """Q15 score from which two people of a gallery are look-alikes; None without an operating point."""
    points = gallery.operating_points or (card.operating_points if card else ())
    return choose_operating_point(points, gallery.required_fmr(LOOK_ALIKE_FPIR)).threshold_q15 if points else None


def find_look_alikes(gallery: "Gallery", threshold: int, progress: Progress | None = None) -> list[LookAlikes]:
    """Every pair of identities whose score reaches the Q15 threshold, highest first.

    Args:
        gallery: the gallery; memory does not grow with its size, except for the pairs found.
        threshold: Q15 score.
        progress: called with the number of templates compared with all others, and the total.
    """
    best: dict[tuple[int, int], int] = {}
    for rows, columns in _candidates(gallery, threshold, progress):
        scores = gallery.scores_of_pairs(rows, columns)
        kept = scores >= threshold
        owners = np.sort(gallery.identity_index[np.stack([rows, columns], axis=1)[kept]], axis=1)
        for pair, score in zip(map(tuple, owners.tolist()), scores[kept].tolist(), strict=True):
            best[pair] = max(best.get(pair, NO_SCORE), score)
    pairs = [LookAlikes(gallery.names[a], gallery.names[b], score) for (a, b), score in best.items()]
    return sorted(pairs, key=lambda pair: (-pair.score, pair.first, pair.second))


def _candidates(
    gallery: "Gallery", threshold: int, progress: Progress | None
) -> Iterator[tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]]:
    """Rows of template pairs of different people, among them all that reach the threshold: by cosines in float32."""
    least, owners, count = threshold / Q15 - _ROUNDING, gallery.identity_index, len(gallery.templates)
    for start in range(0, count, _BLOCK):
        first = _unit(gallery.templates[start : start + _BLOCK], gallery.zero_point)
        for other in range(start, count, _BLOCK):
            second = first if other == start else _unit(gallery.templates[other : other + _BLOCK], gallery.zero_point)
            rows, columns = np.nonzero(first @ second.T >= least)
            rows, columns = rows + start, columns + other
            different = (owners[rows] != owners[columns]) & (rows < columns)
            if different.any():
                yield rows[different], columns[different]
        if progress:
            progress(min(start + _BLOCK, count), count)


def _unit(templates: npt.NDArray[np.int8], zero_point: int) -> npt.NDArray[np.float32]:
    vectors = centered(templates, zero_point)
    return np.asarray(vectors / np.sqrt(np.maximum(squared_norms(vectors), 1.0))[:, None], np.float32)


def looks_like(gallery: "Gallery", name: str, templates: npt.NDArray[np.int8], threshold: int) -> LookAlikes | None:
    """The other person of a gallery that int8 ``(n, D)`` templates of `name` match best, or None below the threshold."""
    others = [index for index, other in enumerate(gallery.names) if other != name]
    if not others:
        return None
    scores = gallery.scores_of(templates)[:, others].max(axis=0)
    best = int(scores.argmax())
    return LookAlikes(name, gallery.names[others[best]], int(scores[best])) if scores[best] >= threshold else None
