"""HTML report of ``edge-siamese evaluate``, made from its JSON report."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .formatting import points_interval
from .pages import NAMES, page_html, page_templates, require, write_page
from .plots import det_plot, score_plot

_PACKAGES = ("jinja2", "matplotlib")
_TEMPLATE = "evaluation.html"
_MIN_SHARE = 0.05


def require_packages() -> None:
    """Check that the packages for the HTML report are installed.

    Raises:
        RuntimeMissingError: jinja2 or matplotlib is not installed.
    """
    require(_PACKAGES, "report")


def write_report(path: Path, report: dict[str, Any]) -> None:
    """Write the HTML report atomically.

    Args:
        path: the HTML file.
        report: JSON report of ``edge-siamese evaluate``, with the name of the dataset as ``data``.
    """
    require_packages()
    write_page(path, render_report(report))


def render_report(report: dict[str, Any]) -> str:
    """The HTML report as text."""
    environment = page_templates(Path(__file__).parent)
    environment.filters |= {"points_interval": points_interval, "place": place}
    template = environment.get_template(_TEMPLATE)
    body: str = template.render(
        report, det_svg=det_plot(report).svg(), score_svg=score_plot(report).svg(), scale=scale_of
    )
    named = any(report["confusions"].values())
    return page_html(f"Verification on {report['data']}", body, notice=NAMES if named else "")


def scale_of(rows: Sequence[dict[str, Any]], rate: str) -> float:
    """Rate at the end of a table's bars: the largest upper bound of the rows with a sufficient share of the pairs."""
    pairs = sum(row[rate]["of"] for row in rows)
    bounds = [row[rate]["interval_95"][1] for row in rows if row[rate]["of"] > _MIN_SHARE * pairs]
    return max(bounds, default=1.0)


def place(interval: Sequence[float], scale: float) -> str:
    """Position of an interval on a bar, as CSS."""
    low, high = (min(100 * value / scale, 100) for value in interval)
    return f"left:{min(low, 99):.1f}%;width:{max(high - low, 1):.1f}%"
