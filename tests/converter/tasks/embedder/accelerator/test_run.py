"""Jobs on the training machine: progress, resumption, limits and errors."""

import csv
from pathlib import Path

import numpy as np

from edge_siamese_converter.checkpoints import load_arrays, load_description, load_weights
from edge_siamese_converter.networks.embedder import build_embedder

from .conftest import TINY, RunOnJax, WriteJob

MODULE = "edge_siamese_converter.tasks.embedder.accelerator"


def test_a_job_lowers_the_loss_and_leaves_weights_that_the_converter_loads(
    tiny_job: WriteJob, run_on_jax: RunOnJax, tmp_path: Path
) -> None:
    job = tiny_job(
        {"images": 96, "slope_share": (1.0, 0.0), "optimizer": "muon"},
        {"images": 64, "ema_momentum": 0.9, "decay": 1.0},
        license="research",
    )
    result = run_on_jax("-m", MODULE, str(job), "--out", str(tmp_path / "run"), "--cpu")
    assert result.returncode == 0, result.stderr
    assert "finished" in result.stderr
    with (tmp_path / "run" / "log.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [(row["phase"], row["images"]) for row in rows] == [("1", "96"), ("2", "64")]
    assert all(0 <= float(row["eer"]) <= 1 for row in rows)
    weights = tmp_path / "run" / "weights.npz"
    assert load_description(weights) == TINY
    network = build_embedder(TINY)
    load_weights(weights, network)
    assert all(np.isfinite(np.asarray(variable)).all() for variable in network.weights)


def test_an_interrupted_run_continues_where_it_stopped(
    tiny_job: WriteJob, run_on_jax: RunOnJax, tmp_path: Path
) -> None:
    job, out = tiny_job({"images": 32}), tmp_path / "run"
    result = run_on_jax("-m", MODULE, str(job), "--out", str(out), "--cpu", "--images", "16")
    assert result.returncode == 0, result.stderr
    assert "interrupted; run again to continue" in result.stderr
    assert load_arrays(out / "checkpoint.npz")["['images']"] == 16
    result = run_on_jax("-m", MODULE, str(job), "--out", str(out), "--cpu", "--images", "100")
    assert "finished" in result.stderr
    assert load_arrays(out / "checkpoint.npz")["['images']"] == 32


def test_without_an_accelerator_the_cpu_has_to_be_asked_for(
    tiny_job: WriteJob, run_on_jax: RunOnJax, tmp_path: Path
) -> None:
    result = run_on_jax("-m", MODULE, str(tiny_job({"images": 8})), "--out", str(tmp_path / "run"))
    assert result.returncode == 1
    assert result.stderr.strip().endswith("--cpu trains on the CPU, which takes a hundred times as long")


def test_a_loss_that_is_not_finite_ends_the_run_with_a_sentence(
    tiny_job: WriteJob, run_on_jax: RunOnJax, tmp_path: Path
) -> None:
    job = tiny_job({"images": 10_000, "learning_rate": 1e30})
    result = run_on_jax("-m", MODULE, str(job), "--out", str(tmp_path / "run"), "--cpu")
    assert result.returncode == 1
    assert "Error: the loss became nan after" in result.stderr
    assert "Traceback" not in result.stderr
