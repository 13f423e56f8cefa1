"""A benchmark's report as Markdown."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..timing.report import MEASURED, metric_text, partial_lines, stage_rows

HEADER = ("milliseconds", "samples", "median", "p90", "p99", "max", "median, 95 %")


def title_of(report: Mapping[str, Any]) -> str:
    """Title of a report; a simulated one says so."""
    kind = "" if report["kind"] == MEASURED else f", {report['kind']}"
    return f"bench {report['benchmark']}{kind}: {report['input']}"


def markdown(report: Mapping[str, Any]) -> str:
    """The report as Markdown: what decided the durations, warnings, and a table."""
    lines = [
        f"# {title_of(report)}",
        "",
        *(f"- {line}" for line in (*report["description"], f"{report['mode']}, warm-up {report['warmup']}")),
        "",
        *(f"**{line}**\n" for line in partial_lines(report)),
        *(f"> warning: {warning}\n" for warning in report["warnings"]),
        _table(HEADER, stage_rows(report)),
        "",
        *(f"- {metric_text(name, value)}" for name, value in report["metrics"].items() if not isinstance(value, list)),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    rule = ["---", *["---:"] * (len(header) - 1)]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in (header, rule, *rows)
    )
