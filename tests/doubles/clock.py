"""A clock that tells how often it was looked at."""

from itertools import count


class TickingClock:
    """A `Clock` that is `step_ns` nanoseconds later at every look, from `start_ns` on."""

    def __init__(self, step_ns: int = 10, start_ns: int = 0) -> None:
        self._ticks = count(start_ns, step_ns)

    def __call__(self) -> int:
        return next(self._ticks)
