"""Write accuracy against gallery size as CSV or as a plot."""

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from edge_siamese.atomic import write_atomically
from edge_siamese.errors import DataError
from edge_siamese.reports.canvas import Drawing, legend_below, matplotlib_figure

from .accuracy import RANDOM, Point, Trial
from .selection import TSNE_MEDOID

SUFFIXES = (".svg", ".csv")
PANELS = {
    "rank1": "right person scores highest",
    "named_rightly": "named rightly at the operating point",
    "strangers_named": "strangers named at the operating point",
}
_LOOKS: dict[str, dict[str, Any]] = {
    RANDOM: {"color": "0.6", "linestyle": "--"},
    TSNE_MEDOID: {"marker": "x", "linestyle": "none"},
}


def check_curve_path(path: Path) -> None:
    """Check before the measurement that `write_curve` can write the file.

    Raises:
        DataError: the suffix is neither ``.svg`` nor ``.csv``, or the folder does not exist.
        RuntimeMissingError: a plot needs matplotlib, which is not installed.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise DataError(f"{path}: expected a name that ends in {' or '.join(SUFFIXES)}, found {path.suffix!r}")
    if not path.resolve().parent.is_dir():
        raise DataError(f"{path}: there is no folder {path.resolve().parent}")
    if path.suffix.lower() == ".svg":
        matplotlib_figure()


def write_curve(path: Path, points: Sequence[Point], trial: Trial) -> None:
    """Write the curve atomically, as CSV or SVG by the suffix of `path`."""
    check_curve_path(path)
    if path.suffix.lower() == ".svg":
        _drawing(points, trial).write(path)
        return
    with write_atomically(path) as stream:
        stream.write(_csv(points))


def _csv(points: Sequence[Point]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, [field.name for field in fields(Point)], lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: _rounded(value) for key, value in asdict(point).items()} for point in points)
    return text.getvalue().encode()


def _drawing(points: Sequence[Point], trial: Trial) -> Drawing:
    def draw(figure: Any) -> None:
        panels = figure.subplots(1, len(PANELS))
        for axis, (field, title) in zip(panels, PANELS.items(), strict=True):
            _draw(axis, points, field)
            if field == "strangers_named":
                axis.set_ylim(0, max(1.0, 1.1 * axis.get_ylim()[1]))
            axis.set_title(title, fontsize=10)
        legend_below(panels[-1])
        figure.suptitle(
            f"{len(trial.enrollment.people):,} people, {len(trial.probes):,} other photos of them, "
            f"{len(trial.strangers):,} of strangers",
            fontsize=9,
        )

    return Drawing(draw, (4.2 * len(PANELS), 3.7))


def _draw(axis: Any, points: Sequence[Point], field: str) -> None:
    for strategy in dict.fromkeys(point.strategy for point in points):
        own = [point for point in points if point.strategy == strategy]
        prediction: dict[str, Any] = {"marker": ".", "linewidth": 1.5} | _LOOKS.get(strategy, {})
        axis.plot([p.bytes / 1000 for p in own], [100 * getattr(p, field) for p in own], label=strategy, **prediction)
    sizes = sorted({point.bytes / 1000 for point in points})[::-2]
    axis.set_xscale("log")
    axis.set_xticks(sizes, [f"{size:.3g}" for size in sizes])
    axis.set_xticks([], minor=True)
    axis.set_xlabel("gallery file, kB")
    axis.set_ylabel("% of photos")


def _rounded(value: object) -> object:
    return round(value, 6) if isinstance(value, float) else value
