"""``bench memory`` measures the loop; what is missing or wrong is one sentence."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edge_siamese.errors import EdgeSiameseError
from edge_siamese_benchmarks.cli.memory import memory

SMALL = ("--embedder", "embedder-small", "--detector", "detector-small", "--frames", "24")


def _invoke(*arguments: str) -> Result:
    return CliRunner().invoke(memory, arguments)


def test_the_report_has_steps_growth_models_and_imports() -> None:
    answer = _invoke(*SMALL, "--templates", "10")
    assert answer.exit_code == 0, answer.output
    lines = answer.stdout.splitlines()
    assert lines[:2] == [
        "Memory of the device loop on this machine",
        "24 frames of a rendered face, 640 x 480, 10 templates; delegate xnnpack, threads 1",
    ]
    steps = [line.split("  ")[0] for line in lines[4:13]]
    assert steps == [
        "Python",
        "numpy",
        "OpenCV",
        "runtime",
        "edge_siamese",
        "models",
        "gallery",
        "first frame",
        "24 frames",
    ]
    assert "within the budget of 110.0 MB" in answer.stdout
    assert "growth: steady: " in answer.stdout
    assert "embedder-small" in answer.stdout
    assert "imports, files in memory" in answer.stdout


def test_one_json_document_in_bytes_and_a_limit() -> None:
    answer = _invoke(*SMALL, "--no-imports", "--json", "--max-mb", "1")
    document = json.loads(answer.stdout)
    assert document["schema"] == "edge-siamese/bench-memory/1"
    assert (document["machine"], document["imports"]) == ("this machine", [])
    assert document["within_budget"] is (document["peak"] <= document["budget"])
    assert [step["at"] for step in document["checkpoints"]][-1] == "end"
    assert all(step["resident"] == sum(step["by_library"].values()) for step in document["checkpoints"])
    assert isinstance(answer.exception, EdgeSiameseError)
    assert str(answer.exception).startswith("memory: expected at most 1 MB, found ")


def test_too_few_frames_give_no_growth() -> None:
    answer = _invoke(*SMALL[:4], "--frames", "2", "--no-imports")
    assert answer.exit_code == 0, answer.output
    assert "growth" not in answer.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--frames", "1000000000"], "1000000000"),
        (["--frames", "0"], "0 is not in the range"),
        (["--max-mb", "0"], "0"),
    ],
)
def test_bad_usage(arguments: list[str], said: str) -> None:
    answer = _invoke(*arguments)
    assert answer.exit_code == 2
    assert said in answer.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--core", "a99"], "expected one or more of a53, a72, a76, found a99"),
        (["--core", "a53,a72"], "--core: expected one core, found a53,a72"),
        (["--core", "a53"], "no Arm rig there; set one up with `edge-siamese bench arm --setup`"),
        (["--image", "/none.png"], "/none.png"),
        (["--detector", "/none.tflite"], "/none.tflite"),
    ],
)
def test_bad_input_is_one_sentence(
    arguments: list[str], said: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("EDGE_SIAMESE_ARM_RIG", str(tmp_path))
    error = _invoke(*arguments).exception
    assert isinstance(error, EdgeSiameseError)
    assert said in str(error)
    assert "\n" not in str(error)
