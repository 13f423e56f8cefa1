"""Error versus reject: does a quality score know which photos will be recognized wrongly?

The photos of lowest quality are discarded, a growing share of them, and with each all of its comparisons: what is
left are the pairs whose lower quality is high enough. The threshold stays where it was set on all pairs. If the score
predicts errors, the FNMR of what is left falls (Grother and Tabassi, "Performance of biometric quality measures", PAMI
2007; the error-versus-discard characteristic of ISO/IEC 29794-1).
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
    """FNMR after discarding.

    Attributes:
        shares: of the photos to discard, ascending from 0.
        fnmr: of the pairs left, ``(K,)``.
        pairs: how many are left, ``(K,)``.
    """

    shares: tuple[float, ...]
    fnmr: npt.NDArray[np.float64]
    pairs: npt.NDArray[np.int64]

    @property
    def area(self) -> float:
        """Mean FNMR over the shares (trapezoids)."""
        shares = np.array(self.shares)
        return float(np.sum((self.fnmr[1:] + self.fnmr[:-1]) / 2 * np.diff(shares)) / (shares[-1] - shares[0]))

    @property
    def relative_area(self) -> float:
        """The area by that of a random choice, whose FNMR is expected to stay: 1 is useless, lower is better."""
        return self.area / float(self.fnmr[0]) if self.fnmr[0] > 0 else 1.0


def error_versus_reject(
    index: Index, match: Booleans, qualities: Floats, shares: Sequence[float] = SHARES
) -> RejectCurve:
    """Discard the photos of lowest quality.

    Photos of equal quality are kept together, so that at most the share is discarded and never a part of a tie.

    Args:
        index: integers ``(G, 2)``, the photos of genuine pairs, 0 to N - 1.
        match: bool ``(G,)``, whether each pair matched.
        qualities: ``(N,)``, higher is better.
        shares: ascending, from 0 to less than 1.

    Raises:
        DataError: a photo has no quality, or at some share no genuine pair is left.
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
    """Qualities ``(count,)`` of somebody who knows the errors: discards next whatever lowers the FNMR most.

    Greedy, so a bound in practice and not in theory. Photos beyond the share `maximum` share the highest quality.
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
