"""The command on a small cast. ``make demo`` is the same with everybody and with training."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge_siamese.cli.main import main
from edge_siamese.demo import scenario as casting
from edge_siamese.rendering import DEMO_SEEDS, Clip, Person, View, render_portrait

PEOPLE = {"Ada": Person.from_seed(DEMO_SEEDS[0]), "Ben": Person.from_seed(DEMO_SEEDS[1])}


def answer(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    return int(ended.value.code or 0)


@pytest.fixture(autouse=True)
def without_training(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge_siamese.demo.commands.training_is_possible", lambda: False)


def small_scenario(folder: Path) -> casting.DemoScenario:
    for name, person in PEOPLE.items():
        casting._render_photos(folder / "people" / name, person, 3, seed=2)
    clip = Clip(list(PEOPLE.items()), seconds_each=1.0, fps=8, seed=4)
    truth = casting._write_clip(folder / "clip.avi", clip)
    return casting.DemoScenario(
        folder / "people", folder / "people", folder / "clip.avi", truth, tuple(PEOPLE), rendered=True
    )


def wrong_truth_scenario(folder: Path) -> casting.DemoScenario:
    """The same, with the wrong person said to be there."""
    scenario = small_scenario(folder)
    other = {"Ada": "Ben", "Ben": "Ada", None: None}
    return replace(scenario, truth={frame: other[name] for frame, name in scenario.truth.items()})


@pytest.mark.parametrize(("made", "code"), [(small_scenario, 0), (wrong_truth_scenario, 1)])
def test_the_demo_ends_with_one_when_a_wrong_name_is_given(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    made: Callable[[Path], casting.DemoScenario],
    code: int,
) -> None:
    monkeypatch.setattr(casting, "render_scenario", made)
    assert answer("demo", "--out", tmp_path / "demo") == code
    captured = capsys.readouterr()
    assert "Skipped: TensorFlow is not installed" in captured.out
    assert ("2 of 2 enrolled people recognized, 0 wrong names" in captured.out) == (code == 0)
    assert ("a wrong name was given" in captured.err) == (code == 1)
    page = (tmp_path / "demo" / "report.html").read_text()
    assert page.count("<img") >= 4
    assert "Rendered faces, which were not used to train" in page


def test_the_demo_takes_photos_of_ones_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, person in PEOPLE.items():
        (tmp_path / "people" / name).mkdir(parents=True)
        for number in range(3):
            view = View.random(np.random.default_rng(number), difficulty=0.4)
            image = render_portrait(person, view).image
            cv2.imwrite(str(tmp_path / "people" / name / f"{number}.png"), image[..., ::-1])
    assert answer("demo", "--photos", tmp_path / "people", "--out", tmp_path / "demo") == 0
    captured = capsys.readouterr()
    assert "People: your photos" in captured.out
    assert "edge-siamese run --camera" in captured.out


def test_the_demo_answers_in_one_json_document(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(casting, "render_scenario", wrong_truth_scenario)
    assert answer("demo", "--out", tmp_path / "demo", "--json") == 1
    captured = capsys.readouterr()
    report = json.loads(captured.out)
    assert report["schema"] == "edge-siamese/demo/1"
    assert (report["passed"], report["enrolled"], report["fine_tuned"]) == (False, ["Ada", "Ben"], False)
    assert report["wrong_names"] > 0
    assert [command["command"].split()[1] for command in report["commands"]] == ["gallery", "run", "bench"]
    assert "== People: rendered faces" in captured.err


def test_a_step_that_fails_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("a", "b"):
        (tmp_path / "walls" / name).mkdir(parents=True)
        for number in range(2):
            cv2.imwrite(str(tmp_path / "walls" / name / f"{number}.png"), np.full((90, 90, 3), 128 + number, np.uint8))
    assert answer("demo", "--photos", tmp_path / "walls", "--out", tmp_path / "demo") == 1
    assert "gallery build" in capsys.readouterr().err
