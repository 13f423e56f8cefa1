"""Train a siamese network by its recipe, with validation after every epoch."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from edge_siamese.errors import DataError
from edge_siamese.evaluation.metrics import ErrorCurve, error_curve
from edge_siamese.evaluation.pairs import IndexPairs

from ...augmentation.image import create_augmentation
from ...checkpoints import assign_variables
from ...data.bottlenecks import cached_bottlenecks, digest_of
from ...data.labeled import LabeledImages
from ...distances import distance
from ...recipes.siamese import Optimizer, SiameseRecipe
from ...registry import lookup
from ...training.ema import ema_weights
from ...training.loop import BEST, Watch, train
from ...training.losses import LOSSES, create_loss
from ...training.samplers import SAMPLERS, create_sampler
from .batches import ClassBatches, PairBatches
from .network import Embeddings, SiameseNetwork
from .pair_model import BatchTrainer, PairTrainer

FIGURE, BOTTLENECKS = "auc", "bottlenecks.npz"
_MAX_PAIRS = 200_000


def train_siamese(
    recipe: SiameseRecipe,
    model: SiameseNetwork,
    training: LabeledImages,
    validation: LabeledImages,
    folder: Path,
    *,
    tensorboard: bool = False,
) -> None:
    """Train network and head in place; keeps the weights of the epoch with the best validation AUC, or of the last.

    Args:
        recipe: the recipe.
        model: the network, from `network.build`.
        training, validation: class-disjoint images.
        folder: run folder, also for the bottlenecks of a frozen network; an interrupted run resumes.
        tensorboard: write event files.

    Raises:
        DataError: loss, sampler and data do not fit together, or the folder contains another run.
        EdgeSiameseError: the loss is not finite.
    """
    frozen, fixed = _bottlenecks(model, training, validation, folder) if recipe.network.frozen else (None, None)
    batches = _batches(recipe, model, training, frozen)
    trainer = _trainer(recipe, model, len(training.classes))
    trainer.compile(optimizer=_optimizer(recipe, len(batches)), jit_compile=False)
    trainer.build((None, *batches[0][0].shape[1:]))
    pairs = verification_pairs(validation.labels(), validation.content_digests)
    best = recipe.training.keep == "best"

    def measure() -> dict[str, float]:
        with ema_weights(trainer):
            embeddings = model.embed(validation.images) if fixed is None else fixed
            return metrics_of(scored(model, embeddings, pairs))

    def keep() -> dict[str, Any]:
        with ema_weights(trainer):
            return model.arrays()

    train(
        trainer, batches, epochs=recipe.training.epochs, folder=folder,
        settings=recipe.model_dump(mode="json") | {"data": training.digest}, measure=measure,
        watch=Watch(FIGURE, keep, recipe.training.patience) if best else None, tensorboard=tensorboard,
    )  # fmt: skip
    if best:
        model.load(folder / BEST)
    else:
        assign_variables(model.weights, keep(), folder)


def verification_pairs(
    labels: npt.NDArray[np.int64], digests: list[str] | None = None, *, maximum: int = _MAX_PAIRS
) -> IndexPairs:
    """Return all pairs of images with classes ``(N,)``, or at most `maximum` pairs, half genuine and half impostor.

    Raises:
        DataError: there are no genuine or no impostor pairs.
    """
    if len(labels) * (len(labels) - 1) // 2 > maximum:
        drawn: IndexPairs = create_sampler(
            "fixed-count", labels, digests=digests, genuine=maximum // 2, impostor=maximum // 2
        ).epoch(1)
        return drawn
    first, second = np.triu_indices(len(labels), 1)
    return IndexPairs(np.stack([first, second], 1).astype(np.int64), labels[first] == labels[second])


def scored(model: SiameseNetwork, embeddings: Embeddings, pairs: IndexPairs) -> ErrorCurve:
    """Compute the error curve of pairs of embeddings ``(N, D)``."""
    scores = model.comparison.of_pairs(*(embeddings[side] for side in pairs.index.T))
    return error_curve(scores[pairs.is_genuine], scores[~pairs.is_genuine])


def metrics_of(curve: ErrorCurve) -> dict[str, float]:
    """Return AUC and EER of an error curve."""
    return {FIGURE: curve.auc, "eer": curve.eer}


def _bottlenecks(
    model: SiameseNetwork, training: LabeledImages, validation: LabeledImages, folder: Path
) -> tuple[Embeddings, Embeddings]:
    """Return the embeddings of a frozen network for both sides, from the cache of the run if present."""
    finish = {"equal_lengths": model.equal_lengths, "average_flip": model.average_flip}
    digest = digest_of(model.network, model.normalization.to_json() | finish)

    def computed(images: LabeledImages) -> Embeddings:
        return cached_bottlenecks(images, model.embed, folder / BOTTLENECKS, network_digest=digest)

    return computed(training), computed(validation)


def _batches(recipe: SiameseRecipe, model: SiameseNetwork, training: LabeledImages, frozen: Embeddings | None) -> Any:
    labels = training.labels()
    options = dict(recipe.sampler.options)
    kind = lookup("sampler", recipe.sampler.name, SAMPLERS).kind
    expected = "batches" if lookup("loss", recipe.loss.name, LOSSES).kind == "batch" else "pairs"
    if kind != expected:
        raise DataError(
            f"loss {recipe.loss.name} learns from {expected}, the sampler {recipe.sampler.name} gives {kind}"
        )
    sampler = create_sampler(recipe.sampler.name, labels, seed=recipe.seed, digests=training.content_digests, **options)
    augmentation = None
    if recipe.augmentation and frozen is None:
        augmentation = create_augmentation(recipe.augmentation.name, **recipe.augmentation.options)
    inputs: npt.NDArray[Any] = training.images if frozen is None else frozen
    prepare = model.normalization if frozen is None else _identity
    shared: dict[str, Any] = {"prepare": prepare, "augmentation": augmentation, "seed": recipe.seed}
    if kind == "batches":
        return ClassBatches(inputs, labels, sampler, **shared)
    embed = (lambda: model.embed(training.images)) if frozen is None else (lambda: frozen)
    return PairBatches(inputs, sampler, recipe.training.batch_size, embed=embed, **shared)


def _identity(embeddings: Embeddings) -> Embeddings:
    return embeddings


def _trainer(recipe: SiameseRecipe, model: SiameseNetwork, classes: int) -> Any:
    entry = lookup("loss", recipe.loss.name, LOSSES)
    network, head = model.network, model.comparison.head
    dimension = network.output_shape[-1] if entry.prototypes else 0
    loss = create_loss(
        recipe.loss.name, classes=classes if entry.prototypes else 0, dimension=dimension, **recipe.loss.options
    )
    if entry.kind == "batch":
        return BatchTrainer(network, loss)
    if entry.kind == "logit" and head is None:
        raise DataError(f"loss {recipe.loss.name} needs a head; the recipe has none")
    compare = head if entry.kind == "logit" else distance(recipe.loss.distance)
    return PairTrainer(None if recipe.network.frozen else network, compare, loss)


def _optimizer(recipe: SiameseRecipe, steps: int) -> Any:
    chosen: Optimizer = recipe.training.optimizer
    learning_rate: Any = chosen.learning_rate
    if chosen.schedule == "cosine":
        learning_rate = keras.optimizers.schedules.CosineDecay(chosen.learning_rate, recipe.training.epochs * steps)
    kinds = {
        "adam": keras.optimizers.Adam,
        "adamw": keras.optimizers.AdamW,
        "rmsprop": keras.optimizers.RMSprop,
        "sgd": keras.optimizers.SGD,
    }
    averaged = {"use_ema": True, "ema_momentum": recipe.training.ema_momentum} if recipe.training.ema_momentum else {}
    return kinds[chosen.name](learning_rate, weight_decay=chosen.weight_decay or None, **averaged)
