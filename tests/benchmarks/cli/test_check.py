"""``bench check`` exits 1 for a slower stage, and writes the reference it compares with."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from edge_siamese.engine import FaceEngine
from edge_siamese.errors import DataError
from edge_siamese_benchmarks.cli import bench
from edge_siamese_benchmarks.reference import check as checking
from edge_siamese_benchmarks.timing.measuring import RunLength


@pytest.fixture(autouse=True)
def opened(engine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FaceEngine, "open", lambda *_, **__: engine)
    short = RunLength(warmup=2, queries=64, seconds=0.0, max_seconds=60.0)
    monkeypatch.setattr(checking.measure_ratios, "__defaults__", (short,))
    monkeypatch.setattr(checking.check, "__defaults__", (short,))


@pytest.fixture
def reference(tmp_path: Path) -> Path:
    path = tmp_path / "here.json"
    answer = CliRunner().invoke(bench, ["check", "--write", str(path), "--runs", "2"])
    assert answer.exit_code == 0, (answer.output, answer.exception)
    content = json.loads(path.read_text())
    for stage in content["stages"].values():
        stage["spread"] = 0.09  # a short measurement on a busy machine is not steady
    path.write_text(json.dumps(content))
    return path


def test_a_slower_stage_fails(reference: Path) -> None:
    words = ["check", "--reference", str(reference), "--slow", "quality=3", "--json"]
    answer = CliRunner().invoke(bench, words)
    assert answer.exit_code == 1
    assert answer.stderr.startswith("edge-siamese: slower than the reference: quality +")
    report = json.loads(answer.stdout)
    assert report["schema"] == "edge-siamese/bench-check/1"
    assert report["passed"] is False
    verdicts = {stage["stage"]: stage["verdict"] for stage in report["stages"]}
    assert verdicts["quality"] == "SLOWER"


def test_the_table_for_people(reference: Path) -> None:
    content = json.loads(reference.read_text())
    for stage in content["stages"].values():
        stage["ratio"] *= 10
    reference.write_text(json.dumps(content))
    answer = CliRunner().invoke(bench, ["check", "--reference", str(reference)])
    assert answer.exit_code == 0, (answer.output, answer.exception)
    lines = answer.output.splitlines()
    assert lines[0].startswith("reference ")
    assert {line.split()[0] for line in lines[2:]} >= {"capture", "detect", "embed", "decide"}
    assert all(line.endswith("ok") for line in lines[2:])


def test_a_reference_of_other_models_is_rejected(reference: Path) -> None:
    reference.write_text(reference.read_text().replace("e" * 64, "a" * 64))
    answer = CliRunner().invoke(bench, ["check", "--reference", str(reference)])
    assert isinstance(answer.exception, DataError)
    assert "the reference has embedder digest" in str(answer.exception)


@pytest.mark.parametrize("value", ["embed", "embed=", "embed=fast", "embed=0.5", "=2x", "embed=1e9"])
def test_a_factor_that_is_none(value: str) -> None:
    answer = CliRunner().invoke(bench, ["check", "--slow", value])
    assert answer.exit_code == 2
    assert "expected STAGE=FACTOR with a factor of 1 to 100" in answer.output


def test_a_reference_as_json(tmp_path: Path) -> None:
    answer = CliRunner().invoke(bench, ["check", "--write", str(tmp_path / "r.json"), "--runs", "2", "--json"])
    assert answer.exit_code == 0, (answer.output, answer.exception)
    assert json.loads(answer.stdout)["stages"] == json.loads((tmp_path / "r.json").read_text())["stages"]


def test_reading_and_writing_exclude_each_other() -> None:
    answer = CliRunner().invoke(bench, ["check", "--reference", "a.json", "--write", "b.json"])
    assert answer.exit_code == 2
    assert "expected --reference or --write, found both" in answer.output
