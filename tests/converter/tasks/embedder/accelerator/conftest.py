"""Tiny jobs, and processes whose Keras runs on JAX."""

import csv
import gzip
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import cv2
import keras
import numpy as np
import pytest

from edge_siamese.rendering import TRAINING_SEEDS, Person, View, render_crop
from edge_siamese_converter.data.teacher import COLUMNS, FACES
from edge_siamese_converter.networks.embedder import build_embedder
from edge_siamese_converter.tasks.embedder.accelerator.augmentation_options import DeviceAugmentation
from edge_siamese_converter.tasks.embedder.accelerator.job import write_job
from edge_siamese_converter.tasks.embedder.accelerator.settings import JobPhase, JobSettings

TINY = {"stem": 4, "hidden": [[4], [8], [8]], "streams": [4, 8, 8], "last": 8, "reduced": 8, "dimension": 8}
PEOPLE, VIEWS = 6, 3

WriteJob = Callable[..., Path]
RunOnJax = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def teacher_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A teacher folder of rendered people, without rows and teacher."""
    folder = tmp_path_factory.mktemp("teacher-folder")
    rows = []
    with zipfile.ZipFile(folder / "faces-00.zip", "w") as archive:
        for index in range(PEOPLE * VIEWS):
            person = TRAINING_SEEDS[index // VIEWS]
            crop = render_crop(Person.from_seed(person), View.random(np.random.default_rng(index)))
            archive.writestr(f"{index}.png", cv2.imencode(".png", crop[..., ::-1])[1].tobytes())
            rows.append([index, "faces-00.zip", f"{index}.png", "rendered", f"person {person}", ""])
    with gzip.open(folder / FACES, "wt", newline="") as stream:
        csv.writer(stream).writerows([COLUMNS, *rows])
    return folder


@pytest.fixture
def tiny_job(teacher_folder: Path, tmp_path: Path) -> WriteJob:
    """Write a job of tiny networks; phases are given as keyword arguments of `JobPhase`."""

    def write(*phases: dict[str, object], **settings: object) -> Path:
        keras.utils.set_random_seed(0)
        slopes = any("slope_share" in phase for phase in phases)
        student = build_embedder(TINY, activation="prelu" if slopes else "relu")
        teacher = build_embedder(TINY | {"dimension": 16}, activation="prelu")
        described = JobSettings(
            network=TINY, teacher=TINY | {"dimension": 16}, precision="float32", batch_size=8,
            phases=tuple(JobPhase(**{"learning_rate": 1e-3, **phase}) for phase in phases), **settings,
        )  # fmt: skip
        directions = np.linalg.qr(np.random.default_rng(0).normal(size=(16, 8)))[0].astype(np.float32)
        folder = tmp_path / "job"
        write_job(folder, [teacher_folder], described, student=student, teacher=teacher, directions=directions)
        return folder

    return write


@pytest.fixture
def run_on_jax() -> RunOnJax:
    """Run Python with Keras on JAX; skips where JAX is not installed."""
    pytest.importorskip("jax", reason="needs JAX (the extra 'accelerator')")

    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        environment = os.environ | {"KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"}
        return subprocess.run(
            [sys.executable, *arguments], env=environment, capture_output=True, text=True, check=False
        )

    return run


NO_EFFECTS = DeviceAugmentation(**dict.fromkeys(DeviceAugmentation.__dataclass_fields__, 0.0))
