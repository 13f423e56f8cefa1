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
Floats = npt.NDArray[np.floating]


@dataclass(frozen=True, eq=False)
class GenuinePairs:
    """Genuine comparisons of N photos at one threshold.

    Attributes:
        first, second: ``(G,)`` numbers of the photos compared, 0 to N - 1.
        match: bool ``(G,)``, whether the comparison matched.
        photos: N.
    """

    first: Index
    second: Index
    match: npt.NDArray[np.bool_]
    photos: int

    @classmethod
    def at_threshold(
        cls,
        first: Index,
        second: Index,
        genuine: npt.NDArray[np.bool_],
        scores: npt.NDArray[np.number],
        photos: int,
        threshold: float,
    ) -> "GenuinePairs":
        """The genuine ones of P comparisons, a match when the score is at least the threshold; all arrays are ``(P,)``."""
        return cls(first[genuine], second[genuine], scores[genuine] >= threshold, photos)


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


def error_versus_reject(pairs: GenuinePairs, qualities: Floats, shares: Sequence[float] = SHARES) -> RejectCurve:
    """Discard the photos of lowest quality.

    Photos of equal quality are kept together, so that at most the share is discarded and never a part of a tie.

    Args:
        pairs: what is compared.
        qualities: ``(N,)``, higher is better.
        shares: ascending, from 0 to less than 1.

    Raises:
        DataError: qualities and photos differ in number, or at some share no genuine pair is left.
    """
    if len(qualities) != pairs.photos:
        raise DataError(f"expected a quality for each of {pairs.photos} photos, found {len(qualities)}")
    ordered = np.sort(qualities)
    lower = np.minimum(qualities[pairs.first], qualities[pairs.second])
    fnmr, counts = np.zeros(len(shares)), np.zeros(len(shares), np.int64)
    for index, share in enumerate(shares):
        kept = lower >= ordered[int(share * len(ordered) + 1e-9)]
        counts[index] = np.count_nonzero(kept)
        if not counts[index]:
            raise DataError(f"with {share:.0%} of {len(ordered)} photos discarded no genuine pair is left")
        fnmr[index] = np.mean(~pairs.match[kept])
    return RejectCurve(tuple(shares), fnmr, counts)


def oracle(pairs: GenuinePairs, maximum: float = SHARES[-1]) -> npt.NDArray[np.float64]:
    """Qualities ``(N,)`` of somebody who knows the errors: discards next whatever lowers the FNMR most.

    Greedy, so a bound in practice and not in theory. Photos beyond the share `maximum` share the highest quality.
    """
    count = pairs.photos
    qualities = np.full(count, float(count))
    alive = np.ones(len(pairs.match), bool)
    for step in range(int(maximum * count + 1e-9)):
        total = _by_photo(pairs, alive)
        wrong = _by_photo(pairs, alive & ~pairs.match)
        left = np.count_nonzero(alive) - total
        rate = (np.count_nonzero(alive & ~pairs.match) - wrong) / np.maximum(left, 1)
        rate[(qualities < count) | (left == 0)] = np.inf
        worst = int(np.argmin(rate))
        if np.isinf(rate[worst]):
            break
        qualities[worst] = step
        alive &= (pairs.first != worst) & (pairs.second != worst)
    return qualities


def _by_photo(pairs: GenuinePairs, chosen: npt.NDArray[np.bool_]) -> Index:
    """In how many chosen pairs each photo is."""
    count = pairs.photos
    return np.bincount(pairs.first[chosen], minlength=count) + np.bincount(pairs.second[chosen], minlength=count)
