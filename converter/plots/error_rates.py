"""Plots of error rates: ROC, DET, score histogram, CMC and confusion matrices."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from edge_siamese.reports.canvas import GENUINE, GRAY, IMPOSTOR, Drawing, legend_below
from edge_siamese.reports.plots import draw_det, draw_scores

_DASHES = ("-", "--", ":", "-.")
_LINES = (GENUINE, IMPOSTOR, "#009e73", "#cc79a7")
_MAX_CELLS_WRITTEN, _MAX_LABELS, _MAX_LINEAR_RANKS = 16, 40, 60


def roc(verifications: Mapping[str, dict[str, Any]]) -> Drawing:
    """ROC curves: TAR over FMR, with the diagonal of chance.

    Args:
        verifications: `evaluation.verification.Verification.to_json` by name; the name of a single one may be empty.
    """

    def draw(figure: Any) -> None:
        axes = figure.add_subplot()
        for place, (name, verification) in enumerate(verifications.items()):
            points, auc = verification["roc"], f"AUC {verification['auc']:.4f}"
            axes.plot(
                points["fmr"], points["tar"], label=f"{name}, {auc}" if name else auc, linewidth=2,
                color=_LINES[place % len(_LINES)], linestyle=_DASHES[place % len(_DASHES)],
            )  # fmt: skip
        axes.plot((0, 1), (0, 1), color=GRAY, linewidth=0.8, label="chance")
        axes.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.01), xlabel="false match rate", ylabel="true accept rate")
        legend_below(axes)

    return Drawing(draw)


def det(
    verification: dict[str, Any], other: dict[str, Any] | None = None, *, names: tuple[str, str] = ("", "")
) -> Drawing:
    """DET curve: FNMR over FMR on probit axes, with a bootstrap band and an optional second curve.

    Args:
        verification, other: `evaluation.verification.Verification.to_json`.
        names: names of the two curves.
    """
    report = {
        "det": verification["det"],
        "eer": verification["eer"],
        "genuine_pairs": verification["genuine_pairs"],
        "thresholds": [],
        "baseline": other and {"name": names[1], "det": other["det"]},
    }

    return Drawing(lambda figure: draw_det(figure.add_subplot(), report, names[0]))


def score_histogram(verification: dict[str, Any], threshold: float) -> Drawing:
    """Draw the densities of genuine and impostor scores and the decision threshold."""
    report = {"scores": verification["scores"], "decision_threshold": {"score": threshold}}

    def draw(figure: Any) -> None:
        axes = figure.add_subplot()
        draw_scores(axes, report)
        edges = verification["scores"]["edges"]
        margin = 0.02 * (edges[-1] - edges[0])
        axes.set_xlim(edges[0] - margin, edges[-1] + margin)

    return Drawing(draw)


def rank_curve(curves: Mapping[str, Sequence[float]]) -> Drawing:
    """Draw cumulative match characteristics ``(K,)`` by name: share of images whose class is among the best ranks."""

    def draw(figure: Any) -> None:
        axes = figure.add_subplot()
        for place, (name, rates) in enumerate(curves.items()):
            axes.plot(
                range(1, len(rates) + 1), rates, label=name or None, linewidth=2, marker="." if len(rates) <= 40 else "",
                color=_LINES[place % len(_LINES)], linestyle=_DASHES[place % len(_DASHES)],
            )  # fmt: skip
        count = max(map(len, curves.values()))
        _whole_ranks(axes, count)
        lowest = min(min(rates) for rates in curves.values())
        axes.set(
            xlim=(0.9, max(count, 2)), ylim=(max(lowest - 0.02, 0), 1.004), xlabel="rank", ylabel="share of images"
        )
        axes.yaxis.set_major_formatter(lambda rate, _: f"{100 * rate:g}%")
        legend_below(axes)

    return Drawing(draw)


def _whole_ranks(axes: Any, count: int) -> None:
    """Set ticks at integer ranks, on a logarithmic axis if there are many."""
    from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator

    if count <= _MAX_LINEAR_RANKS:
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        return
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter("{x:g}")


def confusion_matrix(counts: npt.NDArray[np.integer], names: Sequence[str]) -> Drawing:
    """Draw a confusion matrix, one row per true class, shaded by the share of its images.

    Args:
        counts: ``(K, K)``, true classes in rows and predicted classes in columns.
        names: class names.
    """
    size = len(names)
    side = min(max(3.4, 0.24 * size + 1.8), 9.0)

    def draw(figure: Any) -> None:
        axes = figure.add_subplot()
        shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        _shade(axes, shares)
        if size <= _MAX_CELLS_WRITTEN:
            for row, column in np.argwhere(counts > 0):
                axes.text(column, row, f"{counts[row, column]:,}", ha="center", va="center", fontsize=9)
        labeled = range(0, size, -(-size // _MAX_LABELS))
        labels = [_shortened(names[place]) for place in labeled]
        axes.set_xticks(labeled, labels, rotation=90 if size > 2 else 0, fontsize=8)
        axes.set_yticks(labeled, labels, fontsize=8)
        axes.set(xlabel="named as", ylabel="really")

    return Drawing(draw, (side, side))


def decisions(confusion: dict[str, Any]) -> Drawing:
    """Draw the four counts of `evaluation.verification.Confusion.to_json`, shaded by their share of the row."""
    rows = [("genuine", "true_matches", "false_non_matches"), ("impostor", "false_matches", "true_non_matches")]

    def draw(figure: Any) -> None:
        axes = figure.add_subplot()
        counts = np.array([[confusion[name] for name in row[1:]] for row in rows])
        shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        _shade(axes, shares)
        for (row, column), count in np.ndenumerate(counts):
            axes.text(column, row - 0.08, f"{count:,}", ha="center", va="center", fontsize=14)
            axes.text(column, row + 0.2, f"{shares[row, column]:.1%}", ha="center", va="center", fontsize=10)
        axes.set_xticks((0, 1), ("match", "no match"))
        axes.set_yticks((0, 1), [f"{row[0]} pair" for row in rows], rotation=90, va="center")
        axes.tick_params(length=0)

    return Drawing(draw, (4.6, 3.4))


def _shade(axes: Any, shares: npt.NDArray[np.float64]) -> None:
    """Shade cells from transparent to blue, first row on top; text stays readable on light and dark pages."""
    from matplotlib.colors import to_rgba

    axes.grid(visible=False)
    for (row, column), share in np.ndenumerate(shares):
        if share > 0:
            color = to_rgba(GENUINE, 0.06 + 0.54 * float(share))
            axes.add_patch(_cell(column, row, facecolor=color))
    axes.set(
        xlim=(-0.5, shares.shape[1] - 0.5),
        ylim=(shares.shape[0] - 0.5, -0.5),
        aspect="equal" if len(shares) > 2 else "auto",
    )
    for spine in axes.spines.values():
        spine.set(visible=True, color=GRAY, linewidth=0.6)


def _cell(column: int, row: int, **predictions: Any) -> Any:
    from matplotlib.patches import Rectangle

    return Rectangle((column - 0.49, row - 0.49), 0.98, 0.98, edgecolor="none", **predictions)


def _shortened(name: str, maximum: int = 18) -> str:
    return name if len(name) <= maximum else f"{name[: maximum - 1]}…"
