"""Look-alikes: pairs of identities in a gallery that score above the threshold, such as one person under two names.

Two identities are look-alikes if the best score between their templates reaches the gallery's threshold for an FPIR of
`LOOK_ALIKE_FPIR`. A person with such a score for another name can be identified wrongly or not at all.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ...matching import NO_SCORE, Q15
from ...operating_point import choose_operating_point

if TYPE_CHECKING:
    from ...tflite.model_card import ModelCard
    from ..gallery import Gallery

LOOK_ALIKE_FPIR = 0.01
"""Accepted rate at which a new person is taken for an enrolled one at enrollment; higher than for identification, because the
user can override the result."""
_BLOCK = 1024


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


def find_look_alikes(gallery: "Gallery", threshold: int) -> list[LookAlikes]:
    """Every pair of identities whose score reaches the Q15 threshold, highest first."""
    best = np.full((len(gallery.names),) * 2, NO_SCORE, np.int16)
    for start in range(0, len(gallery.templates), _BLOCK):
        block = slice(start, start + _BLOCK)
        np.maximum.at(best, gallery.identity_index[block].astype(np.intp), gallery.scores_of(gallery.templates[block]))
    pairs = [
        LookAlikes(gallery.names[first], gallery.names[second], int(best[first, second]))
        for first, second in np.argwhere(np.triu(best >= threshold, 1)).tolist()
    ]
    return sorted(pairs, key=lambda pair: (-pair.score, pair.first, pair.second))


def looks_like(gallery: "Gallery", name: str, templates: npt.NDArray[np.int8], threshold: int) -> LookAlikes | None:
    """The other person of a gallery that int8 ``(n, D)`` templates of `name` match best, or None below the threshold."""
    others = [index for index, other in enumerate(gallery.names) if other != name]
    if not others:
        return None
    scores = gallery.scores_of(templates)[:, others].max(axis=0)
    best = int(scores.argmax())
    return LookAlikes(name, gallery.names[others[best]], int(scores[best])) if scores[best] >= threshold else None
