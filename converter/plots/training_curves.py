"""The log of one run as small plots: one for each figure that changes over the epochs."""

from collections.abc import Sequence
from typing import Any

from .canvas import GENUINE, GRAY, Drawing
from .run_curves import LABELS

_LEFT_OUT = {"epoch", "seconds", "images"}
_COLUMNS = 3


def training_curves(log: Sequence[dict[str, float]], best: int | None = None) -> Drawing:
    """Plot the lines of a ``log.csv``.

    Args:
        log: `training.read_log`; its ``epoch`` counts from 1.
        best: the epoch that was kept.
    """
    shown = [key for key in log[0] if key not in _LEFT_OUT]
    columns = min(len(shown), _COLUMNS)
    rows = -(-len(shown) // columns)

    def draw(figure: Any) -> None:
        panels = figure.subplots(rows, columns, squeeze=False).ravel()
        for axes, key in zip(panels, shown, strict=False):
            _draw(axes, key, log, best)
        for axes in panels[len(shown) :]:
            axes.set_axis_off()

    return Drawing(draw, (3.2 * columns, 2.5 * rows))


def _draw(axes: Any, key: str, log: Sequence[dict[str, float]], best: int | None) -> None:
    from matplotlib.ticker import MaxNLocator

    epochs, values = [line["epoch"] for line in log], [line[key] for line in log]
    axes.plot(epochs, values, color=GENUINE, linewidth=1.8, marker="." if len(log) <= 40 else "")
    if best is not None and best in epochs:
        axes.axvline(best, color=GRAY, linewidth=0.8)
        axes.plot([best], [values[epochs.index(best)]], color=GENUINE, marker="o", markerfacecolor="white")
    axes.set_title(LABELS.get(key, key.replace("_", " ")), fontsize=10)
    axes.set_xlabel("epoch", fontsize=9)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
    axes.tick_params(labelsize=8)
