"""Plots of verification: detection error trade-off and score densities.

Detection error trade-off curves have probit axes, on which the curve of two normal distributions is a straight line
(Martin et al., "The DET curve in assessment of detection task performance", Eurospeech 1997).
"""

from collections.abc import Sequence
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt

from .canvas import GENUINE, GRAY, IMPOSTOR, INK, Drawing, legend_below

_Floats = npt.NDArray[np.float64]
_TICKS = (1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 0.9, 0.95, 0.99)


def det_plot(report: dict[str, Any]) -> Drawing:
    """DET plot: FNMR over FMR on probit axes, with bootstrap band, thresholds and baseline.

    Args:
        report: JSON report of ``edge-siamese evaluate``.
    """
    return Drawing(lambda figure: draw_det(figure.add_subplot(), report))


def score_plot(report: dict[str, Any]) -> Drawing:
    """Densities of genuine and impostor scores, and the decision threshold."""
    return Drawing(lambda figure: draw_scores(figure.add_subplot(), report))


def draw_det(axes: Any, report: dict[str, Any], name: str = "") -> None:
    """Draw the DET plot on matplotlib axes; `name` is the curve's name in the legend."""
    det, baseline = report["det"], report["baseline"]
    x, y = _probit(det["fmr"]), _probit(det["fnmr"])
    heights = [y]
    if all(det["person_interval_95"]):
        low, high = (_probit(side) for side in zip(*det["person_interval_95"], strict=True))
        axes.fill_between(x, low, high, color=GENUINE, alpha=0.15, linewidth=0, label="95 %, people resampled")
        heights += [low, high]
    if baseline:
        other = _probit(baseline["det"]["fnmr"])
        axes.plot(x, other, color=GRAY, linewidth=1.4, linestyle="--", label=baseline["name"])
        heights.append(other)
    axes.plot(x, y, color=GENUINE, linewidth=2, label=name or ("this embedder" if baseline else "measured"))
    heights += _mark_thresholds(axes, report)
    lowest, highest = _probit([1 / (report["genuine_pairs"] + 1), 0.995])
    limits = max(np.concatenate(heights).min(), lowest), min(np.concatenate(heights).max(), highest)
    axes.plot(limits, limits, color=GRAY, linewidth=0.8, zorder=1)
    if 0 < report["eer"] < 1:
        eer = _probit([report["eer"]])
        axes.plot(
            eer, eer, color=GENUINE, marker="o", markerfacecolor="white", linestyle="none", label="equal error rate"
        )
    axes.set(xlim=(x.min(), x.max()), ylim=limits, xlabel="false match rate", ylabel="false non-match rate")
    _percent_ticks(axes.xaxis, axes.get_xlim())
    _percent_ticks(axes.yaxis, axes.get_ylim())
    legend_below(axes)


def draw_scores(axes: Any, report: dict[str, Any]) -> None:
    """Draw the score plot on matplotlib axes."""
    scores, decision = report["scores"], report["decision_threshold"]
    edges = np.array(scores["edges"])
    tallest = 0.0
    for name, color in (("impostor", IMPOSTOR), ("genuine", GENUINE)):
        counts = np.array(scores[name], np.float64)
        density = counts / max(counts.sum(), 1) / np.diff(edges)
        axes.stairs(density, edges, fill=True, color=color, alpha=0.25)
        axes.stairs(density, edges, color=color, linewidth=1.4, label=f"{name}, {int(counts.sum()):,} pairs")
        tallest = max(tallest, density.max())
    axes.axvline(decision["score"], color=INK, linewidth=1, label=f"threshold {decision['score']:.3f}")
    used = np.flatnonzero(np.add(scores["genuine"], scores["impostor"]))
    if len(used):
        axes.set_xlim(edges[used[0]] - 0.02, edges[used[-1] + 1] + 0.02)
    axes.set(ylim=(0, 1.05 * tallest or 1), xlabel="score", ylabel="density")
    legend_below(axes)


def _mark_thresholds(axes: Any, report: dict[str, Any]) -> list[_Floats]:
    """Mark this data's operating point and the card's if they are within the axes; returns their FNMRs."""
    marks = {"this data": {"marker": "o", "markersize": 7}, "model card": {"marker": "x", "markersize": 6}}
    heights = []
    for source, mark in marks.items():
        rates = [
            (entry["fmr"]["rate"], entry["fnmr"]["rate"])
            for entry in report["thresholds"]
            if entry["source"] == source and 0 < entry["fmr"]["rate"] <= 0.5 and 0 < entry["fnmr"]["rate"] < 0.995
        ]
        if rates:
            x, y = (_probit(side) for side in zip(*rates, strict=True))
            axes.plot(
                x, y, color=INK, linestyle="none", label=f"threshold of {source}", clip_on=False, zorder=5, **mark
            )
            heights.append(y)
    return heights


def _percent_ticks(axis: Any, limits: tuple[float, float]) -> None:
    ticks = {
        place: tick for place, tick in zip(_probit(_TICKS), _TICKS, strict=True) if limits[0] <= place <= limits[1]
    }
    axis.set_ticks(list(ticks), [f"{100 * tick:g}%" for tick in ticks.values()])


def _probit(rates: Sequence[float]) -> _Floats:
    """Quantiles of the normal distribution; 0 and 1 are outside of every axis."""
    normal = NormalDist()
    return np.array([normal.inv_cdf(min(max(rate, 1e-9), 1 - 1e-9)) for rate in rates])
