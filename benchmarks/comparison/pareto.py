"""Pareto plot of a comparison: error over duration, with the contestants that no other one beats in both."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .latency import WHOLE

if TYPE_CHECKING:
    from edge_siamese.reports.canvas import Drawing

    from .report import ComparisonReport


@dataclass(frozen=True)
class ParetoPoint:
    """A contestant: duration in milliseconds, share of genuine pairs that do not match, and bytes of its models."""

    title: str
    ms: float
    error: float
    model_bytes: int


def points(report: "ComparisonReport") -> list[ParetoPoint]:
    """Contestants with a duration and a TAR at an FMR of 0.001, or an accuracy where there are too few pairs for that."""
    has_tar = all(row.tar is not None for row in report.rows if row.accuracy and row.accuracy.verification)
    found = []
    for row in report.rows:
        ms = row.median_ms(WHOLE, report.clock)
        verification = row.accuracy.verification if row.accuracy else None
        if ms is not None and verification:
            right = row.tar if has_tar and row.tar is not None else verification.metrics.accuracy
            found.append(ParetoPoint(row.running.contestant.title, ms, 1 - right, row.running.model_bytes))
    return found


def frontier(found: Sequence[ParetoPoint]) -> list[ParetoPoint]:
    """Points that no other point beats in one of duration and error without being worse in the other, fastest first."""
    return [
        point
        for point in sorted(found, key=lambda point: (point.ms, point.error))
        if not any(_beats(other, point) for other in found)
    ]


def pareto_plot(report: "ComparisonReport") -> "Drawing":
    """The plot; the area of a point grows with the bytes of the models."""
    from edge_siamese.reports.canvas import Drawing

    return Drawing(lambda figure: _draw(figure.add_subplot(), points(report), report), size=(9.2, 4.4))


def _draw(axes: Any, found: list[ParetoPoint], report: "ComparisonReport") -> None:
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    from edge_siamese.reports.canvas import GENUINE, GRAY, INK

    best = frontier(found)
    errors = [100 * point.error for point in best]
    axes.step([point.ms for point in best], errors, where="post", color=GRAY, linewidth=1)
    for number, point in enumerate(found, 1):
        color = GENUINE if point in best else GRAY
        label = f"{number}  {point.title}, {point.model_bytes / 1e6:.1f} MB"
        place, size = (point.ms, 100 * point.error), 20 + point.model_bytes / 50_000
        axes.scatter(*place, s=size, color=color, alpha=0.8, linewidths=0)
        axes.plot([], [], linestyle="", marker="o", markersize=5, color=color, label=label)
        axes.annotate(
            str(number), place, textcoords="offset points", xytext=(0, 5 + size**0.5 / 2), ha="center", color=INK
        )
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda ms, _: f"{ms:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.margins(0.08)
    axes.set_ylim(0, 1.15 * max(100 * point.error for point in found))
    clock = "wall clock" if report.clock == "wall" else "processor time"
    axes.set_xlabel(f"detection to embedding, median ms ({clock}, one thread)")
    has_tar = all(row.tar is not None for row in report.rows if row.accuracy and row.accuracy.verification)
    axes.set_ylabel("genuine pairs rejected at FMR 0.001, %" if has_tar else "wrong answers, %")
    axes.legend(loc="upper left", bbox_to_anchor=(1.02, 1.0), frameon=False, fontsize=9, borderaxespad=0)


def _beats(one: ParetoPoint, other: ParetoPoint) -> bool:
    is_no_worse = one.ms <= other.ms and one.error <= other.error
    return is_no_worse and (one.ms < other.ms or one.error < other.error)
