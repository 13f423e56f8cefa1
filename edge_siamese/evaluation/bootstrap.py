"""Intervals from resampling people.

Pairs that share a person rise and fall together, so the unit that is drawn is the person: each replicate draws as many
people as there are, with replacement, and a person drawn m times counts m times. A genuine pair weighs m of its person, an
impostor pair m of one times m of the other; copies of one person are not compared with each other. For all pairs this is
the subset bootstrap of Bolle, Ratha and Pankanti ("Error analysis of pattern recognition systems: the subsets
bootstrap", CVIU 2004) that Poh and Bengio (ICASSP 2007) and ISO/IEC 19795-1 use for correlated comparisons. For a list in
which most people stand in one pair only, products of two weights give impostor intervals up to 1.7 times too wide, the
safe side (Owen, "The pigeonhole bootstrap", Annals of Applied Statistics 2007).

Intervals are the 2.5th and 97.5th percentile of the replicates. Two embedders judged on the same people with the same seed
meet the same draws, so the difference of their replicates is the paired bootstrap of their difference.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..errors import DataError
from ..intervals import CONFIDENCE, Interval
from .pairs import ScoredPairs
from .verification_metrics import MetricsTable

SEED = 1
REPLICATES = 1000
MAX_REPLICATES = 100_000
_MIN_COUNTED = 0.9
_BLOCK = 1 << 22
_DRAWS_AT_ONCE = 1 << 24
_Floats = npt.NDArray[np.float64]
_Draws = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Replicates:
    """Figures of B replicates, NaN where one had no genuine or no impostor pair in some fold.

    Attributes:
        accuracy, eer, auc: float64 ``(B,)``.
        fnmr: float64 ``(B, F)`` at each FMR asked for.
    """

    accuracy: _Floats
    eer: _Floats
    auc: _Floats
    fnmr: _Floats


class PersonBootstrap:
    """The draws of people, the same for every figure; they are made in blocks, so that memory stays bounded.

    Args:
        people: how many people there are.
        replicates: how many draws, at most `MAX_REPLICATES`; 0 gives no intervals.
        seed: the same seed and number of people give the same draws.

    Raises:
        DataError: there are more replicates, or fewer than none.
    """

    def __init__(self, people: int, replicates: int = REPLICATES, seed: int = SEED) -> None:
        if not 0 <= replicates <= MAX_REPLICATES:
            raise DataError(f"bootstrap: expected 0 to {MAX_REPLICATES:,} replicates, found {replicates:,}")
        self.people, self.replicates, self._seed = people, replicates, seed
        self._drawn: _Draws | None = None  # where all fit into one block

    def draws(self) -> Iterator[tuple[slice, _Draws]]:
        """Which replicates, and how often each draws every person: float32 ``(b, people)``."""
        if self._drawn is not None:
            yield slice(0, self.replicates), self._drawn
            return
        rng, share = np.random.default_rng(self._seed), np.full(self.people, 1 / self.people)
        step = max(_DRAWS_AT_ONCE // self.people, 1)
        for start in range(0, self.replicates, step):
            block = slice(start, min(start + step, self.replicates))
            drawn = rng.multinomial(self.people, share, size=block.stop - block.start).astype(np.float32)
            if block.stop - block.start == self.replicates:
                self._drawn = drawn
            yield block, drawn

    def metrics(self, comparisons: ScoredPairs, fmrs: Sequence[float] = ()) -> Replicates:
        """Accuracy, EER, AUC and the FNMR at each of `fmrs` in every replicate."""
        table, target = MetricsTable(comparisons), np.asarray(fmrs, np.float64)
        genuine, impostor = comparisons.genuine, ~comparisons.genuine
        same = comparisons.first_person[genuine]
        one, other = comparisons.first_person[impostor], comparisons.second_person[impostor]
        rows = np.full((self.replicates, 3 + len(target)), np.nan)
        for block, draws in self.draws():
            for row, times in zip(rows[block], draws, strict=True):
                found = table.metrics(times[same], times[one] * times[other])
                if found:
                    row[:3] = found.accuracy, found.curve.eer, found.curve.auc
                    row[3:] = found.curve.fnmr_at_fmr(target)
        return Replicates(rows[:, 0], rows[:, 1], rows[:, 2], rows[:, 3:])

    def rates(
        self, comparisons: ScoredPairs, wrong: npt.NDArray[np.bool_], group: npt.NDArray[np.int64], groups: int
    ) -> _Floats:
        """Share of wrong comparisons in each group in every replicate.

        Args:
            comparisons: P pairs.
            wrong: bool ``(P,)``.
            group: int64 ``(P,)`` from 0 to `groups` - 1; a group is genuine pairs only, or impostor pairs only.

        Returns:
            float64 ``(B, groups)``, NaN where a replicate has no pair of the group.
        """
        people = self.people
        low = np.minimum(comparisons.first_person, comparisons.second_person).astype(np.int64)
        high = np.maximum(comparisons.first_person, comparisons.second_person)
        cells, place = np.unique((group * people + low) * people + high, return_inverse=True)
        counts = np.stack([np.bincount(place), np.bincount(place, wrong)]).astype(np.float32)
        sums = np.zeros((2, self.replicates, groups))
        for block, draws in self.draws():
            step = max(_BLOCK // len(draws), 1)
            for start in range(0, len(cells), step):
                part = cells[start : start + step]
                weights = _weights(draws, part // people % people, part % people)
                belongs = part[:, None] // people**2 == np.arange(groups)
                sums[:, block] += [weights @ (belongs * count[:, None]) for count in counts[:, start : start + step]]
        with np.errstate(invalid="ignore"):
            return np.asarray(sums[1] / sums[0])


def _weights(draws: _Draws, one: npt.NDArray[np.int64], other: npt.NDArray[np.int64]) -> _Draws:
    """How often pairs of people ``(C,)`` count in every replicate, ``(b, C)``; a person with itself as often as drawn."""
    weights, between = draws[:, one], one != other
    weights[:, between] *= draws[:, other[between]]
    return weights


def interval(values: _Floats) -> Interval | None:
    """The 95 % percentile interval of replicates ``(B,)``; None where more than a tenth of them could not be counted."""
    counted = values[np.isfinite(values)]
    if not len(counted) or len(counted) < _MIN_COUNTED * len(values):
        return None
    tail = 100 * (1 - CONFIDENCE) / 2
    low, high = np.percentile(counted, [tail, 100 - tail])
    return float(low), float(high)
