"""Train the default detector from annotated pictures, aligned crops and rendered faces."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from .checkpoints import load_weights
from .datasets.detection import AnnotatedPicture, load_annotated
from .detection_samples import SampleComposer
from .detector_training import DetectorBatches, DetectorTrainer
from .distillation import WarmupStableDecay
from .networks.detector import build_detector
from .precision import arithmetic
from .training import train

SAMPLE_SIZE = 256


def train_detector(
    pictures: Path,
    crops: npt.NDArray[np.uint8],
    folder: Path,
    *,
    rendered: list[AnnotatedPicture],
    epochs: int = 20,
    batches: int = 200,
    batch_size: int = 32,
    rate: float = 2e-3,
    warmup: float = 0.02,
    decay: float = 0.3,
    initial: Path | None = None,
) -> Any:
    """Train the detector and return its network.

    Args:
        pictures: zip of annotated pictures (`datasets.detection`).
        crops: aligned crops to paste into backgrounds.
        folder: run folder; an interrupted run goes on.
        rendered: rendered pictures with their faces.
        epochs, batches, batch_size, rate, warmup, decay: the schedule.
        initial: weights to begin from.
    """
    with arithmetic("auto"):
        network = build_detector(SAMPLE_SIZE)
    if initial:
        load_weights(initial, network)
    composer = SampleComposer(load_annotated(pictures, "train"), crops, rendered, SAMPLE_SIZE)
    trainer = DetectorTrainer(network)
    schedule = WarmupStableDecay(rate, epochs * batches, warmup, decay)
    optimizer = keras.optimizers.AdamW(schedule, weight_decay=0.01, clipnorm=5.0)
    trainer.compile(optimizer=optimizer, jit_compile=False)
    trainer.build((None, SAMPLE_SIZE, SAMPLE_SIZE, 3))
    settings = {
        "epochs": epochs, "batches": batches, "batch_size": batch_size, "rate": rate, "warmup": warmup, "decay": decay,
        "initial": str(initial), "rendered": len(rendered),
    }  # fmt: skip
    train(trainer, DetectorBatches(composer, batch_size, batches), epochs=epochs, folder=folder, settings=settings)
    return network
