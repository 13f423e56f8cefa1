"""Person bootstrap: confidence intervals from resampling people.

Scores of pairs that share a person are correlated, so people are resampled: each replicate draws as many people as there are,
with replacement, and a person drawn m times has the weight m. A genuine pair has the weight of its person, an impostor pair
the product of both weights; copies of one person are not compared with each other. For all pairs this is
the subset bootstrap of Bolle, Ratha and Pankanti ("Error analysis of pattern recognition systems: the subsets
bootstrap", CVIU 2004) that Poh and Bengio (ICASSP 2007) and ISO/IEC 19795-1 use for correlated comparisons. For a list of
pairs in which most people occur once, products of two weights give impostor intervals up to 1.7 times too wide, which is the
safe side (Owen, "The pigeonhole bootstrap", Annals of Applied Statistics 2007).

Intervals are the 2.5th and 97.5th percentile of the replicates. Two embedders evaluated on the same people with the same seed
use the same draws, so the difference of their replicates is the paired bootstrap of their difference.
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
    """Metrics of B replicates; NaN for a replicate without genuine or impostor pairs in some fold.

    Attributes:
        accuracy, eer, auc: float64 ``(B,)``.
        fnmr: float64 ``(B, F)`` at each of F requested FMRs.
    """

    accuracy: _Floats
    eer: _Floats
    auc: _Floats
    fnmr: _Floats


class PersonBootstrap:
    """Bootstrap draws of people, the same for every metric; generated in blocks to limit memory.

    Args:
        people: number of people.
        replicates: number of replicates, at most `MAX_REPLICATES`; 0 for no intervals.
        seed: the same seed and number of people give the same draws.

    Raises:
        DataError: `replicates` is out of range.
    """

    def __init__(self, people: int, replicates: int = REPLICATES, seed: int = SEED) -> None:
        if not 0 <= replicates <= MAX_REPLICATES:
            raise DataError(f"bootstrap: expected 0 to {MAX_REPLICATES:,} replicates, found {replicates:,}")
        self.people, self.replicates, self._seed = people, replicates, seed
        self._drawn: _Draws | None = None  # kept if all fit into one block

    def draws(self) -> Iterator[tuple[slice, _Draws]]:
        """Yield slices of b replicates and the number of draws of each person: float32 ``(b, people)``."""
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
        """Error rate of each group in every replicate.

        Args:
            comparisons: P pairs.
            wrong: bool ``(P,)``, whether each comparison is an error.
            group: int64 ``(P,)`` from 0 to `groups` - 1; a group contains only genuine or only impostor pairs.

        Returns:
            float64 ``(B, groups)``; NaN if a replicate has no pair of the group.
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
    """Weight of C pairs of people in b replicates, ``(b, C)``; a person with itself has the person's number of draws."""
    weights, between = draws[:, one], one != other
    weights[:, between] *= draws[:, other[between]]
    return weights


def interval(values: _Floats) -> Interval | None:
    """The 95 % percentile interval of replicates ``(B,)``; None if more than a tenth of them are NaN."""
    counted = values[np.isfinite(values)]
    if not len(counted) or len(counted) < _MIN_COUNTED * len(values):
        return None
    tail = 100 * (1 - CONFIDENCE) / 2
    low, high = np.percentile(counted, [tail, 100 - tail])
    return float(low), float(high)
