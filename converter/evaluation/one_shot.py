"""Within-alphabet one-shot classification, as published for Omniglot.

Lake, Salakhutdinov and Tenenbaum ("Human-level concept learning through probabilistic program induction", Science 2015):
a run shows 20 characters of one alphabet, each drawn once by one drawer, and asks which of them each of 20 drawings by
another drawer is; 20 runs over the alphabets kept back. Telling characters of one alphabet apart is harder than 20
characters of any.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from edge_siamese.errors import DataError
from edge_siamese.intervals import Proportion

from .identification import identify
from .scoring import Indices, Labels, Score
from .verification import mean_and_deviation

RUNS, CHARACTERS = 20, 20


@dataclass(frozen=True, eq=False)
class Run:
    """One run: rows of the images shown and asked for, each class once in both.

    Attributes:
        group: where its classes are from.
        shown, asked: int64 ``(C,)``.
    """

    group: str
    shown: Indices
    asked: Indices


@dataclass(frozen=True)
class OneShotResult:
    """Runs with the number of drawings named rightly in each."""

    right: tuple[int, ...]
    ways: int
    groups: tuple[str, ...]

    @property
    def counted(self) -> Proportion:
        return Proportion(sum(self.right), self.ways * len(self.right))

    def to_json(self) -> dict[str, Any]:
        accuracy, deviation = mean_and_deviation([right / self.ways for right in self.right])
        return {
            "ways": self.ways,
            "runs": len(self.right),
            "accuracy": accuracy,
            "sd": deviation,
            "counted": self.counted.to_json(),
            "right": list(self.right),
            "groups": list(self.groups),
        }


def draw_runs(
    labels: Labels,
    groups: Sequence[str],
    drawers: npt.NDArray[np.integer] | Sequence[str],
    *,
    runs: int = RUNS,
    ways: int = CHARACTERS,
    seed: int = 0,
) -> list[Run]:
    """Draw runs over all groups that are large enough, every group as often as any other, give or take one.

    Args:
        labels: class of each image, ``(N,)``.
        groups: alphabet of each image, ``(N,)``.
        drawers: who drew it, ``(N,)``.
        runs, ways: how many, and of how many classes each.
        seed: of the draws.

    Raises:
        DataError: in no group two drawers have drawn `ways` of the same classes.
    """
    rng = np.random.default_rng(seed)
    who = np.unique(np.asarray(drawers), return_inverse=True)[1]
    tables = {}
    for group in sorted(set(groups)):
        table = _drawings(labels, who, np.flatnonzero(np.asarray(groups) == group))
        pairs = _able_pairs(table, ways)
        if len(pairs):
            tables[group] = table, pairs
    if not tables:
        raise DataError(f"{ways}-way runs: in no alphabet two drawers have drawn {ways} of the same characters")
    order = [group for _ in range(-(-runs // len(tables))) for group in rng.permutation(sorted(tables))]
    return [_drawn(str(group), *tables[group], ways, rng) for group in order[:runs]]


def evaluate_runs(score: Score, labels: Labels, runs: Sequence[Run]) -> OneShotResult:
    """Name every asked drawing of every run by the drawings shown in it."""
    right = [identify(score, labels, run.shown, run.asked).rank1.count for run in runs]
    return OneShotResult(tuple(right), len(runs[0].shown), tuple(run.group for run in runs))


def _drawings(labels: Labels, who: Labels, indices: Indices) -> Labels:
    """Row of each class's image by each drawer, ``(classes, drawers)``, -1 where there is none."""
    place = np.unique(labels[indices], return_inverse=True)[1]
    table = np.full((int(place.max()) + 1, int(who.max()) + 1), -1, np.int64)
    table[place, who[indices]] = indices
    return table


def _able_pairs(table: Labels, ways: int) -> Labels:
    """Ordered pairs of drawers, ``(A, 2)``, who have drawn at least so many of the same classes."""
    drawn = (table >= 0).astype(np.int64)
    common = drawn.T @ drawn
    np.fill_diagonal(common, 0)
    return np.argwhere(common >= ways)


def _drawn(group: str, table: Labels, pairs: Labels, ways: int, rng: np.random.Generator) -> Run:
    drawings = table[:, pairs[rng.integers(len(pairs))]]
    classes = rng.choice(np.flatnonzero((drawings >= 0).all(axis=1)), ways, replace=False)
    return Run(group, drawings[classes, 0], rng.permutation(drawings[classes, 1]))
