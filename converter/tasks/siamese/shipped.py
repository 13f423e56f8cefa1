"""Evaluate the shipped embedder on the test pairs of a run, for comparison."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from edge_siamese.alignment import CROP_SIZE
from edge_siamese.embedding import unit_rows
from edge_siamese.engine import FaceEngine
from edge_siamese.errors import EdgeSiameseError
from edge_siamese.evaluation.pairs import ScoredPairs

from ...data.preparation import Preparation
from ...data.sources import load_source
from ...evaluation.evaluate import Metrics, evaluate
from ...evaluation.scoring import by_similarity
from ...recipes.siamese import SiameseRecipe
from .data import DataSplits

NO_FACE = -1.0
_MIN_SHARE = 0.5
_FACES = ("folders", "lfw", "olivetti")


def shipped_metrics(recipe: SiameseRecipe, data: Path | None, splits: DataSplits, pairs: ScoredPairs) -> Metrics | None:
    """Compute the metrics of the shipped embedder; a test image without a face scores -1 in all its pairs.

    Args:
        recipe: recipe of the run.
        data: folder or archive of the run, or None if it was downloaded.
        splits: data of the run, with the test images.
        pairs: evaluated pairs of the run.

    Returns:
        The metrics, or None if the images are not faces: the data is of another kind, or a face is found on fewer than half
        of them.
    """
    if splits.classes != "people" or recipe.data.kind not in _FACES:
        return None
    crops = _aligned_crops(recipe, data, splits)
    rows = np.array([row for row, path in enumerate(splits.test.paths) if path in crops], np.int64)
    if len(rows) < _MIN_SHARE * len(splits.test):
        return None
    embeddings, found = _embedded([crops[splits.test.paths[row]] for row in rows], rows, len(splits.test))
    first, second = pairs.index.T
    of_pairs = np.sum(embeddings[first] * embeddings[second], axis=1)
    scores = np.where(found[first] & found[second], of_pairs, NO_FACE)
    return evaluate(
        by_similarity(embeddings), splits.test.labels(), splits.test.classes,
        pairs=ScoredPairs(pairs.index, scores, pairs.labels, splits.listed_folds), pairs_only=True,
    )[0]  # fmt: skip


def _aligned_crops(recipe: SiameseRecipe, data: Path | None, splits: DataSplits) -> dict[str, npt.NDArray[np.uint8]]:
    """Return the aligned face of each test image by path, from the run or by reading the images again."""
    preparation, test = recipe.data.preparation, splits.test
    whole = preparation.align == "detector" and preparation.crop_factor == 1.0
    if whole and test.images.shape[1:] == (CROP_SIZE, CROP_SIZE, 3):
        return dict(zip(test.paths, test.images, strict=True))
    try:
        aligned = load_source(
            recipe.data.kind, data, Preparation(align="detector"), merge_top=recipe.data.merge_top, only=set(test.paths)
        )
    except EdgeSiameseError:  # no face on any image
        return {}
    return dict(zip(aligned.paths, aligned.images, strict=True))


def _embedded(
    crops: list[npt.NDArray[np.uint8]], rows: npt.NDArray[np.int64], count: int
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    """Return unit embeddings ``(count, D)``, zero without a crop, and bool ``(count,)``, true with a crop."""
    with FaceEngine.default() as engine:
        vectors = [engine.embed_crop(crop) for crop in crops]
    units = np.stack([each.values.astype(np.float32) - np.float32(each.zero_point) for each in vectors])
    embeddings, found = np.zeros((count, units.shape[1]), np.float32), np.zeros(count, bool)
    embeddings[rows] = unit_rows(units)
    found[rows] = True
    return embeddings, found
