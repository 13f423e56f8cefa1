"""Benchmark report: measured durations with everything they depend on, as JSON and as text."""

from collections.abc import Mapping, Sequence
from typing import Any

from edge_siamese.cli.shared.output import table
from edge_siamese.errors import DataError

from .facts import HostFacts
from .measuring import Measurement
from .monitor import HostState
from .samples import LatencySamples, milliseconds

SCHEMA_VERSION = 2
MEASURED, SIMULATED = "measured", "simulated"
_PERCENTILES = {"median_ns": 50, "p90_ns": 90, "p99_ns": 99, "max_ns": 100}


def conditions(
    benchmark: str, facts: HostFacts, facts_lines: Sequence[str] = (), *, mode: str, warmup: int, about: str
) -> dict[str, Any]:
    """What is known before a measurement: the first line of its raw samples, and the head of its report.

    Args:
        benchmark: name of the benchmark: ``latency``, ``pipeline`` or ``thermal``.
        facts: the host and the runtime.
        facts_lines: description of the host for people; by default that of `facts`.
        mode: ``full``, ``quick``, or a description of the chosen length.
        warmup: number of runs before the measured ones.
        about: description of the input.
    """
    return {
        "benchmark": benchmark,
        "kind": SIMULATED if facts.simulated else MEASURED,
        "mode": mode,
        "warmup": warmup,
        "input": about,
        "conditions": facts.to_json(),
        "description": list(facts_lines or facts.lines()),
    }


def report_json(
    head: Mapping[str, Any],
    measurement: Measurement,
    *,
    states: Sequence[HostState] = (),
    warnings: Sequence[str] = (),
    metrics: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The report of a benchmark.

    Args:
        head: from `conditions`.
        measurement: samples by stage; stages without samples are left out.
        states: states of the host during the measurement.
        warnings: what spoiled the run.
        metrics: other metrics, by name.
    """
    stages = {
        label: samples.summary().to_json() | {"histogram": samples.histogram().to_json()}
        for label, samples in measurement.samples.items()
        if len(samples)
    }
    return {
        **head,
        "partial": measurement.partial,
        "warnings": list(warnings),
        "stages": stages,
        "metrics": dict(metrics or {}),
        "host_states": [state.to_json() for state in states],
    }


def verify_report(report: Mapping[str, Any], samples: Mapping[str, LatencySamples]) -> None:
    """Check that the percentiles of a report are those of its raw samples, each of its own stage.

    Raises:
        DataError: a stage has no samples, or its number of samples or a percentile is another one.
    """
    for stage, summary in report["stages"].items():
        if stage not in samples:
            raise DataError(f"{stage}: the report has percentiles of it, the raw samples have none")
        taken = samples[stage]
        expected = {name: taken.percentile(percent) for name, percent in _PERCENTILES.items()} | {"samples": len(taken)}
        for name, value in expected.items():
            if summary[name] != value:
                raise DataError(f"{stage}: the report has {name} {summary[name]}, the raw samples have {value}")


def report_text(report: Mapping[str, Any]) -> str:
    """A report as text."""
    kind = "" if report["kind"] == MEASURED else f"{report['kind'].upper()}, not measured; "
    header = ("milliseconds", "samples", "median", "p90", "p99", "max", "median, 95 %")
    lines = [
        *report["description"],
        f"{report['input']}; {kind}{report['mode']}, warm-up {report['warmup']}",
        *partial_lines(report),
        *(f"warning: {warning}" for warning in report["warnings"]),
        "",
        table(stage_rows(report), header=header),
        *(metric_text(name, value) for name, value in report["metrics"].items() if not isinstance(value, list)),
    ]
    return "\n".join(lines)


def stage_rows(report: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Cells of each stage: name, samples, median, p90, p99, maximum and the interval of the median, in milliseconds."""
    return [
        (stage, str(summary["samples"]), *(milliseconds(summary[name]) for name in _PERCENTILES), _interval(summary))
        for stage, summary in report["stages"].items()
    ]


def partial_lines(report: Mapping[str, Any]) -> list[str]:
    """The line that says why a report is partial; none if it is complete."""
    return [f"PARTIAL: {report['partial']}"] if report["partial"] else []


def metric_text(name: str, value: Any) -> str:
    """A metric as text, such as ``frames per second: 12.3``."""
    if isinstance(value, bool):
        shown = "yes" if value else "no"
    else:
        shown = f"{value:,}" if isinstance(value, int) else f"{value:.4g}"
    return f"{name.replace('_', ' ')}: {shown}"


def _interval(summary: Mapping[str, Any]) -> str:
    low, high = summary["median_interval_95_ns"]
    return " to ".join("?" if bound is None else milliseconds(bound) for bound in (low, high))
