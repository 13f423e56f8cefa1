"""``bench conditions`` on rendered people, with the shipped models."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from edge_siamese.image_io import write_image
from edge_siamese.rendering import Person, View, render_portrait
from edge_siamese_benchmarks.cli import bench


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dataset")
    for person in range(4):
        for number in range(3):
            view = View.random(np.random.default_rng((person, number)), difficulty=0.2)
            image = render_portrait(Person.from_seed(3600 + person), view, background_seed=number).image
            write_image(folder / f"p{person}" / f"{number}.png", image)
    return folder


def test_it_counts_pairs_with_and_without_the_gate(dataset: Path) -> None:
    answer = CliRunner().invoke(bench, ["conditions", str(dataset), "--condition", "mask b", "--json"])
    assert answer.exit_code == 0, answer.output
    report = json.loads(answer.stdout)
    assert report["schema"] == "edge-siamese/bench-conditions/1"
    assert (report["people"], report["photos"]) == (4, 8)
    plain, *masked = report["results"]
    assert [result["condition"] for result in masked] == ["mask blue", "mask black"]
    assert plain["impostors"]["of"] == 24  # of 28 pairs of 8 photos, 4 show one person
    assert plain["genuine"]["of"] == 8
    for result in masked:
        found = result["found"]["count"]
        assert result["recognized"].get("occluded", 0) >= found - 1
        assert result["compared"]["count"] <= result["impostors"]["of"] // 2
        assert result["gated"]["count"] <= result["impostors"]["count"]
        assert result["genuine_gated"]["count"] <= result["genuine"]["count"] <= 8


def test_it_answers_people(dataset: Path) -> None:
    answer = CliRunner().invoke(
        bench, ["conditions", str(dataset), "--people", "2", "--photos", "1", "--condition", "gray"]
    )
    assert answer.exit_code == 0, answer.output
    assert "2 photos of 2 people" in answer.stdout
    assert [line.split()[0] for line in answer.stdout.splitlines()[2:]] == ["condition", "plain", "gray"]


def test_a_condition_without_any_face_has_no_rates(dataset: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    black = {"black": lambda image, _landmarks, _rng: np.zeros_like(image)}
    monkeypatch.setattr("edge_siamese.rendering.conditions.CONDITIONS", black)
    monkeypatch.setattr("edge_siamese_benchmarks.accuracy.conditions.CONDITIONS", black)
    answer = CliRunner().invoke(bench, ["conditions", str(dataset), "--people", "2", "--json"])
    assert answer.exit_code == 0, answer.output
    _, result = json.loads(answer.stdout)["results"]
    assert (result["found"]["count"], result["impostors"]["rate"], result["genuine"]["count"]) == (0, None, 0)
    assert CliRunner().invoke(bench, ["conditions", str(dataset), "--people", "2"]).exit_code == 0


def test_a_condition_that_is_none_is_bad_usage(dataset: Path) -> None:
    answer = CliRunner().invoke(bench, ["conditions", str(dataset), "--condition", "hat"])
    assert answer.exit_code == 2
    assert "expected the beginning of one of: mask blue" in answer.output
