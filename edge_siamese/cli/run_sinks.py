"""What the sinks of ``edge-siamese run`` read from the loop: people, reload, diagnostics, metrics."""

import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from .shared.sinks import LoopAccess

if TYPE_CHECKING:
    from ..events.metrics import RunMetrics
    from ..gallery.updates import GalleryFile
    from ..instrumentation import StageTimer
    from ..verifier import Verifier


def access_to(verifier: "Verifier", gallery_file: "GalleryFile") -> LoopAccess:
    """What sinks may ask of a loop; callable from their threads."""
    return LoopAccess(lambda: verifier.gallery.names, gallery_file.request_reload, Diagnostics(verifier))


class Diagnostics:
    """State of the machine and the loop for the sink ``mqtt``.

    Args:
        verifier: whose frames are counted.
    """

    def __init__(self, verifier: "Verifier") -> None:
        self._verifier = verifier
        self._last = (time.monotonic(), verifier.counters.frames)

    def __call__(self) -> dict[str, Any]:
        """Temperature in degrees Celsius, throttling reasons, memory in MB, frames a second since the last call."""
        from ..system.host import detect_host, process_memory_mb

        host = detect_host()
        now, frames = time.monotonic(), self._verifier.counters.frames
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

    metrics = RunMetrics()
    server = metrics.serve(*address)
    stack.callback(server.server_close)
    stack.callback(server.shutdown)
    return metrics


def stage_timer(page: "StageTimer | None", metrics: "RunMetrics | None") -> "StageTimer | None":
    """One timer for the page and the metrics."""
    from ..events.metrics import StageTimers

    timers = [timer for timer in (page, metrics) if timer is not None]
    return StageTimers(*timers) if len(timers) > 1 else next(iter(timers), None)
