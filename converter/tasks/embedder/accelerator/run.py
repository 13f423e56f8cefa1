"""Run a job: phases of compiled steps with checkpoints, validation and a time limit.

::

    OUT/checkpoint.npz   state of the running phase, written every minute
    OUT/weights.npz      float16 weights (their EMA), written at every validation
    OUT/log.csv          one row per validation
"""

import csv
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from edge_siamese.errors import EdgeSiameseError

from ....checkpoints import load_weights, save_float16_weights
from ....networks.embedder import build_embedder
from ....networks.mobilefacenet import set_slope_share
from ....quantization.parity import verification_metrics
from ....training.ema import measure_moments
from ....training.precision import arithmetic
from ..teacher_cut.slopes import without_slopes
from .checkpoint import load_checkpoint, load_phase, save_checkpoint
from .job import STUDENT, TEACHER, Job
from .step import Data, State, TrainingStep, slope_share, teacher_targets, weights_of

_COLUMNS = ("phase", "images", "loss", "cosine", "gradient")
CHECKPOINT, WEIGHTS, LOG = "checkpoint.npz", "weights.npz", "log.csv"
_SMALLEST_BATCH = 8
_ROWS_AT_ONCE = 512


@dataclass(frozen=True, kw_only=True)
class Limits:
    """When to stop, save and report.

    Attributes:
        seconds, images: stop after this time, or this number of images; the next run of the same job continues.
        checkpoint_seconds: time between checkpoints.
        validation_seconds: time between validations.
        steps_per_call: steps of one compiled call.
    """

    seconds: float = float("inf")
    images: float = float("inf")
    checkpoint_seconds: float = 60.0
    validation_seconds: float = 120.0
    steps_per_call: int = 25


@dataclass
class _DueTimes:
    """Due times that count from the last time something was done."""

    now: Callable[[], float]
    last: dict[str, float] = field(default_factory=dict)

    def due(self, name: str, seconds: float) -> bool:
        moment = self.now()
        if moment - self.last.setdefault(name, moment) < seconds:
            return False
        self.last[name] = moment
        return True


