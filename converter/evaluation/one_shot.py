"""Within-alphabet one-shot classification of Omniglot.

Protocol of Lake, Salakhutdinov and Tenenbaum ("Human-level concept learning through probabilistic program induction",
Science 2015): a run classifies 20 drawings of one drawer by 20 drawings of another drawer, one per character of one
alphabet; there are 20 runs over the evaluation alphabets. Characters of one alphabet are harder to distinguish than
characters of several alphabets.
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
class OneShotRun:
    """One run: rows of the images shown and asked for, each class once in both.

    Attributes:
        group: alphabet of its classes.
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
) -> list[OneShotRun]:
    """Draw runs over all groups that are large enough; the numbers of runs per group differ by at most one.

    Args:
        labels: class of each image, ``(N,)``.
        groups: alphabet of each image, ``(N,)``.
        drawers: drawer of each image, ``(N,)``.
        runs, ways: number of runs, and number of classes per run.
        seed: seed of the draws.

    Raises:
        DataError: no group has two drawers who have drawn `ways` of the same classes.
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


def evaluate_runs(score: Score, labels: Labels, runs: Sequence[OneShotRun]) -> OneShotResult:
    """Classify the test drawings of every run by the drawings shown in it."""
    right = [identify(score, labels, run.shown, run.asked).rank1.count for run in runs]
    return OneShotResult(tuple(right), len(runs[0].shown), tuple(run.group for run in runs))


def _drawings(labels: Labels, who: Labels, indices: Indices) -> Labels:
    """Return the index of the image of each class by each drawer, ``(classes, drawers)``, -1 if there is none."""
    place = np.unique(labels[indices], return_inverse=True)[1]
    table = np.full((int(place.max()) + 1, int(who.max()) + 1), -1, np.int64)
    table[place, who[indices]] = indices
    return table


def _able_pairs(table: Labels, ways: int) -> Labels:
    """Return ordered pairs of drawers ``(A, 2)`` who have drawn at least `ways` of the same classes."""
    drawn = (table >= 0).astype(np.int64)
    common = drawn.T @ drawn
    np.fill_diagonal(common, 0)
    return np.argwhere(common >= ways)


def _drawn(group: str, table: Labels, pairs: Labels, ways: int, rng: np.random.Generator) -> OneShotRun:
    drawings = table[:, pairs[rng.integers(len(pairs))]]
    classes = rng.choice(np.flatnonzero((drawings >= 0).all(axis=1)), ways, replace=False)
    return OneShotRun(group, drawings[classes, 0], rng.permutation(drawings[classes, 1]))
