"""What the sinks of ``edge-siamese run`` read from the loop: people, reload, diagnostics, metrics."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from .shared.sinks import LoopAccess

if TYPE_CHECKING:
    from ..events.metrics import RunMetrics
    from ..instrumentation import LoopState, StageTimer


def access_to(loops: "LoopState", reload: Callable[[], None]) -> LoopAccess:
    """What sinks may ask of the loops; callable from their threads."""
    return LoopAccess(lambda: loops.gallery.names, reload, Diagnostics(loops))


class Diagnostics:
    """State of the machine and the loop for the sink ``mqtt``.

    Args:
        loops: whose frames are counted.
    """

    def __init__(self, loops: "LoopState") -> None:
        self._loops = loops
        self._last = (time.monotonic(), loops.counters.frames)

    def __call__(self) -> dict[str, Any]:
        """Temperature in degrees Celsius, throttling reasons, memory in MB, frames a second since the last call."""
        from ..system.host import detect_host, process_memory_mb

        host = detect_host()
        now, frames = time.monotonic(), self._loops.counters.frames
        (before, frames_before), self._last = self._last, (now, frames)
        return {
            "temperature": host.temperature,
            "throttling": list(host.throttling or ()),
            "memory_mb": process_memory_mb(),
            "frames_per_second": round((frames - frames_before) / max(now - before, 1e-3), 2),
        }


def served_metrics(stack: ExitStack, address: tuple[str, int] | None) -> "RunMetrics | None":
    """RunMetrics, served until the stack is closed; None without an address.

    Raises:
        DataError: the address cannot be used.
    """
    if address is None:
        return None
    from ..events.metrics import RunMetrics
    from ..system.host import detect_host

    metrics = RunMetrics(detect_host)
    server = metrics.serve(*address)
    stack.callback(server.server_close)
    stack.callback(server.shutdown)
    return metrics


def stage_timer(page: "StageTimer | None", metrics: "RunMetrics | None") -> "StageTimer | None":
    """One timer for the page and the metrics."""
    from ..events.metrics import StageTimers

    timers = [timer for timer in (page, metrics) if timer is not None]
    return StageTimers(*timers) if len(timers) > 1 else next(iter(timers), None)
