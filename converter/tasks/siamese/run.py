"""Run a recipe: load, split, train, evaluate on new classes, quantize, evaluate again and report.

::

    RUN/split.json         manifest of the split
    RUN/checkpoint.npz ..  `training.loop`
    RUN/weights.npz        network and head of the best epoch, float16
    RUN/embedder.tflite    int8 with a model card
    RUN/report.json ..     `reports.run_report`
"""

from pathlib import Path
from typing import Any

from edge_siamese.errors import DataError, EdgeSiameseError
from edge_siamese.evaluation.metrics import ErrorCurve
from edge_siamese.names import did_you_mean

from ...checkpoints import load_description, load_weights, save_float16_weights
from ...evaluation.evaluate import Threshold
from ...licenses import UNSTATED, license_of_weights
from ...quantization.calibration import MIN_IMAGES
from ...quantization.parity import ChanceError
from ...recipes.siamese import SiameseRecipe
from ...reports.page import require_packages, write_run_report
from ...training.loop import read_log
from .data import DataSplits, load_splits
from .evaluation import report_of
from .fine_tuning import fine_tune, shipped_weights
from .int8 import convert_model, cost_of_int8, quantize_model, serves_the_engine
from .network import SiameseNetwork, build
from .shipped import shipped_metrics
from .summary import TrainingResult
from .training import metrics_of, scored, train_siamese, verification_pairs

MODEL, WEIGHTS, SPLIT = "embedder.tflite", "weights.npz", "split.json"


def run_recipe(
    recipe: SiameseRecipe,
    data: Path | None,
    folder: Path,
    *,
    quick: bool = False,
    tensorboard: bool = False,
    command: str = "",
) -> TrainingResult:
    """Run a recipe; an interrupted run in `folder` resumes.

    Args:
        recipe: the recipe.
        data: folder or archive; None downloads.
        folder: run folder.
        quick: shorten the run to minutes by the ``quick`` table of the recipe.
        tensorboard: write event files.
        command: command line for the report.

    Raises:
        DataError: the data does not fit the recipe.
        EdgeSiameseError: the training failed, the network is no better than chance, or int8 loses more than the parity
            gate allows.
    """
    require_packages()
    if quick:
        recipe = _quick(recipe)
    splits = load_splits(recipe, data, max_classes=recipe.quick.classes if quick else None)
    _require_calibration_images(splits)
    model = build(recipe, splits.training.images, _load_named_weights)
    folder.mkdir(parents=True, exist_ok=True)
    splits.split.write(folder / SPLIT)
    before = _validated(model, splits)
    _train(recipe, model, splits, folder, tensorboard)
    license_ = license_of_weights(_weights_path(recipe.network.weights)) if recipe.network.weights else UNSTATED
    _save(recipe, model, folder / WEIGHTS, license_)
    failure: ChanceError | None = None
    try:
        int8, parity = convert_model(
            recipe, model, splits.training, splits.validation, folder / MODEL,
            license=license_, about_training={"recipe": recipe.summary, "epochs": len(read_log(folder))},
        )  # fmt: skip
    except ChanceError as error:  # the report is written first
        failure = error
        int8 = quantize_model(model, splits.training.images)
        parity = cost_of_int8(model, int8, splits.validation)
    curve = _validation_curve(model, splits)
    embeddings = model.embed(splits.test.images)
    report, arrays = report_of(recipe, splits, model.comparison, embeddings, int8, _threshold(curve, splits), folder)
    beside = shipped_metrics(recipe, data, splits, arrays.scored_pairs())
    report = report.model_copy(update={"command": command, "shipped_metrics": beside})
    page = write_run_report(folder, report, arrays)
    if failure:
        raise EdgeSiameseError(f"{failure}; no model was written, {page} shows the run") from failure
    return TrainingResult(
        folder / MODEL, page, report, before, metrics_of(curve), parity.to_json(),
        serves_the_engine(recipe, model),
    )  # fmt: skip


def _require_calibration_images(splits: DataSplits) -> None:
    """Check before training that there are enough calibration images."""
    training = splits.training
    if len(training) < MIN_IMAGES:
        raise DataError(
            f"training has {len(training)} images of {len(training.classes)} {splits.classes}, at least {MIN_IMAGES} are "
            f"needed to calibrate int8; there are {len(training) + len(splits.validation)} images beside the test images"
        )


def _quick(recipe: SiameseRecipe) -> SiameseRecipe:
    training = recipe.training.model_copy(update={"epochs": min(recipe.quick.epochs, recipe.training.epochs)})
    sampler = recipe.sampler.model_copy(update={"options": recipe.sampler.options | recipe.quick.sampler})
    return recipe.model_copy(update={"training": training, "sampler": sampler})


def _train(recipe: SiameseRecipe, model: SiameseNetwork, splits: DataSplits, folder: Path, tensorboard: bool) -> None:
    if recipe.method == "pairs":
        train_siamese(recipe, model, splits.training, splits.validation, folder, tensorboard=tensorboard)
        return
    fine_tune(
        model.network, splits.training, folder, epochs=recipe.training.epochs, learning_rate=recipe.training.optimizer.learning_rate,
        seed=recipe.seed, measure=lambda: _validated(model, splits), tensorboard=tensorboard,
    )  # fmt: skip


def _validated(model: SiameseNetwork, splits: DataSplits) -> dict[str, float]:
    """Compute AUC and EER on the validation classes."""
    return metrics_of(_validation_curve(model, splits))


def _validation_curve(model: SiameseNetwork, splits: DataSplits) -> ErrorCurve:
    validation = splits.validation
    pairs = verification_pairs(validation.labels(), validation.content_digests)
    return scored(model, model.embed(validation.images), pairs)


def _threshold(curve: ErrorCurve, splits: DataSplits) -> Threshold:
    """Return the threshold of the equal error rate on the validation classes."""
    return Threshold(
        curve.eer_threshold, f"the equal error rate of the {len(splits.validation.classes)} validation classes"
    )


def _weights_path(name: str) -> Path:
    """Return a path to an ``.npz`` unchanged, or the path of the shipped weights of that name.

    Raises:
        DataError: there are no shipped weights of that name.
    """
    if Path(name).suffix == ".npz":
        return Path(name)
    path = shipped_weights(name)
    if not path.exists():
        shipped = sorted(each.stem for each in path.parent.glob("*.npz"))
        advice = did_you_mean(name, shipped) or f"; shipped weights are {', '.join(shipped)}"
        raise DataError(f"network.weights: expected a .npz file or the name of shipped weights, found '{name}'{advice}")
    return path


def _load_named_weights(name: str, network: Any) -> None:
    load_weights(_weights_path(name), network)


def _save(recipe: SiameseRecipe, model: SiameseNetwork, path: Path, license_: str) -> None:
    """Save the weights; those of the twin can be loaded by `convert` and `load_twin`, others store how to build them."""
    if recipe.network.name == "twin":
        options = load_description(_weights_path(recipe.network.weights)) if recipe.network.weights else {}
        description = options or recipe.network.options
    else:
        description = {"network": recipe.network.model_dump(mode="json")}
    save_float16_weights(path, model, description, license=license_)
