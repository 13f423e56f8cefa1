"""Reading a benchmark's JSON report, or raw samples, also of a run that was killed."""

import json
from pathlib import Path
from typing import Any

from edge_siamese.errors import DataError

from ..timing.journal import read_journal
from ..timing.report import SCHEMA_VERSION, report_json, verify_report
from ..timing.thermal import drift, timeline

BENCHMARKS = ("latency", "pipeline", "thermal")
_KEYS = ("benchmark", "kind", "mode", "warmup", "input", "description", "conditions", "partial", "warnings", "stages")


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
    return report


def report_of_samples(path: Path) -> dict[str, Any]:
    """The report of raw samples; partial if the run that wrote them was killed.

    Raises:
        DataError: the file holds no raw samples of a benchmark, or none at all.
        OSError: it cannot be read.
    """
    about, measurement = read_journal(path)
    if about.get("benchmark") not in BENCHMARKS:
        raise DataError(f"{path}: expected raw samples of bench {', '.join(BENCHMARKS)}", path=path)
    if not measurement.samples:
        raise DataError(f"{path}: expected at least one sample, found none", path=path)
    ending = {name: about.pop(name, None) for name in ("warnings", "metrics", "host_states")}
    report = report_json(about, measurement, warnings=ending["warnings"] or (), metrics=ending["metrics"])
    if about["benchmark"] == "thermal" and not report["metrics"]:
        (samples,) = measurement.samples.values()
        rows = timeline(samples, [])
        report["metrics"] = {"drift": drift(rows), "timeline": rows}
    return report | {"host_states": ending["host_states"] or []}
