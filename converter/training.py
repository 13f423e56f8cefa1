"""One training run in one folder: resumable, with a log of its curves.

::

    RUN/checkpoint.npz   every variable of model and optimiser after the last finished epoch
    RUN/log.csv          a line an epoch
    RUN/run.json         what was asked for
"""

import csv
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from edge_siamese.errors import DataError, EdgeSiameseError

from .checkpoints import assign_variables, load_arrays, save_arrays, variables_as_arrays

Measure = Callable[[], dict[str, float]]
CHECKPOINT = "checkpoint.npz"


def train(
    model: Any, batches: Any, *, epochs: int, folder: Path, settings: dict[str, Any], measure: Measure | None = None
) -> None:
    """Fit a compiled model, or go on with an interrupted run of the same settings in the same folder.

    Args:
        model: compiled Keras model; `batches` a Keras dataset for its ``fit``.
        epochs: the epochs of the whole run, those already done included.
        folder: the run's folder, made when absent.
        settings: what identifies the run; a folder begun with others is refused.
        measure: called after each epoch; its figures join the log.

    Raises:
        DataError: the folder holds a run with other settings.
        EdgeSiameseError: the loss is no longer finite; the last good checkpoint stays.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _claim(folder / "run.json", settings)
    done = _restore(model, folder / CHECKPOINT)
    batches.epoch = done
    batches.on_epoch_end()
    if done < epochs:
        recorder = _Recorder(folder, measure, epochs)
        with recorder.progress:
            model.fit(batches, initial_epoch=done, epochs=epochs, shuffle=False, verbose=0, callbacks=[recorder])


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
    """Load a checkpoint where there is one; return the epochs it has behind it."""
    if not path.exists():
        return 0
    arrays = load_arrays(path)
    model.optimizer.build(model.trainable_variables)
    assign_variables(model.variables, arrays, path)
    for index, variable in enumerate(model.optimizer.variables):
        variable.assign(arrays[_optimizer_key(index)])
    return int(arrays["epochs_done"])


def _optimizer_key(index: int) -> str:
    """Optimisers number their own names anew in each process, so their variables are known by place."""
    return f"optimizer/{index}"


class _Recorder(keras.callbacks.Callback):  # type: ignore[misc]
    """Progress bar, checkpoint and log line."""

    def __init__(self, folder: Path, measure: Measure | None, epochs: int) -> None:
        super().__init__()
        self.folder, self.measure, self.epochs = folder, measure, epochs
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
            raise EdgeSiameseError(
                f"{self.folder}: the loss became {loss} in batch {batch}; the checkpoint of the epoch before is kept"
            )
        self.progress.update(self.task, completed=batch + 1, total=self.params["steps"])

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        arrays = variables_as_arrays(self.model.variables) | {"epochs_done": np.asarray(epoch + 1)}
        for index, variable in enumerate(self.model.optimizer.variables):
            arrays[_optimizer_key(index)] = np.asarray(variable)
        save_arrays(self.folder / CHECKPOINT, arrays)
        line = {"epoch": epoch + 1, "seconds": time.monotonic() - self.started, **(logs or {})}
        line |= self.measure() if self.measure else {}
        self._append(line)

    def _append(self, line: dict[str, float]) -> None:
        path = self.folder / "log.csv"
        new = not path.exists()
        with path.open("a", newline="") as stream:
            writer = csv.DictWriter(stream, line)
            if new:
                writer.writeheader()
            writer.writerow({name: f"{value:.6g}" for name, value in line.items()})
        self.progress.console.print("  ".join(f"{name} {value:.4g}" for name, value in line.items()))
