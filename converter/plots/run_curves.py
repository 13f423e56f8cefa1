"""Curves of training runs as a plot: loss and the figures on the validation people."""

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge_siamese.atomic import write_atomically
from edge_siamese.errors import DataError, RuntimeMissingError

LABELS = {
    "loss": "training loss",
    "auc": "AUC, validation people",
    "eer": "EER, validation people",
    "tar_at_fmr_0.001": "TAR at FMR 0.001, validation people",
}


@dataclass(frozen=True)
class Curve:
    """One run: a name, a value an epoch for each figure, and the images seen by then where the log has them."""

    name: str
    metrics: dict[str, list[float]]
    images: list[float]


def read_curve(name: str, logs: list[Path]) -> Curve:
    """Join the logs of a run's phases (`training.train` writes them), in order.

    Raises:
        DataError: a log is missing, or is not one.
    """
    metrics: dict[str, list[float]] = {}
    images: list[float] = []
    for log in logs:
        for line in _lines(log):
            for key in LABELS.keys() & line.keys():
                metrics.setdefault(key, []).append(float(line[key]))
            if "images" in line:
                images.append(float(line["images"]))
    return Curve(name, metrics, images)


def plot_curves(curves: list[Curve], output: Path) -> None:
    """Draw one small plot for each figure that any of the curves has, as SVG.

    Raises:
        RuntimeMissingError: matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise RuntimeMissingError("plots need matplotlib; install edge-siamese[report]") from error
    shown = [key for key in LABELS if any(key in curve.metrics for curve in curves)]
    figure = Figure(figsize=(4.2 * len(shown), 3.2), layout="constrained")
    for axis, key in zip(figure.subplots(1, len(shown), squeeze=False)[0], shown, strict=True):
        _draw(axis, key, curves)
    with write_atomically(output) as stream:
        figure.savefig(stream, format="svg", metadata={"Date": None})


def _draw(axis: Any, key: str, curves: list[Curve]) -> None:
    counted = all(curve.images for curve in curves)
    for curve in curves:
        values = curve.metrics.get(key, [])
        places = [images / 1e6 for images in curve.images] if counted else range(1, len(values) + 1)
        axis.plot(places, values, label=curve.name, linewidth=1.5, marker=".")
    axis.set_title(LABELS[key], fontsize=10)
    axis.set_xlabel("million images" if counted else "epoch")
    axis.grid(alpha=0.3)
    if len(curves) > 1:
        axis.legend(fontsize=8)


def _lines(log: Path) -> list[dict[str, str]]:
    try:
        with log.open(newline="", encoding="utf-8") as stream:
            lines = list(csv.DictReader(stream))
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{log}: expected the log.csv of a run, cannot read it ({error})") from error
    if not lines or "loss" not in lines[0]:
        raise DataError(f"{log}: expected the log.csv of a run, found no loss in it")
    return lines
