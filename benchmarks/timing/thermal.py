"""Sustained run: one action without pause for minutes, with the host's state beside, to show what heat does."""

import time
from collections.abc import Callable, Sequence
from typing import Any

from .clock import Clock, ClockCheck
from .measuring import INTERRUPTED, Measurement, SampleRecorder
from .monitor import HostState
from .samples import LatencySamples

_EDGE_SHARE = 0.1


def sustain(
    label: str,
    action: Callable[[], object],
    seconds: float,
    *,
    recorder: SampleRecorder | None = None,
    clock: Clock = time.perf_counter_ns,
    check: ClockCheck | None = None,
) -> Measurement:
    """Run an action without pause; the block of a sample is the second in which it began.

    A keyboard interrupt ends the run; what was measured is returned and marked as partial.

    Raises:
        ClockError: the clock went backwards or jumped.
    """
    check = check or ClockCheck(clock)
    parts: list[LatencySamples] = []
    partial, begin = "", clock()
    try:
        while (clock() - begin) / 1e9 < seconds:
            parts.append(_one_second(label, action, begin, clock, check))
            check.check()
            if recorder:
                recorder.add(parts[-1])
    except KeyboardInterrupt:
        partial = f"{INTERRUPTED} after {(clock() - begin) / 1e9:.0f} of {seconds:.0f} s"
    return Measurement({label: LatencySamples.joined(label, parts)}, partial)


def _one_second(
    label: str, action: Callable[[], object], begin: int, clock: Clock, check: ClockCheck
) -> LatencySamples:
    second = (clock() - begin) // 10**9
    durations = []
    while (start := clock()) - begin < (second + 1) * 10**9:
        action()
        durations.append(check.duration(label, start, clock()))
    return LatencySamples.of(label, durations, [int(second)] * len(durations))


def timeline(samples: LatencySamples, states: Sequence[HostState]) -> list[dict[str, Any]]:
    """Median and p99 of each second in milliseconds, with the temperature and clock of the last state before its end."""
    medians, tails = samples.block_percentiles(50), samples.block_percentiles(99)
    rows = []
    for second, median in medians.items():
        known = [state for state in states if state.at_ns <= (second + 1) * 10**9]
        state = known[-1] if known else None
        rows.append(
            {
                "second": second,
                "median_ns": median,
                "p99_ns": tails[second],
                "temperature": state and state.temperature,
                "clock_mhz": state and state.clock_mhz,
                "throttling": list(state.throttling or ()) if state else [],
            }
        )
    return rows


def drift(rows: Sequence[dict[str, Any]]) -> float:
    """Median duration of the last tenth of a timeline divided by that of the first tenth; 1 without a change."""
    count = max(int(len(rows) * _EDGE_SHARE), 1)
    medians = [row["median_ns"] for row in rows]
    first, last = sorted(medians[:count]), sorted(medians[-count:])
    return float(last[len(last) // 2] / max(first[len(first) // 2], 1))
