"""FMR and FNMR at one threshold with exact and bootstrap confidence intervals."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..intervals import Interval, Proportion
from .bootstrap import PersonBootstrap, interval
from .pairs import ScoredPairs


@dataclass(frozen=True)
class Rate:
    """An error rate with an exact interval, which assumes independent pairs, and the bootstrap interval `people`.

    `people` is None if no pair, or every pair, is an error; resampling gives no interval then.
    """

    counted: Proportion
    people: Interval | None

    def to_json(self) -> dict[str, Any]:
        return self.counted.to_json() | {"person_interval_95": self.people}


@dataclass(frozen=True)
class Rates:
    """FMR and FNMR of one group of comparisons."""

    fmr: Rate
    fnmr: Rate

    def to_json(self) -> dict[str, Any]:
        return {"fmr": self.fmr.to_json(), "fnmr": self.fnmr.to_json()}


def rates_at(comparisons: ScoredPairs, threshold: float, bootstrap: PersonBootstrap) -> Rates:
    """FMR and FNMR at a Q15 threshold; scores of at least `threshold` match."""
    return grouped_rates(comparisons, threshold, np.zeros(len(comparisons.scores), np.int64), 1, bootstrap)[0]


def grouped_rates(
    comparisons: ScoredPairs, threshold: float, group: npt.NDArray[np.int64], groups: int, bootstrap: PersonBootstrap
) -> list[Rates]:
    """FMR and FNMR for each group of comparisons; `group` ``(P,)`` has indices from 0."""
    wrong = (comparisons.scores >= threshold) != comparisons.genuine
    cell = 2 * group + comparisons.genuine
    trials = np.bincount(cell, minlength=2 * groups)
    errors = np.bincount(cell[wrong], minlength=2 * groups)
    replicates = bootstrap.rates(comparisons, wrong, cell, 2 * groups)
    rates = [
        Rate(Proportion(wrong_ones, of), interval(replicates[:, at]) if 0 < wrong_ones < of else None)
        for at, (wrong_ones, of) in enumerate(zip(errors.tolist(), trials.tolist(), strict=True))
    ]
    return [Rates(fmr, fnmr) for fmr, fnmr in zip(rates[::2], rates[1::2], strict=True)]
