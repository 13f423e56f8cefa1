"""Counting, predicting and checking, from words of the command line to a report."""

from pathlib import Path

import pytest

from edge_siamese.arm_cost import parse_cores, read_operators
from edge_siamese.errors import DataError
from edge_siamese_benchmarks.arm.budget import Budget
from edge_siamese_benchmarks.arm.counting import CountingRun
from edge_siamese_benchmarks.arm.layers import counted_breakdowns
from edge_siamese_benchmarks.arm.session import check_budget, count, predict_models
from edge_siamese_benchmarks.arm.subjects import Image, resolve

from .conftest import STEP, HostRig

A72 = parse_cores("a72")
CALL = 6_170.0


def test_a_count_with_predicted_shares(host_rig: HostRig) -> None:
    report = count(resolve(["embedder-small"]), A72, Image.rendered(160, 120), host_rig, repeat=1)  # type: ignore[arg-type]
    assert [row.name for row in report.rows] == ["embedder-small"]
    assert report.rows[0].instructions == {"a72": float(sum(STEP))}
    assert report.breakdowns["embedder-small"][0].basis == "predicted"
    assert report.image == ""


def test_a_pipeline_tells_its_image(host_rig: HostRig) -> None:
    subjects = resolve(["pipeline:embedder-small+detector-small"])
    report = count(subjects, A72, Image.rendered(320, 240), host_rig, repeat=1)  # type: ignore[arg-type]
    assert [row.part for row in report.rows] == ["", "detect", "align", "embed"]
    assert report.image == "a rendered face, 320 x 240"
    assert report.breakdowns == {}


def test_layers_are_counted_one_by_one(host_rig: HostRig, small_model: Path) -> None:
    operators = read_operators(small_model)
    run = CountingRun(host_rig, repeat=1)  # type: ignore[arg-type]
    (breakdown,) = counted_breakdowns(small_model, operators, run, A72)
    assert (breakdown.basis, breakdown.missing, len(breakdown.layers)) == ("counted", (), len(operators))
    computing = [layer.instructions for layer in breakdown.layers if not layer.operator.is_free]
    assert set(computing) == {max(sum(STEP) - CALL, 0.0)}


def test_a_layer_that_could_not_be_counted_is_named(host_rig: HostRig, small_model: Path) -> None:
    operators = read_operators(small_model)[:1]
    host_rig.crash_at = "everything"
    run = CountingRun(host_rig, repeat=1)  # type: ignore[arg-type]
    run._stopped.set()
    (breakdown,) = counted_breakdowns(small_model, operators, run, A72)
    assert breakdown.missing == ("conv 3x3",)
    assert breakdown.by_kind() == {}


def test_predictions_need_no_rig() -> None:
    report = predict_models(["embedder"], parse_cores("a53,a72"), layers=True)
    assert report.basis == "predicted"
    assert report.rows[0].instructions["a72"] == pytest.approx(53.0e6, rel=0.01)
    assert report.manifest is None
    assert len(predict_models([], A72).rows) == 5


@pytest.mark.parametrize("word", ["peers", "pipeline", "pipeline:embedder+detector"])
def test_only_networks_are_predicted(word: str) -> None:
    with pytest.raises(DataError, match="only networks can be predicted"):
        predict_models([word], A72)


def test_a_budget_is_checked(host_rig: HostRig) -> None:
    budget = Budget({"embedder-small": {"a72": 1, "a76": 10_000}})
    report, excesses = check_budget(budget, host_rig)  # type: ignore[arg-type]
    assert [str(excess).split(":")[0] for excess in excesses] == ["embedder-small on a72"]
    assert report.cores == ["a72", "a76"]
