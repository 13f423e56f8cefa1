"""The embedder's operating points as a board uses them: how many comparisons each is strict enough for."""

from collections.abc import Sequence

from edge_siamese.operating_point import OperatingPoint, require_rate

_MAX_COMPARISONS = 2**32 - 1


def model_points(points: Sequence[OperatingPoint], target_fpir: float) -> list[tuple[int, int]]:
    """Comparisons and Q15 threshold of each point, strictest first.

    Args:
        points: of a model card.
        target_fpir: accepted rate of strangers who are named, 0 to 1.

    Raises:
        DataError: `target_fpir` is not above 0 and below 1.
    """
    require_rate(target_fpir, "target FPIR")
    ordered = sorted(points, key=lambda point: point.target_fmr)
    return [(_comparisons(point, target_fpir), point.threshold_q15) for point in ordered]


def _comparisons(point: OperatingPoint, target_fpir: float) -> int:
    """The largest number of comparisons for which a point is strict enough."""
    low, high = 0, _MAX_COMPARISONS
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if point.is_strict_enough(target_fpir / middle) else (low, middle - 1)
    return low
