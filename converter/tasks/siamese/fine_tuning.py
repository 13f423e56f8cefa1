"""Fine-tune the shipped embedder on new people with a margin softmax and an anchor to its original embeddings.

An additive-margin softmax separates the people, while a second loss keeps each embedding near its original value, so that
few people change the embedding space only where needed.
"""

from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import keras

from edge_siamese.errors import DataError

from ...checkpoints import load_description, load_weights
from ...data.labeled import LabeledImages
from ...embeddings import embed_float
from ...networks.embedder import build_embedder
from ...training.loop import Measure, train
from ...training.optimizers import WarmupStableDecay
from ..embedder.distillation import DistillationBatches, Distiller, FaceSource

BATCH_SIZE = 32


def shipped_weights(task: str) -> Path:
    """Return the path of the shipped float weights of a task."""
    with as_file(files("edge_siamese_converter") / "weights" / f"{task}.npz") as path:
        return path


def load_twin(path: Path) -> Any:
    """Load a twin that `checkpoints.save_float16_weights` wrote.

    Raises:
        DataError: the file is missing, of another kind, or of another network.
    """
    description = load_description(path)
    try:
        network = build_embedder(description)
    except DataError as error:
        raise DataError(
            f"{path}: expected weights of an embedder, found those of {description} ({error})", path=path
        ) from error
    load_weights(path, network)
    return network


def fine_tune(
    network: Any,
    people: LabeledImages,
    folder: Path,
    *,
    epochs: int = 8,
    learning_rate: float = 1e-4,
    seed: int = 0,
    measure: Measure | None = None,
    tensorboard: bool = False,
) -> None:
    """Train `network` in place on aligned face crops; an interrupted run in `folder` resumes.

    Batch normalization is frozen, because its statistics are unreliable on small data sets.
    """
    labels = people.labels()
    before = embed_float(network, people.images)
    batches = DistillationBatches(FaceSource(people.images, before, labels), BATCH_SIZE, before.shape[1], seed=seed)
    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.trainable = False
    tuner = Distiller(network, before, people=int(labels.max()) + 1)
    schedule = WarmupStableDecay(learning_rate, epochs * len(batches), warmup=0.1, decay=0.5)
    tuner.compile(optimizer=keras.optimizers.AdamW(schedule, weight_decay=0.0), jit_compile=False)
    tuner.build((None, *network.input_shape[1:]))
    settings = {"epochs": epochs, "learning_rate": learning_rate, "seed": seed, "people": people.digest}
    train(tuner, batches, epochs=epochs, folder=folder, settings=settings, measure=measure, tensorboard=tensorboard)
