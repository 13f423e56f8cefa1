"""A recipe from data to report: load, split, train, judge on classes never seen, quantize, judge again.

::

    RUN/split.json         which image was used for what
    RUN/checkpoint.npz ..  `training`
    RUN/weights.npz        network and head of the best epoch, float16
    RUN/embedder.tflite    int8, with its card
    RUN/report.json ..     `reports.report`
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
from .summary import Outcome
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
) -> Outcome:
    """Run a recipe; an interrupted run in `folder` goes on.

    Args:
        recipe: what to do.
        data: folder or archive; None lets the recipe's source download its own.
        folder: run folder.
        quick: as the recipe's ``quick`` says, so that the whole way takes minutes.
        tensorboard: write event files.
        command: the command line, for the report.

    Raises:
        DataError: recipe and data do not go together; the sentence says how.
        EdgeSiameseError: the training failed, the network tells people apart no better than chance, or int8 costs more
            than the gate allows.
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
    except ChanceError as error:  # the report says so as well
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
    return Outcome(
        folder / MODEL, page, report, before, metrics_of(curve), parity.to_json(),
        serves_the_engine(recipe, model),
    )  # fmt: skip


def _require_calibration_images(splits: DataSplits) -> None:
    """Refuse before training what could not be quantized after it."""
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
    """AUC and EER on the validation classes."""
    return metrics_of(_validation_curve(model, splits))


def _validation_curve(model: SiameseNetwork, splits: DataSplits) -> ErrorCurve:
    validation = splits.validation
    pairs = verification_pairs(validation.labels(), validation.content_digests)
    return scored(model, model.embed(validation.images), pairs)


def _threshold(curve: ErrorCurve, splits: DataSplits) -> Threshold:
    """Where the two errors are equal on the validation classes."""
    return Threshold(
        curve.eer_threshold, f"the equal error rate of the {len(splits.validation.classes)} validation classes"
    )


def _weights_path(name: str) -> Path:
    """A path as it is; else the weights that ship for a task.

    Raises:
        DataError: no weights of that name ship.
    """
    if Path(name).suffix == ".npz":
        return Path(name)
    path = shipped_weights(name)
    if not path.exists():
        shipped = sorted(each.stem for each in path.parent.glob("*.npz"))
        advice = did_you_mean(name, shipped) or f"; the weights that ship are {', '.join(shipped)}"
        raise DataError(f"network.weights: expected a .npz file or the name of shipped weights, found '{name}'{advice}")
    return path


def _load_named_weights(name: str, network: Any) -> None:
    load_weights(_weights_path(name), network)


def _save(recipe: SiameseRecipe, model: SiameseNetwork, path: Path, license_: str) -> None:
    """The twin's weights can be loaded by `convert` and `fine_tuning.load_twin`; others say what builds them."""
    if recipe.network.name == "twin":
        options = load_description(_weights_path(recipe.network.weights)) if recipe.network.weights else {}
        description = options or recipe.network.options
    else:
        description = {"network": recipe.network.model_dump(mode="json")}
    save_float16_weights(path, model, description, license=license_)
