"""Timing samples: collection and percentiles."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

Clock = Callable[[], int]
"""Monotonic time in nanoseconds."""


@dataclass(frozen=True)
class Summary:
    """Median, p90 and p99 of durations in nanoseconds; see `percentile`."""

    samples: int
    median: int
    p90: int
    p99: int

    def milliseconds(self) -> tuple[str, str, str]:
        """Median, p90 and p99 in milliseconds, as text."""
        return f"{self.median / 1e6:.3f}", f"{self.p90 / 1e6:.3f}", f"{self.p99 / 1e6:.3f}"

    def to_json(self) -> dict[str, Any]:
        """The values in nanoseconds, with the unit in the names."""
        return {name if name == "samples" else f"{name}_ns": value for name, value in asdict(self).items()}


def percentile(ordered: Sequence[int], percent: float) -> int:
    """The nearest-rank percentile: the smallest sample that at least `percent` % of the samples do not exceed.

    The result is always one of the samples; p99 of fewer than 100 samples is the largest.

    Args:
        ordered: at least one sample, ascending.
        percent: percentage, above 0 and at most 100.
    """
    return ordered[max(math.ceil(len(ordered) * percent / 100), 1) - 1]


def summarize(samples: Sequence[int]) -> Summary:
    """Median, p90 and p99 of at least one sample, by nearest rank."""
    ordered = sorted(samples)
    return Summary(len(ordered), percentile(ordered, 50), percentile(ordered, 90), percentile(ordered, 99))


def collect(
    action: Callable[[], object], *, repeat: int, warmup: int, clock: Clock = time.perf_counter_ns
) -> list[int]:
    """Run an action `warmup` times unmeasured, then `repeat` times, and return the durations in nanoseconds."""
    for _ in range(warmup):
        action()
    samples = []
    for _ in range(repeat):
        start = clock()
        action()
        samples.append(clock() - start)
    return samples
