"""Prometheus metrics, read over HTTP and parsed by prometheus_client."""

import socket
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from urllib.request import urlopen

import pytest

pytest.importorskip("prometheus_client", reason="the extra metrics is not installed")
from prometheus_client.parser import text_string_to_metric_families

from edge_siamese.errors import DataError
from edge_siamese.events import Event
from edge_siamese.events.metrics import RunMetrics, StageTimers
from edge_siamese.events.queued import QueuedSink
from edge_siamese.instrumentation import Counters, RecentStageTimes
from edge_siamese.system.host import HostInfo

from .conftest import free_port

HOST = HostInfo("Raspberry Pi 4", "Cortex-A72", 4, "ondemand", 71.5, ("throttled",), "Linux", "3.11")


def samples(metrics: RunMetrics) -> dict[tuple[str, ...], float]:
    """Value by name and labels, as Prometheus reads them."""
    port = free_port()
    server = metrics.serve("127.0.0.1", port)
    try:
        with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as response:
            text = response.read().decode()
    finally:
        server.shutdown()
        server.server_close()
    families = list(text_string_to_metric_families(text))
    return {(each.name, *each.labels.values()): each.value for family in families for each in family.samples}


@pytest.fixture
def metrics() -> RunMetrics:
    return RunMetrics(lambda: HOST)


def test_decisions_reasons_latency_and_events_are_counted(metrics: RunMetrics, event: Callable[..., Event]) -> None:
    for reason in ("too_small", "too_small", "blurred"):
        metrics.emit(event(decision="undecided", reason=reason, latency_ms=40.0))
    metrics.emit(event("camera_lost"))
    found = samples(metrics)
    assert found["edge_siamese_decisions_total", "undecided", "too_small"] == 2
    assert found["edge_siamese_decisions_total", "undecided", "blurred"] == 1
    assert found["edge_siamese_events_total", "camera_lost"] == 1
    assert found["edge_siamese_decision_latency_seconds_bucket", "0.02"] == 0
    assert found["edge_siamese_decision_latency_seconds_bucket", "0.05"] == 3


def test_stages_are_timed_beside_another_timer(metrics: RunMetrics) -> None:
    recent = RecentStageTimes()
    timers = StageTimers(metrics, recent)
    with timers.stage("detect"):
        pass
    with pytest.raises(ValueError, match="inside"), timers.stage("detect"):
        raise ValueError("inside")
    assert samples(metrics)["edge_siamese_stage_seconds_count", "detect"] == 2
    assert list(recent.medians_ms()) == ["detect"]


def test_the_loop_the_sinks_and_the_machine_are_read(metrics: RunMetrics, event: Callable[..., Event]) -> None:
    gallery = SimpleNamespace(names=("Anna", "Ben"), sequence=7)
    loops: Any = SimpleNamespace(counters=Counters(frames=100, faces=20), dropped=3, unreadable=1, gallery=gallery)
    queued = QueuedSink(SimpleNamespace(emit=lambda _: None, close=lambda: None), "mqtt")
    queued.emit(event())
    queued.close()
    metrics.watch(loops, [queued])
    found = samples(metrics)
    assert (found["edge_siamese_frames_total",], found["edge_siamese_faces_total",]) == (100, 20)
    assert (found["edge_siamese_dropped_total",], found["edge_siamese_unreadable_total",]) == (3, 1)
    assert (found["edge_siamese_enrolled",], found["edge_siamese_gallery_sequence",]) == (2, 7)
    assert found["edge_siamese_sink_delivered_total", "mqtt"] == 1
    assert found["edge_siamese_sink_waiting", "mqtt"] == 0
    assert found["edge_siamese_temperature_celsius",] == 71.5
    assert found["edge_siamese_throttling", "throttled"] == 1
    assert found["process_resident_memory_bytes",] > 1e6
    loops.counters.frames = 200
    assert samples(metrics)["edge_siamese_frames_per_second",] > 0


def test_names_of_people_are_not_in_the_metrics(metrics: RunMetrics, event: Callable[..., Event]) -> None:
    metrics.emit(event(decision="match", reason="ok", identity="Anna"))
    assert not any("Anna" in "".join(key) for key in samples(metrics))


def test_an_address_that_is_taken_is_one_sentence(metrics: RunMetrics) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(
            DataError, match=rf"the metrics: 127.0.0.1:{port} cannot be used \(Address already in use\)"
        ):
            metrics.serve("127.0.0.1", port)