class JobRun:
    """Trains the student of a job.

    Args:
        job: the job.
        out: run folder; an interrupted run of the same job resumes.
        limits: when to stop, save and report.
        report: called with each line of progress.
        now: clock in seconds.
    """

    def __init__(
        self,
        job: Job,
        out: Path,
        limits: Limits,
        report: Callable[[str], None],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.job, self.out, self.limits, self.report = job, out, limits, report
        self._due, self._start, self._now = _DueTimes(now), now(), now
        self._validated, self._trained = (-1, -1), 0
        self.batch = job.settings.batch_size
        settings = job.settings
        with arithmetic(settings.precision):
            self.student = build_embedder(settings.network, activation="prelu" if settings.has_slopes else "relu")
            self.teacher = build_embedder(settings.teacher, activation="prelu")
        load_weights(job.folder / STUDENT, self.student)
        load_weights(job.folder / TEACHER, self.teacher)

    def run(self) -> bool:
        """Train until all phases are finished or the time is over; returns whether all are finished.

        Raises:
            DataError: the job or its checkpoint cannot be read.
            EdgeSiameseError: the loss is not finite, or the device's memory is too small for any batch.
        """
        self.out.mkdir(parents=True, exist_ok=True)
        crops = self.job.crops()
        data = self._data(crops[~self.job.validation])
        for number in range(load_phase(self.out / CHECKPOINT), len(self.job.settings.phases)):
            if not self._run_phase(number, data, crops):
                return False
        return True

    def _data(self, crops: Any) -> Data:
        directions = jnp.asarray(self.job.directions())
        weights, teach = weights_of(self.teacher), jax.jit(partial(teacher_targets, self.teacher))
        rows = [
            np.asarray(teach(weights, jnp.asarray(crops[first : first + _ROWS_AT_ONCE], jnp.float32), directions))
            for first in range(0, len(crops), _ROWS_AT_ONCE)
        ]
        shuffled = np.random.default_rng(0).permutation(np.concatenate(rows))
        self.report(f"{len(crops):,} training crops in device memory, {self._now() - self._start:.0f} s")
        return Data(jnp.asarray(crops), jnp.asarray(shuffled), directions)

    def _run_phase(self, number: int, data: Data, crops: Any) -> bool:
        phase = self.job.settings.phases[number]
        step = TrainingStep(self.student, self.teacher, self.job.settings, phase)
        state = step.initial_state()
        path = self.out / CHECKPOINT
        if path.exists() and load_phase(path) == number:
            state = load_checkpoint(path, state)
        while (done := int(state["images"])) < phase.images and not self._over():
            started = self._now()
            state, metrics = self._steps(step, state, data, phase.images - done)
            self._require_finite(metrics, done)
            trained = int(state["images"]) - done
            self._trained += trained
            speed = trained / max(self._now() - started, 1e-9)
            if self._due.due("checkpoint", self.limits.checkpoint_seconds):
                save_checkpoint(path, state, number)
                figures = "  ".join(f"{name} {value:.4g}" for name, value in metrics.items())
                self.report(f"phase {number + 1}: {int(state['images']):,} images, {speed:,.0f} images/s  {figures}")
            if self._due.due("validation", self.limits.validation_seconds):
                self._validate(number, state, metrics, crops)
        finished = int(state["images"]) >= phase.images
        self._validate(number, state, {}, crops)  # the next phase begins from the weights that are left in the student
        if not finished or number + 1 == len(self.job.settings.phases):
            save_checkpoint(path, state, number)
        else:
            next_step = TrainingStep(
                self.student, self.teacher, self.job.settings, self.job.settings.phases[number + 1]
            )
            save_checkpoint(path, next_step.initial_state(), number + 1)
        return finished

    def _steps(self, step: TrainingStep, state: State, data: Data, left: float) -> tuple[State, dict[str, float]]:
        """Some steps; a smaller batch if the device has too little memory."""
        while True:
            left = min(left, self.limits.images - self._trained)
            count = max(1, math.ceil(min(self.limits.steps_per_call, left / self.batch)))
            try:
                state, metrics = step.run(state, data, batch=self.batch, count=count)
                return state, {name: float(value) for name, value in metrics.items()}
            except jax.errors.JaxRuntimeError as error:
                if "RESOURCE_EXHAUSTED" not in str(error):
                    raise
                if self.batch // 2 < _SMALLEST_BATCH:
                    raise EdgeSiameseError(
                        f"the memory of {jax.devices()[0].device_kind} is too small for {len(data.crops):,} crops and a "
                        f"batch of {self.batch}"
                    ) from error
                self.batch //= 2
                self.report(f"the device's memory is exhausted: the batch is now {self.batch}")

    def _require_finite(self, metrics: dict[str, float], done: int) -> None:
        if not np.isfinite(metrics["loss"]):
            kept = (
                f"{self.out / CHECKPOINT} is kept" if (self.out / CHECKPOINT).exists() else "there is no checkpoint yet"
            )
            raise EdgeSiameseError(f"the loss became {metrics['loss']} after {done:,} images of this phase; {kept}")

    def _over(self) -> bool:
        return self._now() - self._start >= self.limits.seconds or self._trained >= self.limits.images

    def _keep(self, state: State, *, averaged: bool) -> None:
        """Give the student copies of the weights of a state, or of their EMA: Keras deletes arrays after predicting."""
        for variable, value in zip(
            self.student.trainable_variables, state["ema" if averaged else "trainable"], strict=True
        ):
            variable.assign(jnp.array(value))
        for variable, value in zip(self.student.non_trainable_variables, state["other"], strict=True):
            variable.assign(jnp.array(value))

    def _validate(self, number: int, state: State, metrics: dict[str, float], crops: Any) -> None:
        """Measure the validation people, write the weights and add a row to the log; the state is not changed."""
        moment = number, int(state["images"])
        if moment == self._validated:
            return
        self._validated = moment
        phase = self.job.settings.phases[number]
        self._keep(state, averaged=phase.ema_momentum > 0)
        share = float(slope_share(phase, state["images"]))
        set_slope_share(self.student, share)
        if phase.ema_momentum > 0:
            measure_moments(self.student, crops[~self.job.validation])
        known = np.unique(self.job.identities[self.job.validation], return_inverse=True)[1].astype(np.int64)
        figures = verification_metrics(self.student, crops[self.job.validation], known)
        row = {"phase": number + 1, "images": int(state["images"]), **metrics, **figures}
        self.report("  ".join(f"{name} {value:.4g}" for name, value in row.items()))
        self._append(row)
        settings = self.job.settings
        network = without_slopes(self.student) if settings.has_slopes and share == 0 else self.student
        save_float16_weights(self.out / WEIGHTS, network, settings.network, license=settings.license)

    def _append(self, row: dict[str, Any]) -> None:
        path = self.out / LOG
        names = [*_COLUMNS, *sorted(set(row) - set(_COLUMNS))]
        new = not path.exists()
        with path.open("a", newline="") as stream:
            writer = csv.DictWriter(stream, names, restval="")
            if new:
                writer.writeheader()
            writer.writerow(row)
