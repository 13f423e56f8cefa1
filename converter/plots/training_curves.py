"""Plots of training runs: the loss and the metrics measured after each epoch."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge_siamese.errors import DataError
from edge_siamese.reports.canvas import GENUINE, GRAY, PALETTE, Drawing, legend_below

LABELS = {
    "loss": "training loss",
    "auc": "AUC, validation people",
    "eer": "EER, validation people",
    "tar_at_fmr_0.001": "TAR at FMR 0.001, validation people",
}
_LEFT_OUT = {"epoch", "seconds", "images"}
_COLUMNS = 3
_MAX_MARKED = 40


@dataclass(frozen=True)
class Curve:
    """Training curve of one run.

    Attributes:
        name: name in the legend; may be empty.
        log: one entry per epoch: metrics by name, and the number of training ``images`` so far, if logged.
        best: epoch whose weights were kept, from 1, or None.
    """

    name: str
    log: Sequence[dict[str, float]]
    best: int | None = None

    def values(self, key: str) -> list[float]:
        return [line[key] for line in self.log if key in line]


def read_curve(name: str, logs: list[Path]) -> Curve:
    """Read and concatenate the logs of the phases of a run, as written by `training.loop.train`.

    Raises:
        DataError: a log is missing or is not a log.csv.
    """
    return Curve(name, [line for log in logs for line in _lines(log)])


def training_curves(curves: Sequence[Curve]) -> Drawing:
    """Draw one plot per metric, over the number of training images if all logs have it, else over epochs."""
    known = {key: None for curve in curves for line in curve.log for key in line if key not in _LEFT_OUT}
    shown = [key for key in LABELS if key in known] + [key for key in known if key not in LABELS]
    columns = max(1, min(len(shown), _COLUMNS))
    rows = max(1, -(-len(shown) // columns))

    def draw(figure: Any) -> None:
        panels = figure.subplots(rows, columns, squeeze=False).ravel()
        for axes, key in zip(panels, shown, strict=False):
            _draw(axes, key, curves)
        if len(curves) > 1:
            legend_below(panels[0])
        for axes in panels[len(shown) :]:
            axes.set_axis_off()

    return Drawing(draw, (3.2 * columns, 2.5 * rows))


def _draw(axes: Any, key: str, curves: Sequence[Curve]) -> None:
    from matplotlib.ticker import MaxNLocator

    counted = all(len(curve.values("images")) == len(curve.log) for curve in curves)
    colors = (GENUINE,) if len(curves) == 1 else PALETTE
    for place, curve in enumerate(curves):
        _draw_curve(axes, key, curve, colors[place % len(colors)], counted=counted)
    axes.set_title(LABELS.get(key, key.replace("_", " ")), fontsize=10)
    axes.set_xlabel("million images" if counted else "epoch", fontsize=9)
    if not counted:
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
    axes.tick_params(labelsize=8)


def _draw_curve(axes: Any, key: str, curve: Curve, color: str, *, counted: bool) -> None:
    lines = [(number, line) for number, line in enumerate(curve.log, start=1) if key in line]
    places = [line["images"] / 1e6 if counted else number for number, line in lines]
    values = [line[key] for _, line in lines]
    marker = "." if len(values) <= _MAX_MARKED else ""
    axes.plot(places, values, label=curve.name, color=color, linewidth=1.8, marker=marker)
    kept = [number for number, _ in lines].index(curve.best) if curve.best in [number for number, _ in lines] else None
    if kept is not None:
        axes.axvline(places[kept], color=GRAY, linewidth=0.8)
        axes.plot([places[kept]], [values[kept]], color=color, marker="o", markerfacecolor="white")


def _lines(log: Path) -> list[dict[str, float]]:
    try:
        with log.open(newline="", encoding="utf-8") as stream:
            lines = [{key: float(value) for key, value in line.items()} for line in csv.DictReader(stream)]
    except (OSError, UnicodeDecodeError, TypeError, ValueError) as error:
        raise DataError(f"{log}: expected the log.csv of a run, cannot read it ({error})") from error
    if not lines or "loss" not in lines[0]:
        raise DataError(f"{log}: expected the log.csv of a run, found no loss in it")
    return lines
