"""Evaluate a trained network and its int8 form on the same test images and create the run report."""

import platform
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import keras
import numpy as np

from edge_siamese import __version__
from edge_siamese.evaluation.pairs import ScoredPairs

from ...checkpoints import load_arrays
from ...embeddings import row_cosines
from ...evaluation.evaluate import Alphabets, Metrics, Threshold, evaluate
from ...evaluation.scoring import every_pair
from ...plots.mosaic import thumbnails
from ...quantization.parity import allowed_auc_loss
from ...recipes.siamese import SiameseRecipe
from ...reports.run_report import DataAccount, Parity, Portion, RunArrays, RunReport
from ...training.loop import BEST, read_log
from .data import DataSplits
from .int8 import Int8Network
from .network import Comparison, Embeddings

_MAX_PAIRS = 200_000


@dataclass(frozen=True, eq=False)
class NetworkEvaluation:
    """One network's figures, and what they are of."""

    metrics: Metrics
    pairs: ScoredPairs


def evaluate_embeddings(
    comparison: Comparison, embeddings: Embeddings, splits: DataSplits, threshold: Threshold
) -> NetworkEvaluation:
    """Evaluate embeddings ``(N, D)`` of the test images on the listed pairs, or on all pairs without a list."""
    test = splits.test
    labels, index = test.labels(), splits.listed_pairs
    if index is None:
        index = every_pair(labels, at_most=_MAX_PAIRS)
    scores = comparison.of_pairs(*(embeddings[side] for side in index.T))
    alphabets = Alphabets(test.groups, splits.drawers) if test.groups and splits.drawers else None
    metrics, pairs = evaluate(
        comparison.of(embeddings), labels, test.classes,
        pairs=ScoredPairs(index, scores, labels, splits.listed_folds), threshold=threshold, alphabets=alphabets,
        pairs_only=comparison.head is not None,  # a head is too slow to compare all images
    )  # fmt: skip
    return NetworkEvaluation(metrics, pairs)


def report_of(
    recipe: SiameseRecipe,
    splits: DataSplits,
    comparison: Comparison,
    embeddings: Embeddings,
    int8: Int8Network,
    threshold: Threshold,
    folder: Path,
) -> tuple[RunReport, RunArrays]:
    """Evaluate the float and int8 networks and collect metrics, curves and environment.

    Args:
        recipe: recipe of the run.
        splits: data of the run.
        comparison: comparison of two embeddings.
        embeddings: float embeddings ``(N, D)`` of the test images.
        int8: the quantized network.
        threshold: decision threshold, set on the validation classes.
        folder: run folder.
    """
    raw, zero_point = int8.embed(splits.test.images)
    rounded = int8.real(raw)
    evaluated, quantized = (evaluate_embeddings(comparison, each, splits, threshold) for each in (embeddings, rounded))
    cosines = row_cosines(embeddings, rounded)
    loss = evaluated.metrics.verification["auc"] - quantized.metrics.verification["auc"]
    parity = Parity(
        cosine_mean=float(cosines.mean()),
        cosine_p1=float(np.percentile(cosines, 1)),
        auc_loss=loss,
        allowed_auc_loss=allowed_auc_loss(len(splits.test.classes)),
    )
    report = RunReport(
        title=f"{recipe.network.name} on {splits.source}",
        summary=recipe.summary,
        started_from=f"the weights {recipe.network.weights}" if recipe.network.weights else "random weights",
        recipe=recipe.model_dump_json(indent=1),
        environment=_environment(recipe),
        network=_facts(recipe, int8),
        data=_account(splits),
        protocol=splits.protocol,
        curves=tuple(read_log(folder)),
        best_epoch=int(load_arrays(folder / BEST)["epochs_done"]) if (folder / BEST).exists() else None,
        float_metrics=evaluated.metrics,
        int8_metrics=quantized.metrics,
        parity=parity,
        published=recipe.published,
    )
    test = splits.test
    arrays = RunArrays(
        embeddings=embeddings, labels=test.labels(), class_names=test.classes, paths=test.paths,
        thumbnails=thumbnails(test.images), pairs=evaluated.pairs.index, scores=evaluated.pairs.scores,
        similarity=recipe.similarity, int8_embeddings=raw, zero_point=zero_point, int8_scores=quantized.pairs.scores,
    )  # fmt: skip
    return report, arrays


def _account(splits: DataSplits) -> DataAccount:
    portions = {"training": splits.training, "validation": splits.validation, "test": splits.test}
    return DataAccount(
        source=splits.source,
        classes=splits.classes,
        portions=tuple(
            Portion(name=name, classes=len(each.classes), images=len(each)) for name, each in portions.items()
        ),
        digest=splits.split.digest,
        skipped=splits.skipped,
    )


def _facts(recipe: SiameseRecipe, int8: Int8Network) -> dict[str, str]:
    network = int8.model.network
    height, width, channels = network.input_shape[1:]
    views = ", the mean over an image and its mirror image" if int8.model.average_flip else ""
    facts = {
        "network": recipe.network.name,
        "parameters": f"{network.count_params():,}",
        "input": f"{width} x {height}, {'RGB' if channels == 3 else 'gray'}",
        "embedding": f"{network.output_shape[-1]} values{views}, compared by {recipe.similarity}",
        "normalization": recipe.normalization.name + (", part of the graph" if int8.folded else ", before the network"),
        "int8 file": f"{len(int8.tflite):,} bytes without its card",
    }
    head = int8.model.comparison.head
    return facts | ({"head": f"{recipe.head.name}, {head.count_params():,} parameters"} if recipe.head and head else {})


def _environment(recipe: SiameseRecipe) -> dict[str, str]:
    packages = {name: version(name) for name in ("keras", "numpy")}
    return {
        "edge-siamese": __version__,
        "Python": platform.python_version(),
        **packages,
        keras.backend.backend(): _backend_version(),
        "machine": f"{platform.system()} {platform.machine()}",
        "seed": str(recipe.seed),
    }


def _backend_version() -> str:
    import tensorflow as tf

    return str(tf.__version__)
