"""``bench quality`` on rendered people, with the shipped models."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from edge_siamese.errors import DataError
from edge_siamese.image_io import write_image
from edge_siamese.quality.score import shipped_formula
from edge_siamese.rendering import Person, View, render_portrait
from edge_siamese_benchmarks.cli import bench


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dataset")
    for person in range(5):
        for number in range(4):
            view = View.random(np.random.default_rng((person, number)), difficulty=0.4)
            image = render_portrait(Person.from_seed(3500 + person), view, background_seed=number).image
            write_image(folder / f"p{person}" / f"{number}.png", image)
    return folder


def test_it_answers_in_json(dataset: Path, tmp_path: Path) -> None:
    (dataset / "p0" / "sound.bin").write_bytes(b"\0\1\2\3")
    formula = tmp_path / "q.json"
    formula.write_text(json.dumps(shipped_formula().to_json()))
    answer = CliRunner().invoke(bench, ["quality", str(dataset), "--fmr", "0.1", "--formula", str(formula), "--json"])
    assert answer.exit_code == 0, answer.output
    report = json.loads(answer.stdout)
    assert report["schema"] == "edge-siamese/bench-quality/1"
    assert report["photos"] + report["not_found"] == 20
    assert [at["fmr"] for at in report["at_fmr"]] == [0.1]
    assert report["formula"] == shipped_formula().to_json()
    assert [file["photo"] for file in report["skipped"]] == ["p0/sound.bin"]
    assert (report["unreadable"], report["notes"]) == ([], [])


def test_it_answers_people(dataset: Path) -> None:
    answer = CliRunner().invoke(bench, ["quality", str(dataset)])
    assert answer.exit_code == 0, answer.output
    assert "FNMR at FMR 0.01, discarding" in answer.stdout
    assert "FMR 0.001" not in answer.stdout


def test_a_formula_that_is_none_is_rejected(dataset: Path, tmp_path: Path) -> None:
    (tmp_path / "q.json").write_text("[]")
    answer = CliRunner().invoke(bench, ["quality", str(dataset), "--formula", str(tmp_path / "q.json")])
    assert isinstance(answer.exception, DataError)
    assert "q.json: expected a quality formula" in str(answer.exception)
