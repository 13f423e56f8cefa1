"""Accuracy against bytes, as a table for machines or as a plot."""

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from edge_siamese.atomic import write_atomically
from edge_siamese.errors import DataError, RuntimeMissingError

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
    """Refuse early what `write_curve` cannot write.

    Raises:
        DataError: another suffix than ``.svg`` or ``.csv``, or no such folder.
        RuntimeMissingError: a plot without matplotlib.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise DataError(f"{path}: expected a name that ends in {' or '.join(SUFFIXES)}, found {path.suffix!r}")
    if not path.resolve().parent.is_dir():
        raise DataError(f"{path}: there is no folder {path.resolve().parent}")
    if path.suffix.lower() == ".svg":
        _figure()


def write_curve(path: Path, points: Sequence[Point], trial: Trial) -> None:
    """Write the curve as its suffix says, whole or not at all."""
    check_curve_path(path)
    encoded = _csv(points) if path.suffix.lower() == ".csv" else _svg(points, trial)
    with write_atomically(path) as stream:
        stream.write(encoded)


def _csv(points: Sequence[Point]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, [field.name for field in fields(Point)], lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: _rounded(value) for key, value in asdict(point).items()} for point in points)
    return text.getvalue().encode()


def _svg(points: Sequence[Point], trial: Trial) -> bytes:
    figure = _figure()(figsize=(4.2 * len(PANELS), 3.4), layout="constrained")
    for axis, (field, title) in zip(figure.subplots(1, len(PANELS)), PANELS.items(), strict=True):
        _draw(axis, points, field)
        if field == "strangers_named":
            axis.set_ylim(0, max(1.0, 1.1 * axis.get_ylim()[1]))
        axis.set_title(title, fontsize=10)
    axis.legend(fontsize=8)
    figure.suptitle(
        f"{len(trial.enrollment.people):,} people, {len(trial.probes):,} other photos of them, "
        f"{len(trial.strangers):,} of strangers",
        fontsize=9,
    )
    stream = io.BytesIO()
    figure.savefig(stream, format="svg", metadata={"Date": None})
    return stream.getvalue()


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
    axis.grid(alpha=0.3)


def _figure() -> Any:
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise RuntimeMissingError("plots need matplotlib; install edge-siamese[report]") from error
    return Figure


def _rounded(value: object) -> object:
    return round(value, 6) if isinstance(value, float) else value
