"""Accuracy of galleries on photos that are not templates, for increasing gallery sizes.

The split depends on hashes of names and paths only, so it is the same for every budget and strategy:

* a quarter of the people, and all people with a single photo, are *strangers* and never enrolled;
* half of the photos of the other people are candidates for templates, the rest are *probes*.

A probe is correct at rank 1 if its person scores highest. At the operating point the score must also reach the threshold
that ``identify`` uses for this gallery. A stranger must stay below it.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from edge_siamese.decision import named_rows
from edge_siamese.errors import DataError
from edge_siamese.gallery import Gallery
from edge_siamese.gallery.templates.budget import sizes_of
from edge_siamese.gallery.templates.representatives import Strategy
from edge_siamese.gallery.templates.selection import Choice, SelectionOptions, with_selected
from edge_siamese.matching import Q15

from .photos import Photos
from .selection import TSNE_MEDOID, choose

RANDOM = "random"
STRATEGIES = (str(Strategy.MEAN), str(Strategy.GREEDY), str(Strategy.K_MEDOIDS), str(Strategy.FARTHEST_FIRST), RANDOM)
_DRAWS = 5
_STRANGERS_SHARE = 4


@dataclass(frozen=True)
class Point:
    """Accuracy of one gallery.

    Attributes:
        strategy: selection strategy; ``random`` is the mean over five draws of as many templates as ``greedy`` selects.
        bytes, templates: size of the gallery file, and number of templates.
        threshold: score from which a match is accepted.
        rank1: share of probes whose own person scores highest.
        named_rightly, named_wrongly: share of probes that get the correct, or another, name at the threshold.
        strangers_named: share of photos of strangers that get a name.
    """

    strategy: str
    bytes: int
    templates: int
    threshold: float
    rank1: float
    named_rightly: float
    named_wrongly: float
    strangers_named: float


@dataclass(frozen=True, eq=False)
class Trial:
    """A split of photos.

    Attributes:
        enrollment: candidates for templates of the enrolled people.
        probes: int8 ``(P, D)`` embeddings of other photos of the same people.
        truth: person of each probe, as index in `enrollment.people`.
        strangers: int8 ``(S, D)`` embeddings of strangers.
        target_fpir: target false positive identification rate, 0 to 1.
    """

    enrollment: Photos
    probes: npt.NDArray[np.int8]
    truth: npt.NDArray[np.int64]
    strangers: npt.NDArray[np.int8]
    target_fpir: float

    @classmethod
    def of(cls, photos: Photos, target_fpir: float) -> "Trial":
        """Split photos.

        Raises:
            DataError: there are fewer than two people to enroll, or no strangers.
        """
        several = sorted((name for name, indices in photos.people.items() if len(indices) > 1), key=_hash)
        strangers = {*several[: len(several) // _STRANGERS_SHARE], *photos.people.keys() - set(several)}
        halves = {name: _halves(photos, indices) for name, indices in photos.people.items() if name not in strangers}
        if len(halves) < 2 or not strangers:
            raise DataError(
                "an accuracy curve: expected at least two people with two photos, and another person as a stranger; "
                f"found {len(several)} with two or more, of {len(photos.people)}"
            )
        enrollment = replace(photos, people={name: indices for name, (indices, _) in halves.items()})
        return cls(
            enrollment=enrollment,
            probes=photos.embeddings[[row for _, indices in halves.values() for row in indices]],
            truth=np.repeat(np.arange(len(halves)), [len(indices) for _, indices in halves.values()]),
            strangers=photos.embeddings[[row for name in sorted(strangers) for row in photos.people[name]]],
            target_fpir=target_fpir,
        )

    def measure(self, strategy: str, choices: Mapping[str, Choice]) -> Point:
        """Measure the gallery of the chosen templates."""
        card = self.enrollment.card
        gallery = with_selected(Gallery.empty(card), self.enrollment.templates(), choices)
        threshold = gallery.operating_point(card, self.target_fpir).threshold_q15
        scores = gallery.scores_of(self.probes)
        right, named = scores.argmax(axis=1) == self.truth, named_rows(scores, threshold)
        return Point(
            strategy=strategy,
            bytes=sizes_of(gallery)(len(gallery.templates)),
            templates=len(gallery.templates),
            threshold=threshold / Q15,
            rank1=float(right.mean()),
            named_rightly=float((right & named).mean()),
            named_wrongly=float((~right & named).mean()),
            strangers_named=float(named_rows(gallery.scores_of(self.strangers), threshold).mean()),
        )


def accuracy_curve(
    trial: Trial, *, points: int = 8, reject_outliers: bool = False, tsne: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> list[Point]:  # fmt: skip
    """Measure every strategy for geometric budgets from one template per person to all templates.

    Args:
        trial: the split.
        points: number of budgets.
        reject_outliers: leave out outliers; ``random`` draws from all photos.
        tsne: also measure the medoid of a t-SNE projection, with one template per person.
        progress: called with the number done and the total.
    """
    empty = Gallery.empty(trial.enrollment.card)
    measured: list[Point] = []
    budgets = _budgets(trial, empty, points)
    for done, budget in enumerate(budgets, start=1):
        for strategy in Strategy:
            if strategy is Strategy.MEAN and done > 1:
                continue  # independent of the budget
            if str(strategy) in STRATEGIES:
                options = SelectionOptions(strategy, budget=budget, reject_outliers=reject_outliers)
                choices = choose(trial.enrollment, empty, options)
                measured.append(trial.measure(str(strategy), choices))
            if strategy is Strategy.GREEDY:
                measured.append(_mean([trial.measure(RANDOM, _drawn(trial, choices, n)) for n in range(_DRAWS)]))
        if progress:
            progress(done, len(budgets))
    if tsne:
        options = SelectionOptions(reject_outliers=reject_outliers)
        measured.append(trial.measure(TSNE_MEDOID, choose(trial.enrollment, empty, options, tsne=True)))
    return sorted(measured, key=lambda point: (point.strategy, point.bytes))


def _budgets(trial: Trial, empty: Gallery, points: int) -> list[int]:
    templates = trial.enrollment.templates()
    size = sizes_of(empty.with_people({name: indices[:1] for name, indices in templates.items()}, limit=None))
    minimum, maximum = size(len(templates)), size(sum(map(len, templates.values())))
    return sorted({round(size) for size in np.geomspace(minimum, maximum, points).tolist()})


def _drawn(trial: Trial, choices: Mapping[str, Choice], draw: int) -> dict[str, Choice]:
    """Draw as many random templates of each person as were chosen."""
    rng = np.random.default_rng(draw)
    return {
        name: Choice(tuple(rng.permutation(len(indices))[: len(choices[name].chosen)].tolist()), ())
        for name, indices in trial.enrollment.people.items()
    }


def _mean(points: list[Point]) -> Point:
    means: dict[str, Any] = {
        field: float(np.mean([getattr(point, field) for point in points]))
        for field in ("rank1", "named_rightly", "named_wrongly", "strangers_named")
    }
    return replace(points[0], **means)


def _halves(photos: Photos, indices: list[int]) -> tuple[list[int], list[int]]:
    """Split photos into candidates for templates (one more if odd) and probes."""
    ordered = sorted(indices, key=lambda row: _hash(photos.paths[row]))
    half = (len(ordered) + 1) // 2
    return sorted(ordered[:half]), sorted(ordered[half:])


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
