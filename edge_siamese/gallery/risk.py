"""Risk report of a gallery: people that it may confuse with each other, and people whom others resemble too much.

Scores between enrolled people show before anybody stands in front of the camera what can go wrong. A pair at the strictest
operating point's threshold is probably one person under two names, a pair at the look-alike threshold may be confused.
A person whose mean score with all others is an outlier is easy to imitate: a *lamb*, in the terms of Doddington et al.
("Sheep, goats, lambs and wolves", ICSLP 1998), and as a visitor a *wolf*, since scores of two templates are symmetric.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..matching import NO_SCORE, Q15, centered, squared_norms
from ..operating_point import OperatingPoint
from .enrollment.look_alikes import LookAlikes, find_look_alikes, look_alike_threshold, looks_like

if TYPE_CHECKING:
    from ..tflite.model_card import ModelCard
    from .gallery import Gallery

MIN_PEOPLE = 10
"""Fewest people among whom a mean score can be an outlier."""
LAMB_LIMIT = 3.5
"""A lamb's modified z-score of Iglewicz and Hoaglin (1993): distance from the median in units of the spread."""
_MAD_OF_NORMAL = 0.6745
_ROWS_AT_ONCE = 4096


@dataclass(frozen=True)
class Lamb:
    """A person whose mean score with all other people is unusually high.

    Attributes:
        name: the person.
        mean: mean score with the others' templates, -1 to 1.
        median: median of this mean over all people.
    """

    name: str
    mean: float
    median: float

    @property
    def sentence(self) -> str:
        return (
            f"'{self.name}' resembles many people (mean score {self.mean:.3f} with the others, {self.median:.3f} is usual): "
            "strangers may be named as this person; add other photos"
        )

    def to_json(self) -> dict[str, Any]:
        return {"name": self.name, "mean": round(self.mean, 5), "median": round(self.median, 5)}


@dataclass(frozen=True)
class GalleryRisk:
    """Risks within a gallery.

    Attributes:
        people: number of people.
        threshold: Q15 score from which two people are look-alikes; None without an operating point, then nothing is compared.
        duplicates: pairs that are probably one person under two names, highest first.
        look_alikes: other pairs that may be confused, highest first.
        lambs: people whom many others resemble, the worst first.
        ceiling: the two people with the highest score; None with fewer than two people or without an operating point.
    """

    people: int
    threshold: int | None
    duplicates: list[LookAlikes] = field(default_factory=list)
    look_alikes: list[LookAlikes] = field(default_factory=list)
    lambs: list[Lamb] = field(default_factory=list)
    ceiling: LookAlikes | None = None

    @property
    def sentences(self) -> list[str]:
        """One sentence for each risk; empty without any."""
        duplicates = [
            f"'{pair.first}' and '{pair.second}' are probably one person (score {pair.score / Q15:.3f}); remove one of them"
            for pair in self.duplicates
        ]
        return duplicates + [pair.sentence for pair in self.look_alikes] + [lamb.sentence for lamb in self.lambs]

    def to_json(self) -> dict[str, Any]:
        return {
            "people": self.people,
            "threshold": None if self.threshold is None else self.threshold / Q15,
            "duplicates": [pair.to_json() for pair in self.duplicates],
            "look_alikes": [pair.to_json() for pair in self.look_alikes],
            "lambs": [lamb.to_json() for lamb in self.lambs],
            "ceiling": self.ceiling and self.ceiling.to_json(),
        }


def gallery_risk(
    gallery: "Gallery", card: "ModelCard | None", progress: Callable[[int, int], None] | None = None
) -> GalleryRisk:
    """Compare all people of a gallery with each other.

    Args:
        gallery: the gallery.
        card: its embedder, whose operating points are used unless the gallery has its own; None without.
        progress: called with the number of templates compared with all others, and the total.
    """
    threshold, lambs = look_alike_threshold(gallery, card), find_lambs(gallery)
    if threshold is None:
        return GalleryRisk(len(gallery.names), None, lambs=lambs)
    pairs = find_look_alikes(gallery, threshold, progress)
    same = max(_same_person_threshold(gallery, card), threshold)
    return GalleryRisk(
        people=len(gallery.names),
        threshold=threshold,
        duplicates=[pair for pair in pairs if pair.score >= same],
        look_alikes=[pair for pair in pairs if pair.score < same],
        lambs=lambs,
        ceiling=pairs[0] if pairs else _ceiling(gallery, threshold, progress),
    )


def person_risk(
    gallery: "Gallery", name: str, templates: npt.NDArray[np.int8], card: "ModelCard | None"
) -> tuple[LookAlikes | None, bool]:
    """The risk of enrolling a person, for programs that enroll in their own way; `enrollment.person.join` refuses it.

    Args:
        gallery: the gallery, before or after the person was added.
        name: of the person; the person's own templates in the gallery are left out.
        templates: the person's, int8 ``(n, D)``.
        card: the embedder; None without.

    Returns:
        The enrolled person who looks most like this one (None below the threshold), and whether both are probably
        the same person.
    """
    threshold = look_alike_threshold(gallery, card)
    other = None if threshold is None else looks_like(gallery, name, templates, threshold)
    return other, other is not None and other.score >= _same_person_threshold(gallery, card)


def find_lambs(gallery: "Gallery") -> list[Lamb]:
    """People whose mean score with all others is an outlier, the worst first; none among fewer than `MIN_PEOPLE`."""
    if len(gallery.names) < MIN_PEOPLE:
        return []
    means = _mean_scores(gallery)
    median = float(np.median(means))
    spread = float(np.median(np.abs(means - median)))
    unusual = np.flatnonzero(_MAD_OF_NORMAL * (means - median) > LAMB_LIMIT * max(spread, 1e-9))
    lambs = [Lamb(gallery.names[place], float(means[place]), median) for place in unusual.tolist()]
    return sorted(lambs, key=lambda lamb: (-lamb.mean, lamb.name))


def _mean_scores(gallery: "Gallery") -> npt.NDArray[np.float64]:
    """Mean cosine of each person's templates with the templates of all others, float64 ``(N,)``.

    The mean over all pairs is the product with the sum of unit vectors, so this takes no comparison of pairs.
    """
    people, owners = len(gallery.names), gallery.identity_index.astype(np.intp)
    sums = np.zeros((people, gallery.dimension))
    for start in range(0, len(owners), _ROWS_AT_ONCE):
        vectors = centered(gallery.templates[start : start + _ROWS_AT_ONCE], gallery.zero_point).astype(np.float64)
        vectors /= np.sqrt(np.maximum(squared_norms(vectors), 1.0))[:, None]
        np.add.at(sums, owners[start : start + _ROWS_AT_ONCE], vectors)
    counts = np.bincount(owners, minlength=people)
    others = sums.sum(axis=0) - sums
    return np.asarray(np.einsum("nd,nd->n", sums, others) / (counts * (len(owners) - counts)), np.float64)


def _same_person_threshold(gallery: "Gallery", card: "ModelCard | None") -> int:
    """The strictest threshold known for the embedder."""
    points: Sequence[OperatingPoint] = (*gallery.operating_points, *(card.operating_points if card else ()))
    return max((point.threshold_q15 for point in points), default=Q15 - 1)


def _ceiling(gallery: "Gallery", threshold: int, progress: Callable[[int, int], None] | None) -> LookAlikes | None:
    """The highest score of two people, below the threshold."""
    for lower in (threshold // 2, 0, NO_SCORE):
        pairs = find_look_alikes(gallery, min(lower, threshold), progress)
        if pairs:
            return pairs[0]
    return None
