"""Monotonic clocks, and the check that the clock of a measurement did not jump."""

import time
from collections.abc import Callable, Mapping
from functools import partial

from edge_siamese.errors import EdgeSiameseError

Clock = Callable[[], int]
"""Monotonic time in nanoseconds."""

_TOLERANCE_NS, _TOLERANCE_SHARE = 5_000_000, 2e-3


class ClockError(EdgeSiameseError):
    """The clock went backwards or jumped, so durations measured with it are wrong."""


def reference_clocks() -> dict[str, Clock]:
    """Other monotonic clocks of this system, by name: one that is not adjusted, and one that runs during suspension."""
    names = [name for name in ("CLOCK_MONOTONIC_RAW", "CLOCK_BOOTTIME") if hasattr(time, name)]
    return {name: partial(time.clock_gettime_ns, getattr(time, name)) for name in names}


class ClockCheck:
    """Compares a clock with other clocks during a measurement.

    Args:
        clock: clock of the measurement.
        references: other clocks by name; by default those of `reference_clocks`.
    """

    def __init__(self, clock: Clock, references: Mapping[str, Clock] | None = None) -> None:
        self._clock = clock
        self._references = reference_clocks() if references is None else references
        self._last = self._read()

    def check(self) -> None:
        """Compare the time since the last check.

        Raises:
            ClockError: the clock went backwards, or differs from another by more than 5 ms and 0.2 %.
        """
        before, now = self._last, self._read()
        self._last = now
        passed = now[""] - before[""]
        if passed < 0:
            raise ClockError(f"the clock went back by {-passed / 1e6:.1f} ms: the samples around it are not used")
        for name in self._references:
            other = now[name] - before[name]
            if abs(passed - other) > _TOLERANCE_NS + _TOLERANCE_SHARE * max(passed, other):
                raise ClockError(
                    f"the clock jumped: {passed / 1e6:.1f} ms passed, and {other / 1e6:.1f} ms by {name}; "
                    "was the machine suspended?"
                )

    def duration(self, label: str, start: int, end: int) -> int:
        """Difference of two readings.

        Raises:
            ClockError: it is negative.
        """
        if end < start:
            raise ClockError(f"{label}: the clock went back by {(start - end) / 1e6:.1f} ms during a run")
        return end - start

    def _read(self) -> dict[str, int]:
        # The clock is read before and after the others, so that being preempted in between does not look like a jump.
        for _ in range(10):
            start = self._clock()
            others = {name: reference() for name, reference in self._references.items()}
            end = self._clock()
            if abs(end - start) < _TOLERANCE_NS:
                break
        return {"": start, **others}
