"""Genuine and impostor pairs with the highest and lowest scores."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from edge_siamese.evaluation.pairs import ScoredPairs
from edge_siamese.reports.canvas import GENUINE, GRAY, IMPOSTOR, Drawing, Pixels, as_rgb

from ..evaluation.scoring import Labels

KINDS = {
    "worst genuine": "same class, lowest scores",
    "worst impostor": "different classes, highest scores",
    "best genuine": "same class, highest scores",
    "best impostor": "different classes, lowest scores",
}


def extreme_pairs(pairs: ScoredPairs, count: int = 6) -> dict[str, Labels]:
    """Select the `count` most extreme pairs of each of `KINDS`; each image is in at most one pair of a kind.

    Returns:
        By kind: indices int64 ``(n,)`` into `pairs`, the most extreme pair first.
    """
    chosen = {}
    for kind in KINDS:
        genuine, upwards = kind.endswith("genuine"), kind in {"worst genuine", "best impostor"}
        rows = np.flatnonzero(pairs.genuine == genuine)
        ordered = rows[np.argsort(pairs.scores[rows] if upwards else -pairs.scores[rows], kind="stable")]
        chosen[kind] = np.array(_without_repetition(pairs.index, ordered, count), np.int64)
    return chosen


def pair_sheet(
    pairs: ScoredPairs, images: Pixels, names: Sequence[str], *, threshold: float, count: int = 6
) -> Drawing:
    """Draw the `extreme_pairs`, one row per kind, with scores in blue from the threshold on and in orange below it.

    Args:
        pairs: P pairs of N images.
        images: uint8 ``(N, H, W, C)``.
        names: class of each image.
        threshold: pairs with at least this score match.
        count: maximum number of pairs per kind.
    """
    extreme = {kind: chosen for kind, chosen in extreme_pairs(pairs, count).items() if len(chosen)}
    columns = max(len(chosen) for chosen in extreme.values())
    tall = images.shape[1] / images.shape[2]

    def draw(figure: Any) -> None:
        parts = figure.subfigures(len(extreme), 1, squeeze=False)[:, 0]
        for part, (kind, chosen) in zip(parts, extreme.items(), strict=True):
            part.suptitle(f"{kind}: {KINDS[kind]}", fontsize=10, x=0.01, ha="left")
            for axes, at in zip(part.subplots(1, columns, squeeze=False)[0], chosen, strict=False):
                pair, score = pairs.index[at], float(pairs.scores[at])
                axes.imshow(_side_by_side(as_rgb(images[pair])), interpolation="nearest")
                axes.set_title(f"{score:.3f}", fontsize=9, color=GENUINE if score >= threshold else IMPOSTOR)
                axes.set_xlabel(_caption([names[row] for row in pair]), fontsize=7, color=GRAY)
            for axes in part.axes:
                axes.set(xticks=[], yticks=[])
                axes.grid(visible=False)
                axes.set_frame_on(False)

    return Drawing(draw, (1.75 * columns, (0.85 * tall + 0.75) * len(extreme)))


def _without_repetition(index: Labels, ordered: Labels, count: int) -> list[int]:
    used: set[int] = set()
    kept: list[int] = []
    for row in ordered.tolist():
        if len(kept) == count:
            break
        if used.isdisjoint(pair := index[row].tolist()):
            used.update(pair)
            kept.append(row)
    return kept


def _side_by_side(pair: Pixels) -> Pixels:
    gap = np.full((pair.shape[1], max(pair.shape[2] // 16, 1), 3), 255, np.uint8)
    return np.concatenate([pair[0], gap, pair[1]], axis=1)


def _caption(names: list[str]) -> str:
    short = [name if len(name) <= 16 else f"{name[:15]}…" for name in names]
    return short[0] if names[0] == names[1] else "\n".join(short)
