import resource
import signal
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from edge_siamese.errors import DataError, EdgeSiameseError
from edge_siamese_converter.checkpoints import load_arrays
from edge_siamese_converter.training.loop import Watch, read_log, train


class Batches(keras.utils.PyDataset):
    """Fixed batches that depend on the epoch, as the real ones do."""

    def __init__(self, poison: bool = False) -> None:
        super().__init__()
        self.epoch, self.poison = 0, poison

    def __len__(self) -> int:
        return 3

    def on_epoch_end(self) -> None:
        self.epoch += 1

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        rng = np.random.default_rng((self.epoch, index))
        x = rng.normal(size=(4, 2)).astype("f4")
        return x, x.sum(1, keepdims=True) * (np.nan if self.poison else 1)


def model() -> Any:
    keras.utils.set_random_seed(1)
    network = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, name="dense")], name="tiny")
    network.compile(optimizer=keras.optimizers.Adam(0.1), loss="mse")
    return network


def test_an_interrupted_run_ends_where_an_uninterrupted_one_does(tmp_path: Path) -> None:
    whole, first, second = model(), model(), model()
    train(whole, Batches(), epochs=4, folder=tmp_path / "whole", settings={"a": 1})
    train(first, Batches(), epochs=2, folder=tmp_path / "parts", settings={"a": 1})
    train(second, Batches(), epochs=4, folder=tmp_path / "parts", settings={"a": 1})
    for a, b in zip(whole.get_weights(), second.get_weights(), strict=True):
        assert a == pytest.approx(b, abs=1e-6)
    assert len((tmp_path / "parts" / "log.csv").read_text().splitlines()) == 1 + 4


def test_a_finished_run_is_not_run_again(tmp_path: Path) -> None:
    train(model(), Batches(), epochs=1, folder=tmp_path, settings={})
    train(model(), Batches(), epochs=1, folder=tmp_path, settings={})
    assert len((tmp_path / "log.csv").read_text().splitlines()) == 1 + 1


def test_a_folder_of_another_run_is_refused(tmp_path: Path) -> None:
    train(model(), Batches(), epochs=1, folder=tmp_path, settings={"learning_rate": 1})
    with pytest.raises(DataError, match=r"begun with another learning_rate \(1, now 2\)"):
        train(model(), Batches(), epochs=1, folder=tmp_path, settings={"learning_rate": 2})


def test_a_loss_that_is_not_a_number_stops_and_keeps_the_last_good_checkpoint(tmp_path: Path) -> None:
    train(model(), Batches(), epochs=1, folder=tmp_path, settings={})
    good = (tmp_path / "checkpoint.npz").read_bytes()
    with pytest.raises(EdgeSiameseError, match="the loss became nan in batch 0"):
        train(model(), Batches(poison=True), epochs=2, folder=tmp_path, settings={})
    assert (tmp_path / "checkpoint.npz").read_bytes() == good
    assert np.isnan(load_arrays(tmp_path / "bad-batch.npz")["1"]).all()


def test_a_full_disk_keeps_the_last_good_checkpoint(tmp_path: Path) -> None:
    train(model(), Batches(), epochs=1, folder=tmp_path, settings={})
    good = (tmp_path / "checkpoint.npz").read_bytes()
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, before[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            train(model(), Batches(), epochs=2, folder=tmp_path, settings={})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert (tmp_path / "checkpoint.npz").read_bytes() == good
    assert sorted(path.name for path in tmp_path.iterdir()) == ["checkpoint.npz", "log.csv", "run.json"]


def watched(folder: Path, metrics: list[float], *, epochs: int, patience: int | None = 2) -> None:
    done = len(read_log(folder))
    values = iter(metrics[done:])
    watch = Watch("auc", dict, patience)
    train(
        model(),
        Batches(),
        epochs=epochs,
        folder=folder,
        settings={},
        measure=lambda: {"auc": next(values)},
        watch=watch,
    )


def test_a_watched_run_keeps_its_best_epoch_and_stops_without_a_better_one(tmp_path: Path) -> None:
    watched(tmp_path, [0.6, 0.8, 0.7, 0.8, 0.9], epochs=5)
    assert [line["auc"] for line in read_log(tmp_path)] == [0.6, 0.8, 0.7, 0.8]
    assert load_arrays(tmp_path / "best.npz")["epochs_done"] == 2


def test_a_run_that_stopped_early_stays_stopped(tmp_path: Path) -> None:
    for _ in range(2):
        watched(tmp_path, [0.6, 0.5, 0.4, 0.9], epochs=4)
    assert len(read_log(tmp_path)) == 3


def test_patience_counts_over_an_interruption(tmp_path: Path) -> None:
    watched(tmp_path, [0.6, 0.5], epochs=2)
    watched(tmp_path, [0.6, 0.5, 0.4, 0.9], epochs=4)
    assert len(read_log(tmp_path)) == 3


def test_without_patience_a_run_goes_to_its_end(tmp_path: Path) -> None:
    watched(tmp_path, [0.6, 0.5, 0.4, 0.3], epochs=4, patience=None)
    assert len(read_log(tmp_path)) == 4


def test_curves_for_tensorboard(tmp_path: Path) -> None:
    from tensorflow.python.summary.summary_iterator import summary_iterator

    train(model(), Batches(), epochs=2, folder=tmp_path, settings={}, measure=lambda: {"auc": 0.5}, tensorboard=True)
    events = [event for path in sorted((tmp_path / "tensorboard").iterdir()) for event in summary_iterator(str(path))]
    assert {(event.step, value.tag) for event in events for value in event.summary.value if value.tag == "auc"} == {
        (1, "auc"),
        (2, "auc"),
    }


def test_the_measures_join_the_log(tmp_path: Path) -> None:
    train(model(), Batches(), epochs=1, folder=tmp_path, settings={}, measure=lambda: {"auc": 0.75})
    header, line = (tmp_path / "log.csv").read_text().splitlines()
    assert dict(zip(header.split(","), line.split(","), strict=True))["auc"] == "0.75"
