"""``bench arm`` counts, predicts and checks; what is missing or wrong is one sentence."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from edge_siamese.errors import EdgeSiameseError, ModelError, RuntimeMissingError
from edge_siamese_benchmarks.arm import rig, rig_setup, session
from edge_siamese_benchmarks.arm.report import ArmReport, Row
from edge_siamese_benchmarks.cli.arm import arm
from edge_siamese_benchmarks.cli.arm_fit import arm_fit


def _invoke(*arguments: str) -> Result:
    return CliRunner().invoke(arm, arguments)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What was asked of `count`, which answers at once."""
    calls: list[dict[str, Any]] = []

    def count(subjects: Any, cores: Any, image: Any, opened: Any, **options: Any) -> ArmReport:
        calls.append({"subjects": [s.name for s in subjects], "cores": [c.name for c in cores], "image": image.title})
        calls[-1] |= {name: options[name] for name in ("repeat", "layers") if name in options}
        rows = [Row(subject.name, "", subject.macs, instructions={"a72": 1e6}) for subject in subjects]
        return ArmReport("counted", [core.name for core in cores], rows, {}, image.title)

    monkeypatch.setattr(session, "count", count)
    monkeypatch.setattr(rig.Rig, "open", lambda: None)
    return calls


def test_a_table(counted: list[dict[str, Any]]) -> None:
    answer = _invoke("embedder-small", "--core", "a53,a72", "--repeat", "3", "--layers", "--size", "160x120")
    assert answer.exit_code == 0, answer.output
    assert "embedder-small" in answer.output
    assert counted == [
        {
            "subjects": ["embedder-small"], "cores": ["a53", "a72"], "image": "a rendered face, 160 x 120",
            "repeat": 3, "layers": True,
        }
    ]  # fmt: skip


def test_one_json_document(counted: list[dict[str, Any]]) -> None:
    document = json.loads(_invoke("embedder-small", "--json").stdout)
    assert document["schema"] == "edge-siamese/bench-arm/1"
    assert document["results"][0]["instructions"] == {"a72": 1_000_000}
    assert counted[0]["cores"] == ["a72", "a76"]


def test_a_prediction_needs_no_rig(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("EDGE_SIAMESE_ARM_RIG", str(tmp_path / "none"))
    answer = _invoke("embedder", "--predict", "--core", "a72")
    assert answer.exit_code == 0, answer.output
    assert "predicted by the cost model, not counted" in answer.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--core", "a99"], "expected one or more of a53, a72, a76, found a99"),
        (["--size", "wide"], "expected WIDTHxHEIGHT"),
        (["--size", "1x1"], "expected WIDTHxHEIGHT"),
        (["--repeat", "1000000000"], "1000000000"),
        (["--repeat", "0"], "0 is not in the range"),
        (["--predict", "--check"], "--predict needs no rig"),
        (["--check", "embedder"], "--check counts what the budget names"),
    ],
)
def test_bad_usage(arguments: list[str], said: str) -> None:
    answer = _invoke(*arguments)
    assert answer.exit_code == 2
    assert said in answer.output


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["nothing"], 2, "found nothing of that name"),
        (["none.tflite"], 2, "found nothing of that name"),
        ([str(Path(__file__))], ModelError.exit_code, "expected a .tflite"),
        (["pipeline", "--image", "/none.png"], 2, "/none.png"),
        (["--check", "--budget", "/none.toml"], 2, "expected a budget"),
        (["x.keras", "--predict"], 2, "`edge-siamese lint x.keras --cost` predicts a Keras network"),
    ],
)
def test_bad_input_is_one_sentence(arguments: list[str], code: int, said: str) -> None:
    error = _invoke(*arguments).exception
    assert isinstance(error, EdgeSiameseError)
    assert error.exit_code == code
    assert said in str(error)
    assert "\n" not in str(error)


def test_without_the_rig_the_command_that_makes_it_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("EDGE_SIAMESE_ARM_RIG", str(tmp_path))
    error = _invoke("embedder-small").exception
    assert isinstance(error, RuntimeMissingError)
    assert "set one up with `edge-siamese bench arm --setup`" in str(error)


@pytest.fixture
def set_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[], list[str]]:
    done: list[str] = []

    def pretend(tell: Callable[[str], None]) -> Any:
        tell("QEMU")
        done.append("set up")
        return type("Ready", (), {"folder": tmp_path})

    monkeypatch.setattr(rig_setup, "set_up", pretend)
    return lambda: done


def test_setting_up_alone_counts_nothing(set_up: Callable[[], list[str]], counted: list[dict[str, Any]]) -> None:
    answer = _invoke("--setup")
    assert (answer.exit_code, answer.stdout) == (0, "")
    assert "QEMU ...\nThe Arm rig is ready in" in answer.stderr
    assert (set_up(), counted) == (["set up"], [])


def test_setting_up_and_counting(set_up: Callable[[], list[str]], counted: list[dict[str, Any]]) -> None:
    assert _invoke("--setup", "embedder-small").exit_code == 0
    assert (set_up(), len(counted)) == (["set up"], 1)


def test_a_budget_that_is_exceeded_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, counted: Any) -> None:
    budget = tmp_path / "budget.toml"
    budget.write_text("[embedder-small]\na72 = 999_999\n")
    answer = _invoke("--check", "--budget", str(budget))
    assert answer.exit_code == 1
    assert "over the budget: embedder-small on a72: 1,000,000 instructions" in answer.stderr
    answer = _invoke("--check", "--budget", str(budget), "--json")
    assert (answer.exit_code, len(json.loads(answer.stdout)["excesses"])) == (1, 1)
    budget.write_text("[embedder-small]\na72 = 1_000_000\n")
    answer = _invoke("--check", "--budget", str(budget), "--json")
    assert answer.exit_code == 0
    assert json.loads(answer.stdout)["excesses"] == []


def test_nothing_counted_is_a_failure(monkeypatch: pytest.MonkeyPatch, counted: Any) -> None:
    def count(*arguments: Any, **options: Any) -> ArmReport:
        return ArmReport("counted", ["a72"], [Row("x", "", 0, errors={"a72": "stopped by SIGSEGV"})], {})

    monkeypatch.setattr(session, "count", count)
    answer = _invoke("embedder-small")
    assert answer.exit_code == 1
    assert "x, a72: stopped by SIGSEGV" in answer.output
    assert "nothing could be counted; the reasons are above" in answer.stderr


def test_the_cost_model_is_fitted_again(tmp_path: Path) -> None:
    model, table = tmp_path / "cost_model.json", tmp_path / "operators.csv"
    answer = CliRunner().invoke(arm_fit, ["-o", str(model), "--write-table", str(table)])
    assert answer.exit_code == 0, answer.output
    assert "conv 1x1" in answer.output
    assert set(json.loads(model.read_text())["cores"]) == {"a53", "a72", "a76"}
    again = CliRunner().invoke(arm_fit, ["--table", str(table)])
    assert again.output == answer.output
