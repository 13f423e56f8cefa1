"""Text formats of rates, differences and intervals."""

import math
from collections.abc import Sequence


def percent(rate: float) -> str:
    """A rate in percent: two decimals, or two significant digits below 0.1 %."""
    value = 100 * rate
    decimals = 2 if value == 0 or abs(value) >= 0.1 else 1 - math.floor(math.log10(abs(value)))
    return f"{value:.{decimals}f}%"


def percent_interval(bounds: Sequence[float] | None) -> str:
    """An interval of rates in percent, or a dash for None."""
    return f"{percent(bounds[0])[:-1]} to {percent(bounds[1])}" if bounds else "-"


def area(auc: float, bounds: Sequence[float] | None) -> tuple[str, str]:
    """An area under a curve and its interval, 0 to 1."""
    return f"{auc:.4f}", f"{bounds[0]:.4f} to {bounds[1]:.4f}" if bounds else "-"


def points(difference: float) -> str:
    """A difference of rates in percentage points, with its sign."""
    return f"{100 * difference:+.2f}"


def points_interval(bounds: Sequence[float] | None) -> str:
    """An interval of differences in percentage points, or a dash for None."""
    return f"{points(bounds[0])} to {points(bounds[1])}" if bounds else "-"
