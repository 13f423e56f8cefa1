"""Sequential test: how much the views of a track prove, and when that is enough for a decision.

The score of a comparison is modeled as normal with one variance for genuine and impostor comparisons. The operating point
gives the model: its FMR and FNMR at the threshold are two points of the two distributions. The logarithm of the likelihood
ratio of a score is then ``slope * (score - middle)``, and that of several views is the mean times the number of effective
views (`effective_views`).

A person is named when the evidence reaches that of one comparison at the threshold, so one view is named exactly as by the
operating point. A track is "unknown" when the evidence falls to ``log(miss rate)`` (Wald's test). In between more views are
needed, up to a limit.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from .matching import NO_SCORE, Q15
from .operating_point import OperatingPoint

MAX_MISS_RATE = 0.05
"""Largest share of enrolled people whose track may be decided "unknown" before the last view."""
HELD_SHARE = 0.5
"""Share of the evidence for a name that a named track must keep, or the name is taken back."""
_SMALLEST, _LARGEST = 1e-9, 0.49
_NORMAL = NormalDist()


@dataclass(frozen=True)
class SequentialTest:
    """Limits of a track's mean score, by the number of effective views.

    Attributes:
        threshold_q15: threshold of the operating point, in Q15.
        middle_q15: score that speaks for neither side, in Q15.
        reject_q15: distance below the middle, in Q15, at which one view proves a stranger.
    """

    threshold_q15: int
    middle_q15: float
    reject_q15: float

    @classmethod
    def of(cls, point: OperatingPoint) -> "SequentialTest":
        """The test for the error rates of an operating point."""
        fmr = min(max(point.target_fmr, _SMALLEST), _LARGEST)
        fnmr = min(max(point.fnmr, _SMALLEST), 1 - _SMALLEST)
        threshold = max(point.threshold_q15, 1)
        deviation = threshold / _NORMAL.inv_cdf(1 - fmr)
        genuine = threshold + deviation * _NORMAL.inv_cdf(1 - fnmr)
        middle = min(max(genuine / 2, threshold / 4), threshold * 0.9)
        slope = 2 * middle / deviation**2
        miss_rate = min(fnmr, MAX_MISS_RATE)
        return cls(point.threshold_q15, middle, -math.log(miss_rate) / slope)

    def accept_q15(self, views: float, *, held: bool = False) -> int:
        """The mean score from which a person is named.

        Args:
            views: number of effective views, at least 1.
            held: whether the person is named already.
        """
        needed = (self.threshold_q15 - self.middle_q15) / views
        return min(math.ceil(self.middle_q15 + needed * (HELD_SHARE if held else 1.0)), Q15 - 1)

    def is_stranger(self, score_q15: int, views: float) -> bool:
        """Whether a best mean score proves that the person is not in the gallery."""
        return score_q15 <= self.middle_q15 - self.reject_q15 / views


@dataclass(frozen=True)
class FixedThreshold:
    """A threshold for the mean score, whatever the number of views; the firmware decides like this.

    Attributes:
        threshold_q15: the threshold, in Q15.
        middle_q15: score that speaks for neither side: none.
    """

    threshold_q15: int
    middle_q15: float = float(NO_SCORE)

    def accept_q15(self, views: float, *, held: bool = False) -> int:
        """The threshold."""
        return self.threshold_q15

    def is_stranger(self, score_q15: int, views: float) -> bool:
        """Whether the score is below the threshold."""
        return score_q15 < self.threshold_q15


def effective_views(embeddings: Sequence[npt.NDArray[np.int8]], zero_point: int) -> float:
    """Number of independent views that have the same variance of the mean score against strangers.

    Against templates in random directions the scores of two embeddings are correlated by their cosine. Equal embeddings
    count as one.

    Args:
        embeddings: int8 ``(D,)`` each, at least one.
        zero_point: zero point of the embeddings.

    Returns:
        From 1 to the number of embeddings.
    """
    if len(embeddings) == 1:
        return 1.0
    vectors = np.stack(embeddings).astype(np.float32) - np.float32(zero_point)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6)
    correlations = np.maximum(vectors @ vectors.T, 0.0)
    return max(1.0, len(embeddings) ** 2 / max(float(correlations.sum()), float(len(embeddings))))
