"""Strategies that choose representative templates of a person.

All computations use exact Q15 scores and ties go to the earlier template, so the same templates give the same choice
on every machine.

=================  ====================================================================================================
``mean``           the medoid, replaced by the mean of all templates: see `mean_template` and `selection`.
``greedy``         the medoid, then the template that raises the sum of best scores most: BUILD of PAM (Kaufman and Rousseeuw,
                   "Finding Groups in Data", 1990). An outlier is chosen late.
``medoid``         the template with the highest sum of scores with all.
``k-medoids``      ``greedy``, then exchanges while one raises the sum: SWAP of PAM, every exchange tried at once as in
                   FastPAM1 (Schubert and Rousseeuw, "Faster k-medoids clustering", SISAP 2019).
``farthest-first`` the medoid, then the worst represented template (Gonzalez, "Clustering to minimize the maximum
                   intercluster distance", 1985). An outlier is chosen early: reject outliers first.
=================  ====================================================================================================
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from ...matching import NO_SCORE, scores_q15

Templates = npt.NDArray[np.int8]
Scores = npt.NDArray[np.int64]
_ONE = 1 << 24  # unit vectors are summed as integers, so that the mean is the same on every machine


class Strategy(StrEnum):
    MEAN = "mean"
    GREEDY = "greedy"
    MEDOID = "medoid"
    K_MEDOIDS = "k-medoids"
    FARTHEST_FIRST = "farthest-first"

    @property
    def gives_one(self) -> bool:
        """Whether the strategy chooses only one template."""
        return self in (Strategy.MEAN, Strategy.MEDOID)


@dataclass(frozen=True, eq=False)
class Candidates:
    """Scores between one person's templates, for the choice of representatives.

    Attributes:
        scores: Q15 int64 ``(N, N)`` of every template with every other.
        distinct: indices to choose from, ascending; only the first of equal templates.
    """

    scores: Scores
    distinct: tuple[int, ...]

    @classmethod
    def of(cls, templates: Templates, zero_point: int) -> "Candidates":
        """Compute the scores of int8 ``(N, D)`` templates."""
        scores = scores_q15(templates, templates, zero_point).astype(np.int64)
        first: dict[bytes, int] = {}
        for row, template in enumerate(templates):
            first.setdefault(template.tobytes(), row)
        return cls(scores, tuple(first.values()))

    def choose(self, count: int, strategy: Strategy = Strategy.GREEDY) -> list[int]:
        """Indices of at most `count` representatives, the most representative first."""
        return _STRATEGIES[strategy](self, count)

    def coverage(self, chosen: Sequence[int]) -> Fraction:
        """Mean over all templates of the best Q15 score with a chosen template."""
        return Fraction(int(self.scores[:, list(chosen)].max(axis=1).sum()), len(self.scores))


def representatives(
    templates: Templates, zero_point: int, count: int, strategy: Strategy = Strategy.GREEDY
) -> list[int]:
    """Choose at most `count` of int8 ``(N, D)`` templates that represent all of them.

    Returns:
        Row indices, the most representative first; templates equal to a chosen one are left out.
    """
    return Candidates.of(templates, zero_point).choose(count, strategy)


def mean_template(templates: npt.NDArray[np.int8], zero_point: int) -> npt.NDArray[np.int8]:
    """Mean direction of int8 ``(n, D)`` templates as int8 ``(D,)`` with the same zero point, scaled to the range of int8.

    The mean identifies more photos of a person correctly than the separate templates do, and needs fewer bytes
    (docs/representatives.md).

    Every template has the same weight, independent of its length; zero vectors are ignored. If the directions cancel out, or
    there is only one template, the result is the first template.
    """
    vectors = templates.astype(np.float64) - zero_point
    lengths = np.sqrt((vectors * vectors).sum(axis=1, keepdims=True))
    total = np.rint(vectors * _ONE / np.maximum(lengths, 1.0)).astype(np.int64).sum(axis=0)
    room = ((127 - zero_point, int(total.max())), (128 + zero_point, int(-total.min())))  # above, below the zero point
    limits = [(levels, extent) for levels, extent in room if extent > 0]
    if len(templates) == 1 or not limits:
        return np.asarray(templates[0], np.int8)
    levels, extent = min(limits, key=lambda limit: limit[0] / limit[1])
    # Rounded half away from zero, in integers.
    scaled = np.sign(total) * ((2 * np.abs(total) * levels + extent) // (2 * extent))
    return np.asarray(np.clip(scaled + zero_point, -128, 127), np.int8)


def _greedy(candidates: Candidates, count: int) -> list[int]:
    return _build(candidates.scores, candidates.distinct, count)


def _medoid(candidates: Candidates, count: int) -> list[int]:
    return _build(candidates.scores, candidates.distinct, min(count, 1))


def _k_medoids(candidates: Candidates, count: int) -> list[int]:
    chosen = sorted(_greedy(candidates, count))
    while (better := _best_exchange(candidates, chosen)) is not None:
        chosen = better
    return _build(candidates.scores, chosen, count)


def _farthest_first(candidates: Candidates, count: int) -> list[int]:
    scores, chosen = candidates.scores, _medoid(candidates, count)
    left = [row for row in candidates.distinct if row not in chosen]
    while left and len(chosen) < count:
        best = scores[:, chosen].max(axis=1)
        worst = min(left, key=lambda row: best[row])
        left.remove(worst)
        chosen.append(worst)
    return chosen


_STRATEGIES: dict[Strategy, Callable[[Candidates, int], list[int]]] = {
    Strategy.MEAN: _medoid,
    Strategy.GREEDY: _greedy,
    Strategy.MEDOID: _medoid,
    Strategy.K_MEDOIDS: _k_medoids,
    Strategy.FARTHEST_FIRST: _farthest_first,
}


def _build(scores: Scores, indices: Iterable[int], count: int) -> list[int]:
    """Choose `count` of `indices` one by one; each choice raises the sum of best scores most."""
    left, best = set(indices), np.full(len(scores), NO_SCORE, np.int64)
    chosen: list[int] = []
    while left and len(chosen) < count:
        gains = np.maximum(best[:, None], scores).sum(axis=0)
        row = max(left, key=lambda candidate: (gains[candidate], -candidate))
        left.remove(row)
        chosen.append(row)
        best = np.maximum(best, scores[:, row])
    return chosen


def _best_exchange(candidates: Candidates, chosen: list[int]) -> list[int] | None:
    """`chosen`, ascending, after the exchange that raises the sum of best scores most; None if no exchange raises it."""
    left = [row for row in candidates.distinct if row not in chosen]
    if not left or not chosen:
        return None
    with_chosen, with_left = candidates.scores[:, chosen], candidates.scores[:, left]
    nearest, ranked = with_chosen.argmax(axis=1), np.sort(with_chosen, axis=1)
    best, second = ranked[:, -1], ranked[:, -2] if len(chosen) > 1 else np.full(len(ranked), NO_SCORE)
    added = np.maximum(best[:, None], with_left)
    instead = np.maximum(second[:, None], with_left)
    sums = np.array([np.where((nearest == place)[:, None], instead, added).sum(axis=0) for place in range(len(chosen))])
    place, other = np.unravel_index(int(sums.argmax()), sums.shape)
    if sums[place, other] <= best.sum():
        return None
    return sorted([*chosen[:place], *chosen[place + 1 :], left[other]])
