"""Counted rates and their exact intervals.

Clopper and Pearson, "The use of confidence or fiducial limits illustrated in the case of the binomial", Biometrika 1934:
the rates that a two-sided (or one-sided) binomial test of the count does not reject. They take the trials as
independent, which pairs of photos are not when they share people; `evaluation.bootstrap` makes no such assumption.
"""

import math
from dataclasses import dataclass
from typing import Any

CONFIDENCE = 0.95
Interval = tuple[float, float]
_TINY = 1e-300


@dataclass(frozen=True)
class Proportion:
    """A count among trials, with its rate and interval.

    Attributes:
        count: how many.
        trials: of how many, taken as independent of each other.
    """

    count: int
    trials: int

    @property
    def rate(self) -> float | None:
        """``count / trials``, None without trials."""
        return self.count / self.trials if self.trials else None

    @property
    def interval(self) -> Interval:
        """Two-sided exact 95 % interval."""
        return clopper_pearson(self.count, self.trials)

    def to_json(self) -> dict[str, Any]:
        return {"count": self.count, "of": self.trials, "rate": self.rate, "interval_95": list(self.interval)}

    def text(self) -> str:
        """For people: ``94.8% (91.7-97.0)``, or a dash without trials."""
        if self.rate is None:
            return "-"
        low, high = self.interval
        return f"{self.rate:.1%} ({100 * low:.1f}-{100 * high:.1f})"


def clopper_pearson(errors: int, trials: int, confidence: float = CONFIDENCE) -> Interval:
    """Two-sided interval of a rate of which `errors` in `trials` were seen; ``(0, 1)`` without trials."""
    tail = (1.0 - confidence) / 2
    return 1.0 - upper_bound(trials - errors, trials, 1.0 - tail), upper_bound(errors, trials, 1.0 - tail)


def upper_bound(errors: int, trials: int, confidence: float = CONFIDENCE) -> float:
    """One-sided upper bound: the rate at which at most `errors` would be seen in 5 % of repetitions."""
    if errors >= trials:
        return 1.0
    low, high = errors / trials, 1.0
    while high - low > 1e-10 * high:
        middle = (low + high) / 2
        seen_less = binomial_cdf(errors, trials, middle)
        low, high = (middle, high) if seen_less > 1.0 - confidence else (low, middle)
    return high


def pairs_to_report(fmr: float) -> int:
    """How many impostor pairs it takes to say what happens at an FMR: one false match is then no more than that rate."""
    return math.ceil(1.0 / fmr - 1e-9)


def pairs_needed(fmr: float) -> int:
    """How many impostor pairs without a false match it takes to claim an FMR with 95 % confidence."""
    return math.ceil(math.log(1.0 - CONFIDENCE) / math.log1p(-fmr))


def binomial_cdf(errors: int, trials: int, rate: float) -> float:
    """Chance of at most `errors` in `trials`: the regularized incomplete beta ``I_(1 - rate)(trials - errors, errors + 1)``."""
    if rate >= 1.0:
        return float(errors >= trials)
    if rate <= 0.0:
        return 1.0
    a, b = trials - errors, errors + 1
    front = math.exp(a * math.log1p(-rate) + b * math.log(rate) + math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b))
    if 1.0 - rate < (a + 1) / (a + b + 2):
        return front * _beta_fraction(1.0 - rate, a, b) / a
    return 1.0 - front * _beta_fraction(rate, b, a) / b


def _beta_fraction(x: float, a: float, b: float) -> float:
    """The continued fraction of the incomplete beta (DLMF 8.17.22) by Lentz's method."""
    value = denominator = 1.0 / _off_zero(1.0 - (a + b) * x / (a + 1))
    numerator = 1.0
    for m in range(1, 1_000_000):
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            denominator = 1.0 / _off_zero(1.0 + term * denominator)
            numerator = _off_zero(1.0 + term / numerator)
            value *= denominator * numerator
        if abs(denominator * numerator - 1.0) < 1e-14:
            break
    return value


def _off_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
