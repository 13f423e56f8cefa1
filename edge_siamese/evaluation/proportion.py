"""A count of some among many, with what is certain about its rate."""

from dataclasses import dataclass
from typing import Any

from .intervals import Interval, clopper_pearson


@dataclass(frozen=True)
class Proportion:
    """So many of so many.

    Attributes:
        count: how many.
        trials: of how many, taken as independent of each other.
    """

    count: int
    trials: int

    @property
    def rate(self) -> float | None:
        """Their quotient, None of nothing."""
        return self.count / self.trials if self.trials else None

    @property
    def interval(self) -> Interval:
        """Two-sided exact 95 % interval."""
        return clopper_pearson(self.count, self.trials)

    def to_json(self) -> dict[str, Any]:
        return {"count": self.count, "of": self.trials, "rate": self.rate, "interval_95": list(self.interval)}

    def text(self) -> str:
        """For people: ``94.8% (91.7-97.0)``, or a dash of nothing."""
        if self.rate is None:
            return "-"
        low, high = self.interval
        return f"{self.rate:.1%} ({100 * low:.1f}-{100 * high:.1f})"
