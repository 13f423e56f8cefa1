"""Templates too far from the others of their person: somebody else's photo, or nothing to recognize them by.

A template is an outlier when its mean score with the others of its person is below half the median of these means. Like
the local outlier factor (Breunig, Kriegel, Ng and Sander, "LOF: identifying density-based local outliers", SIGMOD 2000)
the rule compares a point with its own neighborhood, so it needs no threshold for a network; one person has too few
templates for neighborhoods within, so all others are the neighbors. Two templates cannot say which of them is wrong,
and templates that do not agree at all (a median of 0 or less) not either: then nothing is rejected.

``docs/representatives.md`` has how many misfiled photos it finds, and how many good ones it costs.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ...matching import Q15
from .representatives import Candidates

FEWEST = 3


@dataclass(frozen=True, eq=False)
class Agreement:
    """How well the N templates of one person agree with each other.

    Attributes:
        with_others: int64 ``(N,)`` sums of Q15 scores with the others.
        outliers: row numbers, ascending.
    """

    with_others: npt.NDArray[np.int64]
    outliers: tuple[int, ...]

    @classmethod
    def of(cls, candidates: Candidates) -> "Agreement":
        scores = candidates.scores
        sums = scores.sum(axis=1) - scores.diagonal()
        return cls(sums, tuple(_below_half_the_median(sums).tolist()) if len(sums) >= FEWEST else ())

    def means(self) -> npt.NDArray[np.float64]:
        """Mean score of each with the others, as people see scores, ``(N,)``; of a single template 0."""
        return self.with_others / (max(len(self.with_others) - 1, 1) * Q15)

    def reason(self, row: int) -> str:
        """Why a template is an outlier, for people."""
        means = self.means()
        return (
            f"an outlier: its mean score {means[row]:.3f} with the person's other photos is below half of what is "
            f"usual among them, {np.median(means):.3f}"
        )


def _below_half_the_median(sums: npt.NDArray[np.int64]) -> npt.NDArray[np.intp]:
    ascending = np.sort(sums)
    median_twice = ascending[(len(sums) - 1) // 2] + ascending[len(sums) // 2]
    return np.flatnonzero((4 * sums < median_twice) & (median_twice > 0))
