"""The page of ``edge-siamese evaluate``: a view of its JSON document, one file that opens offline."""

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..atomic import write_atomically
from ..errors import RuntimeMissingError
from .numbers import percent, percent_interval, points, points_interval
from .plots import det_plot, score_plot

_PACKAGES = ("jinja2", "matplotlib")
_TEMPLATE = "evaluation.html"
_LEAST_SHARE = 0.05


def require_packages() -> None:
    """Say what a report needs before an hour is spent measuring.

    Raises:
        RuntimeMissingError: jinja2 or matplotlib is not installed.
    """
    missing = [package for package in _PACKAGES if importlib.util.find_spec(package) is None]
    if missing:
        raise RuntimeMissingError(
            f"a report needs {' and '.join(missing)}, which is not installed: pip install 'edge-siamese[report]'"
        )


def write_report(path: Path, document: dict[str, Any]) -> None:
    """Write the page, whole or not at all.

    Args:
        path: the HTML file.
        document: of ``edge-siamese evaluate``, and ``data``, the name of what was measured.
    """
    require_packages()
    page = render_report(document)
    with write_atomically(path) as stream:
        stream.write(page.encode())


def render_report(document: dict[str, Any]) -> str:
    """The page as text."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.filters |= {
        "percent": percent,
        "bounds": percent_interval,
        "points": points,
        "points_interval": points_interval,
        "place": place,
    }
    template = environment.get_template(_TEMPLATE)
    page: str = template.render(document, det_svg=det_plot(document), score_svg=score_plot(document), scale=scale_of)
    return page


def scale_of(rows: Sequence[dict[str, Any]], rate: str) -> float:
    """The rate at the end of a table's bars: the largest upper bound of the rows that have a share of the pairs."""
    pairs = sum(row[rate]["of"] for row in rows)
    bounds = [row[rate]["interval_95"][1] for row in rows if row[rate]["of"] > _LEAST_SHARE * pairs]
    return max(bounds, default=1.0)


def place(interval: Sequence[float], scale: float) -> str:
    """Where an interval lies on a bar, as CSS."""
    low, high = (min(100 * value / scale, 100) for value in interval)
    return f"left:{min(low, 99):.1f}%;width:{max(high - low, 1):.1f}%"
