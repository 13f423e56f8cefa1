import re
import sys

import numpy as np
import numpy.typing as npt
import pytest

from edge_siamese.errors import DataError, RuntimeMissingError
from edge_siamese_converter.plots.projections import LAYOUTS, readable_rows, scatter, tsne, umap


def clusters(classes: int = 4, images: int = 12) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(classes), images)
    return (rng.normal(size=(classes, 16))[labels] + 0.1 * rng.normal(size=(len(labels), 16))).astype(
        np.float32
    ), labels


@pytest.mark.parametrize("layout", ["tsne", pytest.param("umap", marks=pytest.mark.slow)])
def test_neighbors_stay_neighbors_and_the_plane_repeats(layout: str) -> None:
    if layout == "umap":
        pytest.importorskip("umap", reason="UMAP needs umap-learn (the extra 'umap')")
    embeddings, labels = clusters()
    plane = LAYOUTS[layout](embeddings)
    distances = np.square(plane[:, None] - plane).sum(axis=2) + np.diag(np.full(len(plane), np.inf))
    assert (labels[distances.argmin(axis=1)] == labels).mean() > 0.95
    assert plane.dtype == np.float32
    if layout == "tsne":
        np.testing.assert_array_equal(plane, tsne(embeddings))


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "umap", None)
    monkeypatch.setitem(sys.modules, "sklearn.manifold", None)
    with pytest.raises(RuntimeMissingError, match=r"install edge-siamese\[umap\]"):
        umap(clusters()[0])
    with pytest.raises(RuntimeMissingError, match="t-SNE needs scikit-learn"):
        tsne(clusters()[0])


def test_too_few_images_are_refused() -> None:
    with pytest.raises(DataError, match="expected 5 or more, found 4"):
        tsne(clusters()[0][:4])


def test_what_is_shown_is_readable_and_fair() -> None:
    labels = np.concatenate([np.repeat(np.arange(100), 4), np.full(5000, 100)])
    rows = readable_rows(labels, images=200, classes=20)
    counts = np.unique(labels[rows], return_counts=True)[1]
    assert len(counts) == 20
    assert counts.max() <= 10
    assert readable_rows(np.array([4, 4, 9])).tolist() == [0, 1, 2]


def texts(svg: str) -> set[str]:
    return {text.strip() for text in re.findall(r"<text[^>]*>([^<]*)", svg)}


def test_few_classes_have_a_legend_and_more_of_them_their_names_on_the_plane() -> None:
    for classes, legend in ((4, True), (20, False)):
        embeddings, labels = clusters(classes, 3)
        names = [f"person {number}" for number in range(classes)]
        legend_texts = texts(scatter(embeddings[:, :2], labels, names, np.arange(0, 3 * classes, 3)).svg())
        assert set(names) <= legend_texts
        assert ("representative" in legend_texts) is legend
    embeddings, labels = clusters(50, 2)
    assert texts(scatter(embeddings[:, :2], labels, [str(n) for n in range(50)]).svg()) == set()
