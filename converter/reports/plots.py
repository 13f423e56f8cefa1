"""Plots of the HTML report of a run: metrics and embeddings."""

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from edge_siamese.errors import DataError
from edge_siamese.reports.canvas import Raster

from ..evaluation.identification import representatives
from ..plots.error_rates import confusion_matrix, decisions, det, rank_curve, roc, score_histogram
from ..plots.extreme_pairs import KINDS, extreme_pairs
from ..plots.mosaic import MAX_THUMBNAILS, mosaic
from ..plots.projections import readable_rows, scatter, tsne
from ..plots.training_curves import Curve, training_curves
from .run_report import RunArrays, RunReport

_MEDIA = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".webp": "image/webp"}
_FEWEST_FOR_A_PLANE = 5
_PAIRS_OF_A_KIND = 6


def figure_images(report: RunReport) -> dict[str, str]:
    """Draw the plots of the metrics in a report; returns SVG elements by name."""
    floating, quantized = report.float_metrics, report.int8_metrics
    shipped = quantized or floating
    both = {"float": floating, "int8": quantized} if quantized else {"": floating}
    drawn: dict[str, Callable[[], str]] = {
        "det": det(
            shipped.verification,
            floating.verification if quantized else None,
            names=("int8", "float") if quantized else ("", ""),
        ).svg,
        "roc": roc({name: each.verification for name, each in both.items()}).svg,
        "histogram": score_histogram(shipped.verification, shipped.confusion["threshold"]).svg,
        "decisions": decisions(shipped.confusion).svg,
    }
    found = {name: each.identification for name, each in both.items() if each.identification}
    if found:
        drawn["ranks"] = rank_curve({name: each["cmc"] for name, each in found.items()}).svg
    if shipped.identification and shipped.identification["confusion"]:
        matrix = np.array(shipped.identification["confusion"])
        drawn["confusion"] = confusion_matrix(matrix, shipped.identification["classes"]).svg
    if report.curves:
        drawn["curves"] = training_curves([Curve("", report.curves, report.best_epoch)]).svg
    return {name: draw() for name, draw in drawn.items()}


def embedding_images(arrays: RunArrays, threshold: float) -> dict[str, Any]:
    """Draw the projection, the mosaic and the extreme pairs, of int8 embeddings if there are any.

    Returns:
        ``plane`` (SVG) and ``map`` (data URI), None if there are too few images; ``shown`` and ``mapped``, the numbers of
        images in them; ``pairs``, by kind: ``means``, a description, and ``pairs``, a list with ``images`` (data URIs),
        ``names``, ``paths``, ``score`` and ``match``.
    """
    int8 = arrays.int8_embeddings is not None
    vectors, rows = arrays.vectors(int8=int8), readable_rows(arrays.labels)
    embedding_plots: dict[str, Any] = {"plane": None, "map": None, "shown": len(rows), "mapped": 0}
    if len(rows) >= _FEWEST_FOR_A_PLANE:
        labels = arrays.labels[rows]
        plane = tsne(vectors[rows], arrays.similarity)
        score = arrays.score(int8=int8)
        standing = representatives(lambda a, b: score(rows[a], rows[b]), labels)
        embedding_plots["plane"] = scatter(plane, labels, arrays.class_names, standing).svg()
        few = readable_rows(labels, images=MAX_THUMBNAILS)
        embedding_plots["map"] = mosaic(plane[few], arrays.thumbnails[rows[few]], labels[few]).data_uri()
        embedding_plots["mapped"] = len(few)
    return embedding_plots | {"pairs": _extreme(arrays, threshold, int8=int8 and arrays.int8_scores is not None)}


def illustration(path: Path) -> str:
    """Read an image file as a data URI.

    Raises:
        DataError: the file cannot be read or is not an image for a page.
    """
    media = {".svg": "image/svg+xml", **_MEDIA}.get(path.suffix.lower())
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: an illustration of the report cannot be read ({error.strerror})") from error
    if media is None:
        raise DataError(f"{path}: expected an illustration as .svg, {' or '.join(_MEDIA)}, found {path.suffix!r}")
    return f"data:{media};base64,{base64.b64encode(content).decode('ascii')}"


def _extreme(arrays: RunArrays, threshold: float, *, int8: bool) -> dict[str, Any]:
    groups, pairs = {}, arrays.scored_pairs(int8=int8)
    for kind, chosen in extreme_pairs(pairs, _PAIRS_OF_A_KIND).items():
        groups[kind] = {
            "means": KINDS[kind],
            "pairs": [
                {
                    "images": [Raster(arrays.thumbnails[row]).data_uri() for row in pair],
                    "names": [arrays.names[row] for row in pair],
                    "paths": [arrays.paths[row] for row in pair],
                    "score": score,
                    "match": score >= threshold,
                }
                for pair, score in zip(pairs.index[chosen], pairs.scores[chosen].tolist(), strict=True)
            ],
        }
    return groups
