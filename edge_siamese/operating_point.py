"""Operating points: a threshold, its target error rate, and the statistics of the data it was measured on."""

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
"""Accepted false positive identification rate: share of strangers that are matched."""
STRICTNESS = 1 + 1e-9
"""Factor by which a target FMR may exceed the required one, for rates that are not exact in binary."""


@dataclass(frozen=True)
class OperatingPoint:
    """A threshold with its target error rate and the data it was measured on.

    Attributes:
        target_fmr: the requested false match rate, 0 to 1.
        threshold_q15: a comparison matches if its Q15 score is at least this; `threshold` is the same as a float.
        fmr_upper_95: Clopper-Pearson upper bound of the FMR at the threshold, assuming independent pairs.
        impostor_pairs: number of impostor comparisons measured.
        people: number of people in these comparisons.
        fnmr: false non-match rate at the threshold on the same data.
        dataset_digest: SHA-256 of the embeddings and labels it was measured on, in hex.
        estimated: whether the threshold is an extreme-value estimate (`evaluation.tail_estimate`); `fmr_upper_95` is then
            the upper limit of the estimate.
    """

    target_fmr: float
    threshold_q15: int
    fmr_upper_95: float
    impostor_pairs: int
    people: int
    fnmr: float
    dataset_digest: str
    estimated: bool = False

    @property
    def threshold(self) -> float:
        """A comparison matches if its score, -1 to 1, is at least this."""
        return self.threshold_q15 / Q15

    def to_json(self) -> dict[str, Any]:
        """Fields for reports; the threshold is a float."""
        return self.to_card() | {"threshold": self.threshold}

    def to_card(self) -> dict[str, Any]:
        """Fields for model cards and galleries; the threshold is a Q15 integer."""
        fields = {name.removesuffix("_q15"): value for name, value in asdict(self).items()}
        if not self.estimated:
            del fields["estimated"]
        return fields

    def is_strict_enough(self, fmr: float) -> bool:
        """Whether the target FMR is at most `fmr`."""
        return self.target_fmr <= fmr * STRICTNESS

    @classmethod
    def from_card(cls, fields: dict[str, Any]) -> "OperatingPoint":
        """Read the fields that `to_card` wrote.

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
                estimated=fields.get("estimated") is True,
            )
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(f"an operating point lacks a good {error}") from error


def accepted_threshold(operating_point: OperatingPoint | None, threshold: float | None) -> int | None:
    """The Q15 threshold of a caller's arguments: an operating point or a score.

    Returns:
        The threshold, or None if both arguments are None.

    Raises:
        DataError: both are given, or the threshold is not a score from -1 to 1.
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
        genuine: Q15 scores of genuine pairs; if empty, the FNMR is 1.
        impostor: Q15 scores of impostor pairs.
        target_fmr: between 0 and 1, exclusive.
        people, dataset_digest: stored with the operating point.

    Raises:
        OperatingPointError: there are too few impostor pairs for the target even without a false match (the message gives
            the required number), or too many impostor pairs have the highest possible score.
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
    """Check that a value is an error rate; NaN is not.

    Raises:
        DataError: the value is not above 0 and below 1.
    """
    if not 0.0 < rate < 1.0:
        raise DataError(f"{what}: expected a rate above 0 and below 1, found {rate}")


def _largest_count_within(target: float, trials: int) -> int | None:
    """The largest number of false matches whose upper bound is at most the target, or None."""
    if trials == 0 or upper_bound(0, trials) > target:
        return None
    low, high = 0, math.ceil(target * trials)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if upper_bound(middle, trials) <= target else (low, middle - 1)
    return low


def choose_operating_point(points: Sequence[OperatingPoint], fmr: float) -> OperatingPoint:
    """The operating point with the largest target FMR up to `fmr`, otherwise the one with the smallest target FMR.

    Raises:
        DataError: `fmr` is not above 0 and below 1.
        OperatingPointError: `points` is empty.
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
