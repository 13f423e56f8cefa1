"""Plots of benchmarks: stages, histogram, latency over time and over temperature."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from edge_siamese.reports.canvas import GENUINE, GRAY, IMPOSTOR, PALETTE, Drawing, legend_below

_MS = 1e6


def stage_plot(report: Mapping[str, Any]) -> Drawing:
    """Median of each stage with its p90 and p99, on a logarithmic axis."""
    stages = report["stages"]
    return Drawing(lambda figure: _draw_stages(figure.add_subplot(), stages), size=(5.6, 0.9 + 0.3 * len(stages)))


def histogram_plot(report: Mapping[str, Any], stage: str) -> Drawing:
    """Share of the samples of one stage by duration."""
    return Drawing(lambda figure: _draw_histogram(figure.add_subplot(), report["stages"][stage], stage))


def timeline_plot(rows: Sequence[Mapping[str, Any]]) -> Drawing:
    """Median and p99 of each second of a sustained run, with the temperature on a second axis if it is known."""
    return Drawing(lambda figure: _draw_timeline(figure.add_subplot(), rows))


def heat_plot(rows: Sequence[Mapping[str, Any]]) -> Drawing | None:
    """Median of each second over the temperature in it; None if the temperature is not known."""
    known = [(row["temperature"], row["median_ns"] / _MS) for row in rows if row["temperature"] is not None]
    return Drawing(lambda figure: _draw_heat(figure.add_subplot(), known)) if known else None


def host_plot(states: Sequence[Mapping[str, Any]]) -> Drawing | None:
    """Processor time of others and steal time during the run; None if the system does not give them."""
    known = [state for state in states if state["busy"] is not None and state["own"] is not None]
    return Drawing(lambda figure: _draw_host(figure.add_subplot(), known)) if known else None


def _draw_stages(axes: Any, stages: Mapping[str, Mapping[str, Any]]) -> None:
    names = list(stages)[::-1]
    for place, name in enumerate(names):
        median, p90, p99 = (max(stages[name][f"{point}_ns"], 1) / _MS for point in ("median", "p90", "p99"))
        first = place == 0
        axes.plot([median, p99], [place, place], color=GRAY, linewidth=1.2, zorder=1)
        axes.plot(median, place, "o", color=GENUINE, label="median" if first else None)
        axes.plot(p90, place, "|", color=IMPOSTOR, markersize=9, markeredgewidth=2, label="p90" if first else None)
        axes.plot(p99, place, "|", color=GRAY, markersize=9, markeredgewidth=2, label="p99" if first else None)
    axes.set_xscale("log")
    axes.set_yticks(range(len(names)), names)
    axes.set(xlabel="milliseconds", ylim=(-0.6, len(names) - 0.4))
    axes.autoscale_view()
    _plain_ticks(axes.xaxis)
    legend_below(axes)


def _draw_histogram(axes: Any, stage: Mapping[str, Any], name: str) -> None:
    edges, counts = np.array(stage["histogram"]["edges_ns"]) / _MS, np.array(stage["histogram"]["counts"], float)
    axes.stairs(100 * counts / counts.sum(), edges, fill=True, color=GENUINE, alpha=0.3)
    for point, color in (("median", GENUINE), ("p90", IMPOSTOR), ("p99", GRAY)):
        at = stage[f"{point}_ns"] / _MS
        axes.axvline(at, color=color, linewidth=1.4, label=f"{point} {at:.3f} ms")
    axes.set_xscale("log")
    _plain_ticks(axes.xaxis)
    axes.set(xlabel=f"{name}, milliseconds", ylabel="% of the samples")
    legend_below(axes)


def _draw_timeline(axes: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    seconds = [row["second"] for row in rows]
    axes.plot(
        seconds, [row["median_ns"] / _MS for row in rows], color=GENUINE, linewidth=1.5, label="median of a second"
    )
    axes.plot(seconds, [row["p99_ns"] / _MS for row in rows], color=GRAY, linewidth=0.9, label="p99 of a second")
    throttled = [row["second"] for row in rows if any("since boot" not in reason for reason in row["throttling"])]
    if throttled:
        axes.plot(throttled, np.zeros(len(throttled)), "|", color=PALETTE[5], label="throttled")
    axes.set(xlabel="seconds", ylabel="milliseconds", ylim=(0, None))
    heat = [(row["second"], row["temperature"]) for row in rows if row["temperature"] is not None]
    if heat:
        right = axes.twinx()
        right.grid(False)
        right.spines["right"].set_visible(True)
        right.set_ylabel("°C")
        (line,) = right.plot(*zip(*heat, strict=True), color=IMPOSTOR, linewidth=1.2)
        axes.plot([], [], color=line.get_color(), label="temperature")
    legend_below(axes)


def _draw_heat(axes: Any, known: Sequence[tuple[float, float]]) -> None:
    degrees, durations = zip(*known, strict=True)
    axes.plot(degrees, durations, "o", color=GENUINE, alpha=0.5, markersize=4)
    axes.set(xlabel="temperature, °C", ylabel="median of a second, milliseconds", ylim=(0, None))


def _draw_host(axes: Any, states: Sequence[Mapping[str, Any]]) -> None:
    seconds = [state["at_ns"] / 1e9 for state in states]
    others = [100 * max(state["busy"] - state["own"], 0) for state in states]
    axes.plot(seconds, others, color=PALETTE[0], linewidth=1.4, label="other processes")
    axes.plot(seconds, [100 * state["own"] for state in states], color=PALETTE[2], linewidth=1.4, label="this process")
    axes.plot(
        seconds, [100 * (state["steal"] or 0) for state in states], color=PALETTE[3], linewidth=1.4, label="steal time"
    )
    axes.set(xlabel="seconds", ylabel="% of all cores", ylim=(0, 105))
    legend_below(axes)


def _plain_ticks(axis: Any) -> None:
    """Label a logarithmic axis with plain numbers: powers of ten, or 1, 2, 5 of each where it covers little."""
    from matplotlib.ticker import LogLocator, NullFormatter

    low, high = axis.get_view_interval()
    axis.set_major_locator(LogLocator(subs=(1.0,) if high > 300 * low else (1.0, 2.0, 5.0)))
    axis.set_major_formatter(lambda value, _: f"{value:g}")
    axis.set_minor_formatter(NullFormatter())
