"""Distil the default embedder from a teacher folder."""

from pathlib import Path
from typing import Any

import keras
import numpy as np

from .checkpoints import load_weights
from .datasets.rendered import rendered_faces
from .datasets.teacher import load_teacher_faces
from .distillation import DistillationBatches, Distiller, FaceSource, WarmupStableDecay
from .networks.mobilenetv3 import DIMENSION, build_twin
from .quantisation.parity import verification_figures
from .training import train

VIEWS_OF_RENDERED = 6


def distil(
    data: Path,
    folder: Path,
    *,
    epochs: int = 24,
    batch_size: int = 128,
    rate: float = 1.5e-3,
    warmup: float = 0.02,
    decay: float = 0.3,
    initial: Path | None = None,
    rendered_people: int = 0,
) -> Any:
    """Train the twin on a teacher folder and return it.

    Args:
        data: teacher folder (`datasets.teacher`).
        folder: run folder; an interrupted run goes on.
        epochs, batch_size, rate, warmup, decay: the schedule of `WarmupStableDecay`.
        initial: weights to begin from instead of random ones.
        rendered_people: how many rendered people to tell apart beside.
    """
    faces = load_teacher_faces(data, DIMENSION)
    network = build_twin()
    if initial:
        load_weights(initial, network)
    learnt = ~faces.validation
    rendered = rendered_faces(rendered_people, VIEWS_OF_RENDERED) if rendered_people else None
    source = FaceSource(faces.crops[learnt], faces.targets[learnt])
    batches = DistillationBatches(source, batch_size, DIMENSION, beside=rendered)
    distiller = Distiller(network, faces.targets[learnt], people=rendered_people)
    schedule = WarmupStableDecay(rate, epochs * len(batches), warmup, decay)
    distiller.compile(optimizer=keras.optimizers.AdamW(schedule, weight_decay=0.02), jit_compile=False)
    distiller.build((None, *network.input_shape[1:]))
    people = np.unique(np.asarray(faces.identities)[faces.validation], return_inverse=True)[1].astype(np.int64)
    settings = {
        "epochs": epochs, "batch_size": batch_size, "rate": rate, "warmup": warmup, "decay": decay,
        "initial": str(initial), "rendered_people": rendered_people,
    }  # fmt: skip
    train(
        distiller, batches, epochs=epochs, folder=folder, settings=settings,
        measure=lambda: verification_figures(network, faces.crops[faces.validation], people),
    )  # fmt: skip
    return network
