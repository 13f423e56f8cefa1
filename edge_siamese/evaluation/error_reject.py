"""Error-versus-reject curves: evaluation of how well a quality score predicts recognition errors.

A growing share of the photos with the lowest quality is discarded, with all their comparisons. The threshold, set on all
pairs, does not change. If the quality score predicts errors, the FNMR of the remaining pairs decreases (Grother and Tabassi,
"Performance of biometric quality measures", PAMI 2007; the error-versus-discard characteristic of ISO/IEC 29794-1).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..errors import DataError

SHARES = (0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3)
Index = npt.NDArray[np.integer]
Booleans = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.floating]


@dataclass(frozen=True, eq=False)
class RejectCurve:
    """FNMR after discarding photos of low quality.

    Attributes:
        shares: K shares of discarded photos, ascending from 0.
        fnmr: FNMR of the remaining pairs, ``(K,)``.
        pairs: number of remaining pairs, ``(K,)``.
    """

    shares: tuple[float, ...]
    fnmr: npt.NDArray[np.float64]
    pairs: npt.NDArray[np.int64]

    @property
    def area(self) -> float:
        """Mean FNMR over the shares (trapezoidal rule)."""
        shares = np.array(self.shares)
        return float(np.sum((self.fnmr[1:] + self.fnmr[:-1]) / 2 * np.diff(shares)) / (shares[-1] - shares[0]))

    @property
    def relative_area(self) -> float:
        """Area relative to discarding random photos, which does not change the expected FNMR. 1 is useless, lower is better."""
        return self.area / float(self.fnmr[0]) if self.fnmr[0] > 0 else 1.0


def error_versus_reject(
    index: Index, match: Booleans, qualities: Floats, shares: Sequence[float] = SHARES
) -> RejectCurve:
    """Compute the FNMR after discarding the photos of lowest quality.

    Photos of equal quality are kept or discarded together; at most the given share is discarded.

    Args:
        index: integers ``(G, 2)``, the photos of genuine pairs, 0 to N - 1.
        match: bool ``(G,)``, whether each pair matched.
        qualities: quality of each photo, ``(N,)``; higher is better.
        shares: shares to discard, ascending, from 0 to less than 1.

    Raises:
        DataError: a photo has no quality, or no genuine pair remains at a share.
    """
    if index.max(initial=-1) >= len(qualities):
        raise DataError(f"expected a quality for each of {index.max() + 1} photos, found {len(qualities)}")
    ordered = np.sort(qualities)
    lower = qualities[index].min(axis=1)
    fnmr, counts = np.zeros(len(shares)), np.zeros(len(shares), np.int64)
    for number, share in enumerate(shares):
        kept = lower >= ordered[int(share * len(ordered) + 1e-9)]
        counts[number] = np.count_nonzero(kept)
        if not counts[number]:
            raise DataError(f"with {share:.0%} of {len(ordered)} photos discarded no genuine pair is left")
        fnmr[number] = np.mean(~match[kept])
    return RejectCurve(tuple(shares), fnmr, counts)


def oracle(index: Index, match: Booleans, count: int, maximum: float = SHARES[-1]) -> npt.NDArray[np.float64]:
    """Best possible qualities ``(count,)``, computed from the errors: discards the photo that lowers the FNMR most.

    The search is greedy, so the bound is approximate. Photos beyond the share `maximum` all have the highest quality.
    """
    qualities = np.full(count, float(count))
    alive = np.ones(len(match), bool)
    for step in range(int(maximum * count + 1e-9)):
        total, wrong = (np.bincount(index[chosen].ravel(), minlength=count) for chosen in (alive, alive & ~match))
        left = np.count_nonzero(alive) - total
        rate = (np.count_nonzero(alive & ~match) - wrong) / np.maximum(left, 1)
        rate[(qualities < count) | (left == 0)] = np.inf
        worst = int(np.argmin(rate))
        if np.isinf(rate[worst]):
            break
        qualities[worst] = step
        alive &= (index != worst).all(axis=1)
    return qualities
