"""Agreement of templates: outliers of one person, and grouping of photos by person.

`Agreement` finds outliers: photos that differ too much from the others of their person. A template is an outlier if its mean
score with the others is below half the median of these means. Like the local outlier factor (Breunig, Kriegel, Ng and Sander,
"LOF: identifying density-based local outliers", SIGMOD 2000) the rule compares a point with its neighborhood (here all other
templates), so it needs no threshold. With two templates, or with templates that do not agree at all (a median of 0 or less),
nothing is rejected. ``docs/representatives.md`` has the rates of detected misfiled photos and of rejected good ones.

`group_by_person` uses a threshold to group any number of templates by person; ``docs/enrollment.md`` has its error rates.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ...matching import NO_SCORE, Q15, scores_q15
from .representatives import Candidates, Templates, mean_template

FEWEST = 3
_NO_PAIR = NO_SCORE - 1  # of a group with itself: below every score


@dataclass(frozen=True, eq=False)
class Agreement:
    """Agreement of the N templates of one person.

    Attributes:
        with_others: sum of the Q15 scores of each template with the others, int64 ``(N,)``.
        outliers: indices of the outliers, ascending.
    """

    with_others: npt.NDArray[np.int64]
    outliers: tuple[int, ...]

    @classmethod
    def of(cls, candidates: Candidates) -> "Agreement":
        scores = candidates.scores
        sums = scores.sum(axis=1) - scores.diagonal()
        return cls(sums, tuple(_below_half_the_median(sums).tolist()) if len(sums) >= FEWEST else ())

    def means(self) -> npt.NDArray[np.float64]:
        """Mean score of each template with the others, -1 to 1, ``(N,)``; 0 for a single template."""
        return self.with_others / (max(len(self.with_others) - 1, 1) * Q15)

    def reason(self, row: int) -> str:
        """Reason why a template is an outlier, as text."""
        means = self.means()
        return (
            f"an outlier: its mean score {means[row]:.3f} with the person's other photos is below half of the "
            f"median, {np.median(means):.3f}"
        )


def _below_half_the_median(sums: npt.NDArray[np.int64]) -> npt.NDArray[np.intp]:
    ascending = np.sort(sums)
    median_twice = ascending[(len(sums) - 1) // 2] + ascending[len(sums) // 2]
    return np.flatnonzero((4 * sums < median_twice) & (median_twice > 0))


def group_by_person(templates: Templates, zero_point: int, threshold: int) -> list[list[int]]:
    """Group templates by person.

    Average linkage on mean templates: every template begins as a group, and the two groups whose mean templates score
    highest become one while that score is at least the threshold.

    Args:
        templates: int8 ``(N, D)``.
        zero_point: of the templates.
        threshold: Q15 score from which two templates show one person.

    Returns:
        Row indices, ascending in each group; the largest group first, groups of equal size by their first row.
    """
    groups = [[row] for row in range(len(templates))]
    means = np.array(templates)
    scores = scores_q15(means, means, zero_point).astype(np.int64)
    np.fill_diagonal(scores, _NO_PAIR)
    while len(groups) > 1:
        first, second = sorted(int(place) for place in np.unravel_index(int(scores.argmax()), scores.shape))
        if scores[first, second] < threshold:
            break
        groups[first] = sorted(groups[first] + groups.pop(second))
        means, scores = np.delete(means, second, 0), np.delete(np.delete(scores, second, 0), second, 1)
        means[first] = mean_template(templates[groups[first]], zero_point)
        scores[first] = scores[:, first] = scores_q15(means[first : first + 1], means, zero_point)[0]
        scores[first, first] = _NO_PAIR
    return sorted(groups, key=lambda group: (-len(group), group))
