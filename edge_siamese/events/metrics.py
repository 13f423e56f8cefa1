"""Prometheus metrics of a run on an HTTP port (extra ``metrics``)."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ..errors import DataError
from .event import Event

if TYPE_CHECKING:
    from ..instrumentation import LoopState
    from ..system.host import HostInfo
    from .queued import QueuedSink

_STAGE_BUCKETS_S = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
_AGE_BUCKETS_S = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


class RunMetrics:
    """Sink and stage timer whose numbers Prometheus reads at ``http://HOST:PORT/metrics``.

    RunMetrics have the prefix ``edge_siamese_``; `docs/watching.md` lists them. It is an `EventSink` and an
    `instrumentation.StageTimer`; both only add numbers, so it needs no thread.

    Args:
        host: state of the machine, read for each request.
    """

    def __init__(self, host: "Callable[[], HostInfo]") -> None:
        import prometheus_client as prometheus

        self._host = host
        self._queued: Sequence[QueuedSink] = ()
        self._loops: LoopState | None = None
        self._last_read: tuple[float, int] | None = None
        self.registry = prometheus.CollectorRegistry()
        for collector in (prometheus.ProcessCollector, prometheus.PlatformCollector, prometheus.GCCollector):
            collector(registry=self.registry)
        make: dict[str, Any] = {"namespace": "edge_siamese", "registry": self.registry}
        self._stages = prometheus.Histogram(
            "stage_seconds", "Duration of a stage.", ["stage"], buckets=_STAGE_BUCKETS_S, **make
        )
        self._latency = prometheus.Histogram(
            "decision_latency_seconds", "Time from the image to the decision.", buckets=_AGE_BUCKETS_S, **make
        )
        self._decisions = prometheus.Counter("decisions", "Changes of a decision.", ["decision", "reason"], **make)
        self._events = prometheus.Counter("events", "Events by kind.", ["event"], **make)
        self.registry.register(self)

    def watch(self, loops: "LoopState", queued: "Sequence[QueuedSink]" = ()) -> None:
        """Read the counters of the loops, and of sinks, for each request."""
        self._loops, self._queued = loops, queued

    def serve(self, host: str, port: int) -> Any:
        """Serve the metrics in a thread; returns the server, whose `shutdown` ends it.

        Raises:
            DataError: the address cannot be used.
        """
        import prometheus_client as prometheus

        try:
            server, _ = prometheus.start_http_server(port, host, self.registry)
        except OSError as error:
            raise DataError(f"the metrics: {host}:{port} cannot be used ({error.strerror or error})") from error
        return server

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Measure one stage."""
        begun = time.perf_counter()
        try:
            yield
        finally:
            self._stages.labels(name).observe(time.perf_counter() - begun)

    def emit(self, event: Event) -> None:
        """Count an event."""
        body = event.to_json()
        self._events.labels(event.kind).inc()
        if event.kind == "decision":
            self._decisions.labels(body["decision"], body["reason"]).inc()
            if body.get("latency_ms") is not None:
                self._latency.observe(body["latency_ms"] / 1000)

    def close(self) -> None:
        """Do nothing: the numbers stay readable until the server ends."""

    def collect(self) -> Iterable[Any]:
        """The numbers of the loops, the sinks and the machine, as prometheus_client asks for them."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        yield from self._of_machine(GaugeMetricFamily)
        for name, words in (("delivered", "delivered"), ("failed", "left out because of an error"), ("lost", "lost")):
            family = CounterMetricFamily(
                f"edge_siamese_sink_{name}", f"Events that a sink has {words}.", labels=["sink"]
            )
            for sink in self._queued:
                family.add_metric([sink.name], getattr(sink, name))
            yield family
        waiting = GaugeMetricFamily("edge_siamese_sink_waiting", "Events that wait for a sink.", labels=["sink"])
        for sink in self._queued:
            waiting.add_metric([sink.name], sink.waiting)
        yield waiting
        if self._loops is not None:
            yield from self._of_loop(self._loops, CounterMetricFamily, GaugeMetricFamily)

    def _of_loop(self, loops: "LoopState", counter: Any, gauge: Any) -> Iterator[Any]:
        counts = loops.counters.to_json()
        counts |= {"dropped": loops.dropped, "unreadable": loops.unreadable}
        for name, value in counts.items():
            yield counter(f"edge_siamese_{name}", f"Counter '{name}' of the event 'stopped'.", value=value)
        yield gauge("edge_siamese_enrolled", "People in the gallery.", value=len(loops.gallery.names))
        yield gauge("edge_siamese_gallery_sequence", "Sequence number of the gallery.", value=loops.gallery.sequence)
        yield gauge(
            "edge_siamese_frames_per_second", "Frames a second since the last request.", value=self._rate(counts)
        )

    def _rate(self, counts: dict[str, int]) -> float:
        now, frames = time.monotonic(), counts["frames"]
        before, self._last_read = self._last_read, (now, frames)
        return 0.0 if before is None or now <= before[0] else (frames - before[1]) / (now - before[0])

    def _of_machine(self, gauge: Any) -> Iterator[Any]:
        host = self._host()
        if host.temperature is not None:
            yield gauge("edge_siamese_temperature_celsius", "Hottest processor zone.", value=host.temperature)
        if host.throttling is not None:
            family = gauge(
                "edge_siamese_throttling", "Throttling reasons of a Raspberry Pi, 1 each.", labels=["reason"]
            )
            for reason in host.throttling:
                family.add_metric([reason], 1)
            yield family


class StageTimers:
    """Several stage timers as one.

    Args:
        timers: `instrumentation.StageTimer` objects.
    """

    def __init__(self, *timers: Any) -> None:
        self._timers = timers

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Measure one stage with each timer."""
        from contextlib import ExitStack

        with ExitStack() as stack:
            for timer in self._timers:
                stack.enter_context(timer.stage(name))
            yield
