"""Reading a benchmark's JSON report, or raw samples, also of a run that was killed."""

import json
from pathlib import Path
from typing import Any

from edge_siamese.errors import DataError

from ..timing.journal import read_journal
from ..timing.monitor import HostState
from ..timing.report import SCHEMA_VERSION, report_json, verify_report
from ..timing.thermal import drift, timeline

BENCHMARKS = ("latency", "pipeline", "thermal")
_HEAD = ("benchmark", "kind", "mode", "warmup", "input", "description", "conditions")
_KEYS = (*_HEAD, "partial", "warnings", "stages", "metrics", "host_states")
_POINTS = ("samples", "median_ns", "p90_ns", "p99_ns", "max_ns")


def read_report(path: Path, raw: Path | None = None) -> dict[str, Any]:
    """The report in a file.

    Args:
        path: JSON report (``--json``), or raw samples (``--raw``).
        raw: raw samples of a JSON report; its percentiles are then compared with them.

    Raises:
        DataError: the file is neither, has no samples, or does not agree with the raw samples.
        OSError: it cannot be read.
    """
    text = path.read_text(encoding="utf-8", errors="replace")
    try:
        content = json.loads(text)
    except ValueError:
        return report_of_samples(path)
    expected = {f"edge-siamese/bench-{name}/{SCHEMA_VERSION}" for name in BENCHMARKS}
    found = content.get("schema") if isinstance(content, dict) else None
    if str(found).startswith("edge-siamese/bench-samples/"):
        return report_of_samples(path)
    if found not in expected or any(key not in content for key in _KEYS):
        raise DataError(f"{path}: expected a report of bench {', '.join(BENCHMARKS)}, found schema {found}", path=path)
    if raw is not None:
        verify_report(content, read_journal(raw)[1].samples)
    report: dict[str, Any] = content
    _check_values(path, report)
    return report


def report_of_samples(path: Path) -> dict[str, Any]:
    """The report of raw samples; partial if the run that wrote them was killed.

    Raises:
        DataError: the file holds no raw samples of a benchmark, or none at all.
        OSError: it cannot be read.
    """
    about, measurement = read_journal(path)
    if about.get("benchmark") not in BENCHMARKS or any(key not in about for key in _HEAD):
        raise DataError(f"{path}: expected raw samples of bench {', '.join(BENCHMARKS)}", path=path)
    if not measurement.samples:
        raise DataError(f"{path}: expected at least one sample, found none", path=path)
    ending = {name: about.pop(name, None) for name in ("warnings", "metrics", "host_states")}
    report = report_json(about, measurement, warnings=ending["warnings"] or (), metrics=ending["metrics"])
    if about["benchmark"] == "thermal" and not report["metrics"]:
        (samples,) = measurement.samples.values()
        rows = timeline(samples, [_state(entry) for entry in ending["host_states"] or []])
        report["metrics"] = {"drift": drift(rows), "timeline": rows}
    report |= {"host_states": ending["host_states"] or []}
    _check_values(path, report)
    return report


def _state(entry: Any) -> HostState:
    try:
        return HostState(**entry)
    except TypeError as error:
        raise DataError(f"a state of the host is damaged ({error})") from error


def _check_values(path: Path, report: dict[str, Any]) -> None:
    """
    Raises:
        DataError: a value that reports show is missing or of another type.
    """
    try:
        for stage in report["stages"].values():
            numbers = [int(stage[point]) for point in _POINTS]
            low, high = stage["median_interval_95_ns"]
            edges, counts = stage["histogram"]["edges_ns"], stage["histogram"]["counts"]
            if min(numbers) < 0 or len(edges) != len(counts) + 1 or not sum(counts) > 0 or "" in (low, high):
                raise ValueError("a stage without samples")
        for row in report["metrics"].get("timeline", []):
            _ = (
                int(row["second"]),
                int(row["median_ns"]),
                int(row["p99_ns"]),
                row["temperature"],
                list(row["throttling"]),
            )
        for state in report["host_states"]:
            _ = int(state["at_ns"]), state["busy"], state["own"], state["steal"]
        if not report["stages"]:
            raise ValueError("no stage")
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DataError(f"{path}: the report is damaged ({type(error).__name__}: {error})", path=path) from error
