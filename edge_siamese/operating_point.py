"""Operating points: a threshold, the error rate it was set for, and how well the data supports it."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from numbers import Real
from typing import Any

import numpy as np
import numpy.typing as npt

from .errors import DataError, OperatingPointError
from .intervals import pairs_needed, upper_bound
from .matching import Q15, threshold_q15

DEFAULT_TARGET_FMR = 1e-3
"""Accepted false match rate of one comparison."""
DEFAULT_TARGET_FPIR = 1e-3
"""Accepted rate of strangers being named."""


@dataclass(frozen=True)
class OperatingPoint:
    """Where to accept, and on what evidence.

    Attributes:
        target_fmr: the false match rate asked for.
        threshold_q15: a comparison matches when its Q15 score is at least this; `threshold` is the same as a float.
        fmr_upper_95: Clopper-Pearson upper bound of the FMR at the threshold, pairs taken as independent.
        impostor_pairs: how many impostor comparisons it rests on.
        people: how many people they are of.
        fnmr: false non-match rate at the threshold on the same data.
        dataset_digest: SHA-256 of the embeddings and labels it was measured on, in hex.
    """

    target_fmr: float
    threshold_q15: int
    fmr_upper_95: float
    impostor_pairs: int
    people: int
    fnmr: float
    dataset_digest: str

    @property
    def threshold(self) -> float:
        """A comparison matches when its score, -1 to 1, is at least this."""
        return self.threshold_q15 / Q15

    def to_json(self) -> dict[str, Any]:
        """For reports: the threshold is a float."""
        return self.to_card() | {"threshold": self.threshold}

    def to_card(self) -> dict[str, Any]:
        """For model cards and galleries: the threshold is the Q15 integer."""
        return {name.removesuffix("_q15"): value for name, value in asdict(self).items()}

    def is_strict_enough(self, fmr: float) -> bool:
        """Whether the point was set for a false match rate of at most `fmr`."""
        return self.target_fmr <= fmr * (1 + 1e-9)

    @classmethod
    def from_card(cls, fields: dict[str, Any]) -> "OperatingPoint":
        """Read what `to_card` wrote.

        Raises:
            DataError: a field is missing or of the wrong type.
        """
        try:
            return cls(
                target_fmr=float(fields["target_fmr"]),
                threshold_q15=int(fields["threshold"]),
                fmr_upper_95=float(fields["fmr_upper_95"]),
                impostor_pairs=int(fields["impostor_pairs"]),
                people=int(fields["people"]),
                fnmr=float(fields["fnmr"]),
                dataset_digest=str(fields["dataset_digest"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(f"an operating point lacks a good {error}") from error


def accepted_threshold(operating_point: OperatingPoint | None, threshold: float | None) -> int | None:
    """The Q15 threshold of what a caller passed: an operating point, or a bare score where that is documented.

    Returns:
        None when both are None.

    Raises:
        DataError: both are given, or the bare threshold is no score from -1 to 1.
    """
    if operating_point is not None and threshold is not None:
        raise DataError("give either an operating point or a threshold, found both")
    if operating_point is not None:
        if not isinstance(operating_point, OperatingPoint):
            raise DataError(
                f"operating_point: expected an OperatingPoint, found {operating_point!r}; a bare score is passed as threshold"
            )
        return operating_point.threshold_q15
    if threshold is None:
        return None
    is_number = isinstance(threshold, Real) and not isinstance(threshold, bool)
    if not is_number or not -1.0 <= threshold <= 1.0:
        raise DataError(
            f"threshold: expected a score from -1 to 1, found {threshold!r}", expected="-1 to 1", found=threshold
        )
    return threshold_q15(float(threshold))


def calibrate(
    genuine: npt.NDArray[np.integer],
    impostor: npt.NDArray[np.integer],
    *,
    target_fmr: float,
    people: int,
    dataset_digest: str,
) -> OperatingPoint:
    """Choose the smallest threshold whose FMR is at most `target_fmr` with 95 % confidence.

    Args:
        genuine: Q15 scores of genuine pairs; may be empty, the FNMR is then 1 by convention of ignorance.
        impostor: Q15 scores of impostor pairs.
        target_fmr: between 0 and 1, exclusive.
        people, dataset_digest: kept with the point.

    Raises:
        OperatingPointError: even with no false match the impostor pairs are too few, the sentence says how many it
            would take; or too many impostor pairs have the highest score there is.
    """
    require_rate(target_fmr, "target FMR")
    pairs = len(impostor)
    allowed = _largest_count_within(target_fmr, pairs)
    if allowed is None:
        raise OperatingPointError(
            f"an FMR of {target_fmr:g} needs at least {pairs_needed(target_fmr):,} impostor pairs, found {pairs:,}"
        )
    descending = np.sort(impostor)[::-1]
    threshold = int(descending[allowed]) + 1 if allowed < pairs else -Q15
    if threshold >= Q15:
        raise OperatingPointError(
            f"an FMR of {target_fmr:g} allows {allowed:,} false matches, but more impostor pairs than that score 1: is one "
            "photo filed under two people?"
        )
    false_matches = int(np.count_nonzero(impostor >= threshold))
    return OperatingPoint(
        target_fmr=target_fmr,
        threshold_q15=threshold,
        fmr_upper_95=upper_bound(false_matches, pairs),
        impostor_pairs=pairs,
        people=people,
        fnmr=float(np.mean(genuine < threshold)) if len(genuine) else 1.0,
        dataset_digest=dataset_digest,
    )


def require_rate(rate: float, what: str) -> None:
    """Refuse what is no error rate, also NaN.

    Raises:
        DataError: it is not above 0 and below 1.
    """
    if not 0.0 < rate < 1.0:
        raise DataError(f"{what}: expected a rate above 0 and below 1, found {rate}")


def _largest_count_within(target: float, trials: int) -> int | None:
    """The largest number of false matches whose upper bound is still within the target, or None."""
    if trials == 0 or upper_bound(0, trials) > target:
        return None
    low, high = 0, math.ceil(target * trials)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if upper_bound(middle, trials) <= target else (low, middle - 1)
    return low


def choose_operating_point(points: Sequence[OperatingPoint], fmr: float) -> OperatingPoint:
    """The loosest point whose target FMR is at most `fmr`, else the strictest there is.

    Raises:
        DataError: `fmr` is not above 0 and below 1.
        OperatingPointError: there is none.
    """
    if not points:
        raise OperatingPointError(
            "the model carries no operating point, so no threshold can be chosen; calibrate it with 'edge-siamese gallery "
            "calibrate' or convert it with validation people"
        )
    require_rate(fmr, "FMR")
    strict_enough = [point for point in points if point.is_strict_enough(fmr)]
    if strict_enough:
        return max(strict_enough, key=lambda point: point.target_fmr)
    return min(points, key=lambda point: point.target_fmr)
