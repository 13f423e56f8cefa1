"""A benchmark's report as an HTML page with plots."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from edge_siamese import __version__
from edge_siamese.reports.canvas import Drawing
from edge_siamese.reports.pages import page_html, page_templates, require, write_page

from ..timing.latency import CAMERA_TO_DECISION
from ..timing.pipeline import RESPONSE
from ..timing.report import SCHEMA_VERSION, stage_rows
from ..timing.samples import milliseconds
from .markdown import HEADER, title_of
from .plots import heat_plot, histogram_plot, host_plot, stage_plot, timeline_plot

_TEMPLATE = "timing.html"
_CARDS = {"median": "half of the runs are faster", "p90": "9 of 10 are faster", "p99": "99 of 100 are faster"}


def write_report_page(path: Path, report: Mapping[str, Any]) -> None:
    """Write the HTML page atomically.

    Raises:
        RuntimeMissingError: jinja2 or matplotlib is not installed.
    """
    require(("jinja2", "matplotlib"), "report")
    write_page(path, render_report_page(report))


def render_report_page(report: Mapping[str, Any]) -> str:
    """The HTML page as text."""
    environment = page_templates(Path(__file__).parent)
    environment.filters["capitalize_first"] = lambda text: text[:1].upper() + text[1:]
    rows = report["metrics"].get("timeline", [])
    heat = heat_plot(rows)
    body: str = environment.get_template(_TEMPLATE).render(
        dict(report),
        title=title_of(report).split(":")[0].capitalize(),
        schema=f"edge-siamese/bench-{report['benchmark']}/{SCHEMA_VERSION}",
        version=__version__,
        whole=_main_stage(report),
        cards=_cards(report),
        header=HEADER,
        rows=stage_rows(report),
        plots=_plots(report, rows, heat),
        has_heat=bool(heat),
        drift=report["metrics"].get("drift"),
    )
    return page_html(title_of(report), body)


def _main_stage(report: Mapping[str, Any]) -> str:
    """The stage that stands for the whole: the response at a rate, else camera to decision, else the last one."""
    stages = report["stages"]
    return next((name for name in (RESPONSE, CAMERA_TO_DECISION) if name in stages), list(stages)[-1])


def _cards(report: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    stage = _main_stage(report)
    summary = report["stages"][stage]
    cards = [
        (f"{stage}, {point}", f"{milliseconds(summary[f'{point}_ns'])} ms", about) for point, about in _CARDS.items()
    ]
    metrics = report["metrics"]
    if "frames_per_second" in metrics:
        offered = metrics.get("offered_frames_per_second")
        about = f"{offered:g} were offered" if offered else "as fast as it can"
        cards.append(("frames per second", f"{metrics['frames_per_second']:.1f}", about))
    if metrics.get("falls_behind"):
        cards.append(("at this rate", "falls behind", "frames wait longer and longer"))
    return cards


def _plots(report: Mapping[str, Any], rows: list[dict[str, Any]], heat: Drawing | None) -> list[tuple[str, str, str]]:
    stage = _main_stage(report)
    stages = stage_plot(report) if len(report["stages"]) > 1 else None
    drawings: list[tuple[str, str, Drawing | None]] = [
        ("Latency", "median and p99 of each second", timeline_plot(rows) if rows else None),
        ("Heat", "each point is a second", heat),
        ("Stages", "median, p90 and p99; the axis is logarithmic", stages),
        (stage.capitalize(), "all samples; the axis is logarithmic", histogram_plot(report, stage)),
        ("The host", "processor time during the run", host_plot(report["host_states"])),
    ]
    return [(name, about, drawing.svg()) for name, about, drawing in drawings if drawing]
