"""Sinks in threads of their own, so that a sink that is slow or fails never stops the loop."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from typing import Any

from ..errors import EdgeSiameseError
from ..protocols import EventSink
from .event import Event

_log = logging.getLogger(__name__)
CAPACITY = 1000
PATIENCE_S = 0.7
"""Seconds that a run which is stopped waits for all sinks together, so that SIGTERM ends it within two."""
PATIENCE_AT_THE_END_S = 10.0
"""The same for a run whose video or folder has ended."""
_PAUSES_S = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)


class DeliveryError(EdgeSiameseError):
    """A sink cannot deliver an event now; the event is tried again."""


class QueuedSink:
    """Hands events to a sink in a thread of its own.

    Events wait in a queue while the sink is busy or raises `DeliveryError`. If the queue is full, the oldest event is lost;
    when the sink works again, an event ``events_lost`` with the number of lost events comes first. An event for which the sink
    raises another error is left out. Warnings are given when a sink begins to fail and when it works again, not for each event.

    Args:
        sink: receives the events, always in the same thread.
        name: of the sink in warnings.
        capacity: number of events that may wait.
        warn: called with one sentence.
        pauses: seconds between the tries of one event; the last is repeated.

    Attributes:
        name: the argument.
        delivered, failed, lost: number of events by what became of them; `failed` were left out because of an error.
    """

    def __init__(
        self,
        sink: EventSink,
        name: str,
        *,
        capacity: int = CAPACITY,
        warn: Callable[[str], None] = _log.warning,
        pauses: tuple[float, ...] = _PAUSES_S,
    ) -> None:
        self.name, self.delivered, self.failed, self.lost = name, 0, 0, 0
        self._sink, self._warn, self._capacity, self._pauses = sink, warn, capacity, pauses
        self._queue: deque[Event] = deque()
        self._changed = threading.Condition()
        self._closing = threading.Event()
        self._failing, self._lost_now = "", 0
        self._thread = threading.Thread(target=self._work, name=f"events to {name}", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """Number of events in the queue."""
        return len(self._queue)

    def emit(self, event: Event) -> None:
        """Put an event into the queue; never waits."""
        with self._changed:
            if len(self._queue) >= self._capacity:
                self._queue.popleft()
                self.lost += 1
                self._lost_now += 1
            self._queue.append(event)
            self._changed.notify()

    def finish(self) -> None:
        """End after the waiting events; an event that cannot be delivered is not tried again."""
        self._closing.set()
        with self._changed:
            self._changed.notify()

    def close(self, until: float | None = None) -> None:
        """End the thread and close the sink.

        Args:
            until: latest `time.monotonic` to wait for; default: `PATIENCE_S` from now.
        """
        self.finish()
        deadline = time.monotonic() + PATIENCE_S if until is None else until
        self._thread.join(max(deadline - time.monotonic(), 0.0))
        left = self.waiting + self._thread.is_alive()
        if left:
            self._warn(f"{self.name}: ended with {left} {'event' if left == 1 else 'events'} not delivered")
        self._sink.close()

    def _work(self) -> None:
        while (event := self._next()) is not None:
            lost = self._take_lost()
            if lost:
                detail = {"events": lost, "why": "the queue was full"}
                self._deliver(replace(event, kind="events_lost", body={"detail": detail}))
            if not self._deliver(event):
                return

    def _next(self) -> Event | None:
        with self._changed:
            while not self._queue and not self._closing.is_set():
                self._changed.wait()
            return self._queue.popleft() if self._queue else None

    def _take_lost(self) -> int:
        with self._changed:
            lost, self._lost_now = self._lost_now, 0
            return lost

    def _deliver(self, event: Event) -> bool:
        """Try until the event is delivered or left out; False if the run ends before, and the event waits again."""
        tries = 0
        while True:
            try:
                self._sink.emit(event)
            except DeliveryError as error:
                self._report(str(error))
                if self._closing.wait(self._pauses[min(tries, len(self._pauses) - 1)]):
                    with self._changed:
                        self._queue.appendleft(event)
                    return False
                tries += 1
            except Exception as error:  # whatever a sink raises must not end its thread
                self._report(f"an event is left out ({error})")
                self.failed += 1
                return True
            else:
                self._succeed()
                return True

    def _succeed(self) -> None:
        self.delivered += 1
        if self._failing:
            self._failing = ""
            self._warn(f"{self.name}: works again")

    def _report(self, why: str) -> None:
        if why != self._failing:
            self._failing = why
            self._warn(f"{self.name}: {why}")


class SinkGroup:
    """All sinks of a run as one. An error of a sink that has no thread is reported once and does not reach the loop.

    Args:
        direct: sinks that are called by the loop itself, such as standard output. Their errors end the run.
        queued: sinks with threads; the group closes them together.

    Attributes:
        patience_s: seconds that `close` waits for the queued sinks together.
    """

    def __init__(self, direct: Iterable[EventSink] = (), queued: Iterable[QueuedSink] = ()) -> None:
        self.direct, self.queued = list(direct), list(queued)
        self.patience_s = PATIENCE_S

    def emit(self, event: Event) -> None:
        """Hand an event to every sink."""
        for sink in (*self.queued, *self.direct):
            sink.emit(event)

    def close(self) -> None:
        """Close the queued sinks."""
        deadline = time.monotonic() + self.patience_s
        for sink in self.queued:
            sink.finish()
        for sink in self.queued:
            with suppress(Exception):
                sink.close(deadline)

    def __enter__(self) -> "SinkGroup":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()
