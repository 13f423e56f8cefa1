"""Queued sinks: order, full queues, failing sinks, the end of a run."""

import threading
import time
from collections.abc import Callable

import pytest

from edge_siamese.events import Event
from edge_siamese.events.queued import DeliveryError, QueuedSink, SinkGroup


class ScriptedSink:
    """Fails as often as listed, and waits while its gate is closed."""

    def __init__(self, *errors: Exception) -> None:
        self.events: list[Event] = []
        self.errors, self.closed, self.gate = list(errors), False, threading.Event()
        self.gate.set()

    def emit(self, event: Event) -> None:
        self.gate.wait()
        if self.errors:
            raise self.errors.pop(0)
        self.events.append(event)

    def close(self) -> None:
        self.closed = True


def test_events_arrive_in_order_and_the_end_waits_for_them(event: Callable[..., Event]) -> None:
    sink = ScriptedSink()
    queued = QueuedSink(sink, "test")
    for number in range(500):
        queued.emit(event(number=number))
    queued.close()
    assert [each.monotonic_ns for each in sink.events] == list(range(500))
    assert (queued.delivered, queued.failed, queued.lost, sink.closed) == (500, 0, 0, True)


def test_an_event_is_tried_again_and_warned_about_once(event: Callable[..., Event]) -> None:
    said: list[str] = []
    sink = ScriptedSink(*[DeliveryError("no connection")] * 3)
    queued = QueuedSink(sink, "mqtt", warn=said.append, pauses=(0.001,))
    queued.emit(event(number=1))
    queued.emit(event(number=2))
    while len(sink.events) < 2:
        time.sleep(0.001)
    queued.close()
    assert [each.monotonic_ns for each in sink.events] == [1, 2]
    assert said == ["mqtt: no connection", "mqtt: works again"]


def test_an_event_that_a_sink_cannot_take_is_left_out(event: Callable[..., Event]) -> None:
    said: list[str] = []
    sink = ScriptedSink(ValueError("too long"))
    queued = QueuedSink(sink, "webhook", warn=said.append)
    queued.emit(event(number=1))
    queued.emit(event(number=2))
    queued.close()
    assert [each.monotonic_ns for each in sink.events] == [2]
    assert (queued.failed, queued.delivered) == (1, 1)
    assert said == ["webhook: an event is left out (too long)", "webhook: works again"]


def test_a_full_queue_loses_the_oldest_and_says_how_many(event: Callable[..., Event]) -> None:
    sink = ScriptedSink()
    sink.gate.clear()
    queued = QueuedSink(sink, "test", capacity=3)
    queued.emit(event(number=0))
    while queued.waiting:  # the thread holds it
        time.sleep(0.001)
    for number in range(1, 11):
        queued.emit(event(number=number))
    sink.gate.set()
    queued.close()
    assert [(each.kind, each.monotonic_ns) for each in sink.events] == [
        ("decision", 0), ("events_lost", 8), ("decision", 8), ("decision", 9), ("decision", 10),
    ]  # fmt: skip
    assert sink.events[1].body["detail"] == {"events": 7, "why": "the queue was full"}
    assert queued.lost == 7


def test_emitting_never_waits_for_a_sink_that_hangs(event: Callable[..., Event]) -> None:
    said: list[str] = []
    sink = ScriptedSink()
    sink.gate.clear()
    queued = QueuedSink(sink, "hook", warn=said.append)
    begun = time.monotonic()
    for number in range(100):
        queued.emit(event(number=number))
    assert time.monotonic() - begun < 0.5
    begun = time.monotonic()
    queued.close(until=begun + 0.1)
    assert time.monotonic() - begun < 1.0
    assert said == ["hook: ended with 100 events not delivered"]
    sink.gate.set()


def test_all_sinks_of_a_group_end_together_within_the_patience(event: Callable[..., Event]) -> None:
    said: list[str] = []
    stuck = [ScriptedSink(*[DeliveryError("no answer")] * 50) for _ in range(3)]
    works = ScriptedSink()
    queued = [QueuedSink(sink, f"sink {number}", warn=said.append) for number, sink in enumerate([*stuck, works])]
    direct = ScriptedSink()
    with SinkGroup([direct], queued) as group:
        group.emit(event(number=7))
        begun = time.monotonic()
    assert time.monotonic() - begun < 1.6
    assert [each.monotonic_ns for each in (*works.events, *direct.events)] == [7, 7]
    assert sorted(line for line in said if "ended" in line) == [
        f"sink {n}: ended with 1 event not delivered" for n in range(3)
    ]
    assert all(sink.closed for sink in (*stuck, works))
    assert not direct.closed


def test_an_error_of_a_direct_sink_reaches_the_loop(event: Callable[..., Event]) -> None:
    with pytest.raises(BrokenPipeError), SinkGroup([ScriptedSink(BrokenPipeError())]) as group:
        group.emit(event())
