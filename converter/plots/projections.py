"""Two-dimensional projections of embeddings by t-SNE and UMAP, and their scatter plot.

t-SNE: van der Maaten and Hinton, "Visualizing data using t-SNE", JMLR 2008. UMAP: McInnes, Healy and Melville, "UMAP:
uniform manifold approximation and projection for dimension reduction", 2018.
"""

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from edge_siamese.errors import DataError, RuntimeMissingError
from edge_siamese.reports.canvas import INK, MARKERS, PALETTE, Drawing

from ..distances import Matrix
from ..evaluation.scoring import Indices, Labels, indices_by_class

Plane = npt.NDArray[np.float32]

MAX_IMAGES, MAX_CLASSES = 1500, 40
FEWEST = 5
_METRICS = {"cosine": "cosine", "l1": "manhattan", "l2": "euclidean", "squared_l2": "sqeuclidean"}
_LEGEND, _LABELED, _RASTERISED = 12, 40, 1500


def tsne(embeddings: Matrix, similarity: str = "cosine", *, seed: int = 0) -> Plane:
    """Project embeddings ``(N, D)`` to float32 ``(N, 2)`` by t-SNE.

    Raises:
        RuntimeMissingError: scikit-learn is not installed.
        DataError: fewer than five embeddings.
    """
    try:
        from sklearn.manifold import TSNE
    except ImportError as error:
        raise RuntimeMissingError("t-SNE needs scikit-learn; install edge-siamese[converter]") from error
    _require(embeddings)
    if not np.ptp(embeddings, axis=0).any():  # all embeddings are equal
        return np.zeros((len(embeddings), 2), np.float32)
    perplexity = min(30.0, (len(embeddings) - 1) / 3)
    layout = TSNE(2, perplexity=perplexity, init="pca", metric=_METRICS[similarity], random_state=seed)
    return np.asarray(layout.fit_transform(np.asarray(embeddings, np.float32)), np.float32)


def umap(embeddings: Matrix, similarity: str = "cosine", *, seed: int = 0) -> Plane:
    """Project embeddings ``(N, D)`` to float32 ``(N, 2)`` by UMAP.

    Raises:
        RuntimeMissingError: umap-learn is not installed.
        DataError: fewer than five embeddings.
    """
    try:
        from umap import UMAP
    except ImportError as error:
        raise RuntimeMissingError("UMAP needs umap-learn; install edge-siamese[umap]") from error
    _require(embeddings)
    neighbors = min(15, len(embeddings) - 1)
    layout = UMAP(n_neighbors=neighbors, metric=_METRICS[similarity], init="random", random_state=seed, n_jobs=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return np.asarray(layout.fit_transform(np.asarray(embeddings, np.float32)), np.float32)


LAYOUTS: dict[str, Callable[..., Plane]] = {"tsne": tsne, "umap": umap}


def readable_rows(labels: Labels, *, images: int = MAX_IMAGES, classes: int = MAX_CLASSES, seed: int = 0) -> Indices:
    """Sample indices of at most `images` images of at most `classes` random classes, equally many per class."""
    rng = np.random.default_rng(seed)
    by_class = indices_by_class(labels)
    chosen = rng.permutation(list(by_class))[:classes].tolist()
    maximum = max(images // max(len(chosen), 1), 1)
    rows = [rng.permutation(by_class[number])[:maximum] for number in chosen]
    return np.sort(np.concatenate(rows))


def scatter(plane: Plane, labels: Labels, names: Sequence[str], representatives: Indices | None = None) -> Drawing:
    """Draw images as points with a color and marker per class; representatives are ringed.

    Args:
        plane: ``(N, 2)``.
        labels: class of each image, ``(N,)``.
        names: class names, by class.
        representatives: indices of the representative images.
    """
    classes = np.unique(labels)
    some = len(classes) <= _LEGEND
    standing = np.zeros(0, np.int64) if representatives is None else representatives

    def draw(figure: Any) -> None:
        axes = figure.add_subplot()
        for place, number in enumerate(classes.tolist()):
            points = plane[labels == number]
            axes.scatter(
                *points.T, s=20, linewidths=0, alpha=0.75, color=PALETTE[place % len(PALETTE)],
                marker=MARKERS[place // len(PALETTE) % len(MARKERS)], label=names[number] if some else None,
                rasterized=len(plane) > _RASTERISED,
            )  # fmt: skip
        if len(standing):
            label = "representative" if some else None
            axes.scatter(*plane[standing].T, s=80, facecolors="none", edgecolors=INK, linewidths=1.6, label=label)
        if not some and len(classes) <= _LABELED:
            _name_classes(axes, plane, labels, names, standing)
        axes.set_axis_off()
        axes.margins(0.04)
        if some:
            axes.legend(fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)

    return Drawing(draw, (8.4, 5.4))


def _name_classes(axes: Any, plane: Plane, labels: Labels, names: Sequence[str], standing: Indices) -> None:
    """Write the name of each class at its representative, else at the median of its points."""
    for number in np.unique(labels).tolist():
        own = standing[labels[standing] == number]
        x, y = plane[own[0]] if len(own) else np.median(plane[labels == number], axis=0)
        axes.annotate(
            names[number], (x, y), xytext=(0, 7), textcoords="offset points", fontsize=7, ha="center", color=INK
        )


def _require(embeddings: Matrix) -> None:
    if len(embeddings) < FEWEST:
        raise DataError(f"a projection of embeddings: expected {FEWEST} or more, found {len(embeddings)}")
