"""State of the host during a measurement: temperature, clock, load, steal time and throttling, once a second."""

import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from edge_siamese.system.host import HostInfo, detect_host, read_text

from .clock import Clock
from .facts import clock_mhz

_MAX_STEAL, _MAX_OTHER_LOAD, _HOT_RISE, _CLOCK_DROP = 0.02, 0.25, 15.0, 0.9
_STEADY_GOVERNORS = {"performance", None}
_CURRENT_THROTTLING = ("under-voltage", "clock capped", "throttled", "too hot")


@dataclass(frozen=True)
class CpuTimes:
    """Processor times since boot, in ticks of all cores: used, stolen by the hypervisor, and all."""

    busy: int
    stolen: int
    total: int

    @classmethod
    def read(cls, root: Path = Path("/")) -> "CpuTimes | None":
        """The first line of ``/proc/stat``; None if the system has none."""
        words = (read_text(root / "proc/stat") or "").split("\n")[0].split()
        if len(words) < 9 or words[0] != "cpu":
            return None
        user, nice, system, idle, waiting, interrupts, soft, stolen = (int(word) for word in words[1:9])
        busy = user + nice + system + interrupts + soft
        return cls(busy, stolen, busy + idle + waiting + stolen)


@dataclass(frozen=True)
class HostState:
    """State of the host at one moment; values are None if the system does not provide them.

    Attributes:
        at_ns: nanoseconds since the start of the measurement.
        temperature: degrees Celsius of the hottest processor zone.
        clock_mhz: highest clock of a core.
        throttling: current and past throttling reasons of a Raspberry Pi.
        steal: share of the processor time since the last state that the hypervisor gave to others, 0 to 1.
        busy: share of the processor time since the last state that was used, by this process or others, 0 to 1.
        own: share that this process used, 0 to 1.
    """

    at_ns: int
    temperature: float | None
    clock_mhz: float | None
    throttling: tuple[str, ...] | None
    steal: float | None
    busy: float | None
    own: float | None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


class HostMonitor:
    """Reads the state of the host in a thread, at the start, once a second, and at the end.

    Args:
        seconds: time between two states.
        clock: clock of the measurement.
        root: folder that contains ``proc`` and ``sys``.
        detect: reads the host; `detect_host` of `root` by default.
        on_state: receives each state, in the monitor's thread except for the first and the last.
    """

    def __init__(
        self,
        seconds: float = 1.0,
        *,
        clock: Clock = time.perf_counter_ns,
        root: Path = Path("/"),
        detect: Callable[[], HostInfo] | None = None,
        on_state: Callable[[HostState], None] = lambda state: None,
    ) -> None:
        self.states: list[HostState] = []
        self._seconds, self._clock, self._root = seconds, clock, root
        self._detect = detect or (lambda: detect_host(root))
        self._on_state, self._stop = on_state, threading.Event()
        self._thread = threading.Thread(target=self._watch, name="host monitor", daemon=True)
        self._start = 0
        self._before: CpuTimes | None = None
        self._own_before = os.times()

    def __enter__(self) -> Self:
        self._start = self._clock()
        self._read()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
        self._read()

    def _watch(self) -> None:
        while not self._stop.wait(self._seconds):
            self._read()

    def _read(self) -> None:
        host, now, own_now = self._detect(), CpuTimes.read(self._root), os.times()
        steal = busy = own = None
        before, own_before = self._before, self._own_before
        if now and before and now.total > before.total:
            passed = now.total - before.total
            steal, busy = (now.stolen - before.stolen) / passed, (now.busy - before.busy) / passed
            used = (own_now.user + own_now.system) - (own_before.user + own_before.system)
            own = min(used * os.sysconf("SC_CLK_TCK") / passed, 1.0)
        self._before, self._own_before = now, own_now
        at = self._clock() - self._start
        state = HostState(at, host.temperature, clock_mhz(self._root), host.throttling, steal, busy, own)
        self.states.append(state)
        self._on_state(state)


def warnings_about(host: HostInfo, states: Sequence[HostState], cores: int | None = None) -> list[str]:
    """What spoiled a run: governor, steal time, load of others, throttling, heat, a falling clock; one sentence each.

    Args:
        host: the host before the run.
        states: its states during the run, in order.
        cores: number of cores; by default the host's.
    """
    found = []
    if host.governor not in _STEADY_GOVERNORS:
        found.append(
            f"governor {host.governor}: the clock follows the load; set the governor performance for a benchmark"
        )
    steals = [state.steal for state in states if state.steal is not None]
    if steals and max(steals) > _MAX_STEAL:
        found.append(f"steal time up to {max(steals):.0%}: the hypervisor gave the processor to others")
    others = [state.busy - state.own for state in states if state.busy is not None and state.own is not None]
    if others and sum(others) / len(others) > _MAX_OTHER_LOAD / (cores or host.cores):
        busy = sum(others) / len(others) * (cores or host.cores)
        found.append(f"load: other processes used {busy:.1f} of {cores or host.cores} cores")
    reasons = {reason for state in states for reason in state.throttling or () if reason in _CURRENT_THROTTLING}
    if reasons:
        found.append(f"throttling: {', '.join(sorted(reasons))}")
    found += _of_heat(states) + _of_clock(states)
    return found


def _of_heat(states: Sequence[HostState]) -> list[str]:
    degrees = [state.temperature for state in states if state.temperature is not None]
    if degrees and max(degrees) - degrees[0] > _HOT_RISE:
        return [f"temperature: rose from {degrees[0]:.0f} to {max(degrees):.0f} °C, so early and late samples differ"]
    return []


def _of_clock(states: Sequence[HostState]) -> list[str]:
    clocks = [state.clock_mhz for state in states if state.clock_mhz is not None]
    if clocks and min(clocks) < _CLOCK_DROP * max(clocks):
        return [f"clock: between {min(clocks):.0f} and {max(clocks):.0f} MHz during the run"]
    return []
