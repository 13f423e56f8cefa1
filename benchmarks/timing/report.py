"""Benchmark report: measured durations with the machine and settings."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from edge_siamese.cli.shared.output import table
from edge_siamese.system.host import HostInfo

from .samples import LatencySamples


@dataclass(frozen=True)
class Report:
    """Durations by stage, with the machine and settings.

    Attributes:
        host: the machine before the measurement.
        runtime, delegate, threads: runtime settings of the networks.
        warmup: number of runs before the measured ones.
        input: description of the input.
        samples: durations by stage.
        metrics: other metrics, by name.
    """

    host: HostInfo
    runtime: str
    delegate: str
    threads: int
    warmup: int
    input: str
    samples: Mapping[str, LatencySamples]
    metrics: Mapping[str, float] = field(default_factory=dict)

    def to_json(self, *, raw: bool = False) -> dict[str, Any]:
        """The report as JSON; with `raw`, including every sample."""
        conditions = {
            "host": self.host.to_json(),
            "runtime": self.runtime,
            "delegate": self.delegate,
            "threads": self.threads,
            "warmup": self.warmup,
            "input": self.input,
        }
        measured = {stage: samples.summary().to_json() for stage, samples in self.samples.items() if len(samples)}
        report = conditions | {"stages": measured} | dict(self.metrics)
        return (
            report | {"raw_ns": {stage: taken.ns.tolist() for stage, taken in self.samples.items()}} if raw else report
        )

    def text(self) -> str:
        """The report as text."""
        rows = [
            (stage, str(len(samples)), *samples.summary().milliseconds())
            for stage, samples in self.samples.items()
            if len(samples)
        ]
        lines = [
            *self.host.lines(),
            f"{self.runtime}, delegate {self.delegate}, threads {self.threads}",
            f"{self.input}; warm-up {self.warmup}",
            "",
            table(rows, header=("milliseconds", "samples", "median", "p90", "p99", "max")),
            *(f"{name.replace('_', ' ')}: {round(value, 1)}" for name, value in self.metrics.items()),
        ]
        return "\n".join(lines)
