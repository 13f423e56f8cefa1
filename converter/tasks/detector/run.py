"""Train a detector on annotated images, aligned crops and rendered faces by a recipe."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from edge_siamese.errors import DataError

from ...checkpoints import load_weights
from ...data.detection import AnnotatedImage, load_annotated
from ...networks.detector import build_detector
from ...recipes.schema import DetectorRecipe
from ...training.ema import keep_ema
from ...training.loop import train
from ...training.optimizers import optimizer_of
from ...training.precision import arithmetic
from .samples import SampleComposer
from .training import DetectorBatches, DetectorTrainer

_MOMENT_BATCHES = 32


def train_detector(
    images: Path,
    crops: npt.NDArray[np.uint8],
    folder: Path,
    recipe: DetectorRecipe,
    *,
    rendered: list[AnnotatedImage],
    portraits: Sequence[AnnotatedImage] = (),
    initial: Path | None = None,
) -> Any:
    """Train the detector and return its network.

    Args:
        images: zip of annotated images (`data.detection`).
        crops: aligned crops uint8 ``(N, 112, 112, 3)`` to paste into backgrounds.
        folder: run folder, with a subfolder for each phase; an interrupted run resumes.
        recipe: the recipe.
        rendered: rendered images with annotated faces.
        portraits: images of one or few faces (`samples.SampleComposer`).
        initial: initial weights; None for random ones.

    Raises:
        DataError: the images to train on have no faces, or none of them is without a face.
    """
    annotated = load_annotated(images, "train")
    with_faces = sum(len(one.boxes) > 0 for one in annotated)
    if not 0 < with_faces < len(annotated):
        raise DataError(
            f"{images}: expected images with faces and images without one in the split train, found {with_faces} and "
            f"{len(annotated) - with_faces}",
            path=images,
        )
    with arithmetic(recipe.precision):
        network = build_detector(recipe.sample_size, recipe.table)
    if initial:
        load_weights(initial, network)
    composer = SampleComposer(annotated, crops, rendered, recipe.sample_size, portraits)
    trainer = DetectorTrainer(network)
    for number, phase in enumerate(recipe.phases):
        optimizer = optimizer_of(phase, recipe.batches, recipe.weight_decay, clipnorm=5.0)
        trainer.compile(optimizer=optimizer, jit_compile=False)
        trainer.build((None, recipe.sample_size, recipe.sample_size, 3))
        batches = DetectorBatches(composer, recipe.batch_size, recipe.batches, seed=recipe.seed + 1000 * number)
        settings = recipe.model_dump(mode="json", exclude={"phases"})
        train(
            trainer, batches, epochs=phase.epochs, folder=folder / f"phase{number + 1}",
            settings=settings | {"phase": phase.model_dump(), "initial": str(initial)},
        )  # fmt: skip
        if phase.ema_momentum:
            samples = np.concatenate([batches[number][0] for number in range(min(len(batches), _MOMENT_BATCHES))])
            keep_ema(trainer, network, samples)
    return network
