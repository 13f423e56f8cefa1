"""Resumable training loop with checkpoints and a log in a run folder.

::

    RUN/checkpoint.npz   every variable of model and optimizer after the last finished epoch
    RUN/best.npz         arrays of the best epoch, if the run has a `Watch`
    RUN/log.csv          one row per epoch
    RUN/run.json         settings of the run
    RUN/tensorboard      event files for TensorBoard, if enabled
    RUN/bad-batch.npz    the batch after which the loss was not finite
"""

import csv
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from edge_siamese.errors import DataError, EdgeSiameseError

from ..checkpoints import assign_variables, load_arrays, save_arrays, variables_as_arrays

Measure = Callable[[], dict[str, float]]
CHECKPOINT, BEST, LOG = "checkpoint.npz", "best.npz", "log.csv"


@dataclass(frozen=True)
class Watch:
    """Metric that selects the best epoch.

    Attributes:
        figure: key of the result of `measure`; higher is better.
        keep: returns the arrays to save in ``best.npz`` after the best epoch.
        patience: stop after this number of epochs without improvement; None disables early stopping.
    """

    figure: str
    keep: Callable[[], dict[str, Any]]
    patience: int | None = None


def train(
    model: Any,
    batches: Any,
    *,
    epochs: int,
    folder: Path,
    settings: dict[str, Any],
    measure: Measure | None = None,
    watch: Watch | None = None,
    tensorboard: bool = False,
    callbacks: Sequence[Any] = (),
) -> None:
    """Fit a compiled model, or resume an interrupted run with the same settings in the same folder.

    Args:
        model: compiled Keras model; `batches` a Keras dataset for its ``fit``.
        epochs: number of epochs of the whole run, including finished ones.
        folder: run folder, created if it does not exist.
        settings: identify the run; a folder with other settings is an error.
        measure: called after each epoch; its metrics are added to the log.
        watch: keep the best epoch and stop early.
        tensorboard: also write event files.
        callbacks: further Keras callbacks.

    Raises:
        DataError: the folder contains a run with other settings.
        EdgeSiameseError: the loss is not finite; the last checkpoint is kept and the batch is saved.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _claim(folder / "run.json", settings)
    done = _restore(model, folder / CHECKPOINT)
    batches.epoch = done
    batches.on_epoch_end()
    recorder = _Recorder(folder, batches, measure, epochs, watch, tensorboard)
    if done < epochs and not recorder.out_of_patience(done):
        with recorder.progress:
            model.fit(
                batches, initial_epoch=done, epochs=epochs, shuffle=False, verbose=0, callbacks=[*callbacks, recorder]
            )


def read_log(folder: Path) -> list[dict[str, float]]:
    """Read the rows of ``log.csv`` of a run; empty before the end of the first epoch."""
    path = folder / LOG
    if not path.exists():
        return []
    with path.open(newline="") as stream:
        return [{name: float(value) for name, value in line.items()} for line in csv.DictReader(stream)]


def _claim(path: Path, settings: dict[str, Any]) -> None:
    if path.exists():
        begun = json.loads(path.read_text())
        different = sorted(key for key in {*begun, *settings} if begun.get(key) != settings.get(key))
        if different:
            raise DataError(
                f"{path}: this run was begun with another {different[0]} ({begun.get(different[0])!r}, "
                f"now {settings.get(different[0])!r}); choose another output folder"
            )
    path.write_text(json.dumps(settings, indent=2) + "\n")


def _restore(model: Any, path: Path) -> int:
    """Load the checkpoint if there is one; return the number of finished epochs."""
    if not path.exists():
        return 0
    arrays = load_arrays(path)
    model.optimizer.build(model.trainable_variables)
    assign_variables([variable for variable in model.variables if not _is_numbered(variable)], arrays, path)
    for key, variable in _by_place(model):
        variable.assign(arrays[key])
    return int(arrays["epochs_done"])


def _by_place(model: Any) -> Iterator[tuple[str, Any]]:
    """Yield the variables of optimizer and random generators with names by position, as Keras names are not stable."""
    for place, variable in enumerate(model.optimizer.variables):
        yield f"optimizer/{place}", variable
    for place, variable in enumerate(filter(_is_numbered, model.variables)):
        yield f"generator/{place}", variable


def _is_numbered(variable: Any) -> bool:
    return "seed_generator" in variable.path


class _Recorder(keras.callbacks.Callback):  # type: ignore[misc]
    """Shows progress, writes checkpoint and log, and stops a run that no longer improves."""

    def __init__(
        self, folder: Path, batches: Any, measure: Measure | None, epochs: int, watch: Watch | None, tensorboard: bool
    ) -> None:
        super().__init__()
        self.folder, self.batches, self.measure, self.watch = folder, batches, measure, watch
        self.epochs, self.tensorboard = epochs, tensorboard
        self.progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True, soft_wrap=True),
        )
        self.task = self.progress.add_task("training")

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self.started = time.monotonic()
        self.progress.update(self.task, description=f"epoch {epoch + 1}/{self.epochs}", completed=0)

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        loss = (logs or {}).get("loss", 0.0)
        if not np.isfinite(loss):
            bad = self.folder / "bad-batch.npz"
            save_arrays(bad, _flat("", self.batches[batch]))
            raise EdgeSiameseError(
                f"{self.folder}: the loss became {loss} in batch {batch}, which is kept as {bad.name}; the checkpoint of "
                "the epoch before is kept, too"
            )
        self.progress.update(self.task, completed=batch + 1, total=self.params["steps"])

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        metrics = {"epoch": epoch + 1, "seconds": time.monotonic() - self.started, **(logs or {})}
        metrics |= self.measure() if self.measure else {}
        before = read_log(self.folder)
        if self.watch and all(metrics[self.watch.figure] > line[self.watch.figure] for line in before):
            save_arrays(self.folder / BEST, self.watch.keep() | {"epochs_done": np.asarray(epoch + 1)})
        self._save_checkpoint(epoch + 1)
        self._append(metrics)
        if self.out_of_patience(epoch + 1):
            self.model.stop_training = True

    def out_of_patience(self, done: int) -> bool:
        """Check whether the best of the `done` epochs is more than `patience` epochs ago."""
        log = read_log(self.folder)[:done]
        if not self.watch or self.watch.patience is None or not log:
            return False
        best = max(range(len(log)), key=lambda place: (log[place][self.watch.figure], -place))  # type: ignore[union-attr]
        return len(log) - 1 - best >= self.watch.patience

    def _save_checkpoint(self, done: int) -> None:
        named = [variable for variable in self.model.variables if not _is_numbered(variable)]
        placed = {key: np.asarray(variable) for key, variable in _by_place(self.model)}
        save_arrays(self.folder / CHECKPOINT, variables_as_arrays(named) | placed | {"epochs_done": np.asarray(done)})

    def _append(self, metrics: dict[str, float]) -> None:
        path = self.folder / LOG
        new = not path.exists()
        with path.open("a", newline="") as stream:
            writer = csv.DictWriter(stream, metrics)
            if new:
                writer.writeheader()
            writer.writerow({name: f"{value:.6g}" for name, value in metrics.items()})
        if self.tensorboard:
            _write_events(self.folder / "tensorboard", metrics)
        self.progress.console.print("  ".join(f"{name} {value:.4g}" for name, value in metrics.items()))


def _write_events(folder: Path, metrics: dict[str, float]) -> None:
    import tensorflow as tf

    writer = tf.summary.create_file_writer(str(folder))
    with writer.as_default(step=int(metrics["epoch"])):
        for name, value in metrics.items():
            tf.summary.scalar(name, value)
    writer.close()


def _flat(name: str, batch: Any) -> dict[str, Any]:
    """Flatten nested tuples and dicts to arrays named by their position."""
    if isinstance(batch, dict | tuple | list):
        items = batch.items() if isinstance(batch, dict) else enumerate(batch)
        return {key: array for part, value in items for key, array in _flat(f"{name}/{part}", value).items()}
    return {name.lstrip("/"): np.asarray(batch)}
