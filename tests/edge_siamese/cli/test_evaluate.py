"""``evaluate`` with its options, on rendered photos and the shipped models."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge_siamese.cli.main import main
from edge_siamese.image_io import write_image
from edge_siamese.models import default_model
from edge_siamese.rendering import Person, View, render_portrait
from edge_siamese.reports import evaluation as report_module
from edge_siamese.tflite.model_card import read_card, read_model

PEOPLE, PHOTOS = 5, 3


def answer(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    return int(ended.value.code or 0)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("people")
    for person in range(PEOPLE):
        for number in range(PHOTOS):
            view = View.random(np.random.default_rng((person, number)), difficulty=0.5)
            portrait = render_portrait(Person.from_seed(5200 + person), view, background_seed=number)
            write_image(folder / f"p{person}" / f"{number}.png", portrait.image)
    return folder


def report(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict[str, Any]:
    assert answer("evaluate", *arguments, "--json") == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_the_document_has_every_part(dataset: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = report(capsys, dataset, "--bootstrap", "50")
    assert found["schema"] == "edge-siamese/evaluate/2"
    assert found["intervals"]["replicates"] == 50
    assert found["baseline"] is None
    assert found["tar_at_fmr_rejected"]["0.001"] == "needs at least 1,000 impostor pairs, found 90"
    sources = [entry["source"] for entry in found["thresholds"]]
    assert sources == ["accuracy"] + ["model card"] * len(read_card(default_model("embedder")).operating_points)
    assert [table["attribute"] for table in found["slices"]] == ["face size", "brightness", "sharpness", "yaw"]
    assert set(found["confusions"]) == {"false_matches", "false_non_matches"}
    assert len(found["det"]["fmr"]) == len(found["det"]["person_interval_95"])


def test_people_read_figures_intervals_and_refusals(dataset: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert answer("evaluate", dataset, "--bootstrap", "50") == 0
    text = capsys.readouterr().out
    assert "95 %, people resampled" in text
    assert "no operating point from this data: an FMR of 0.001 needs at least 2,995 impostor pairs, found 90" in text
    assert "needs at least 1,000 impostor pairs, found 90" in text
    assert "pairs = exact, pairs taken as independent" in text
    assert "baseline" not in text
    assert max(map(len, text.splitlines())) <= 130


def test_without_draws_only_exact_intervals_are_left(dataset: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = report(capsys, dataset, "--bootstrap", "0")
    assert found["person_intervals_95"]["eer"] is None
    for entry in found["thresholds"]:
        assert entry["fmr"]["person_interval_95"] is None
        assert len(entry["fmr"]["interval_95"]) == 2


def test_another_embedder_is_judged_on_the_same_pairs(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other.tflite"
    other.write_bytes(read_model(default_model("embedder")).network)
    found = report(capsys, dataset, "--bootstrap", "20", "--baseline", other)
    assert found["baseline"]["eer"] == found["eer"]
    assert found["baseline"]["difference"]["accuracy"] == {"value": 0.0, "person_interval_95": [0.0, 0.0]}
    assert answer("evaluate", dataset, "--bootstrap", "20", "--baseline", other) == 0
    text = capsys.readouterr().out
    assert "baseline other.tflite" in text
    assert "+0.00 to +0.00" in text
    assert "no card: taken to want the same crops" in text


def test_labels_of_the_users_own_are_a_table(dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    labels = tmp_path / "labels.csv"
    labels.write_text("photo,season\n" + "".join(f"p{person}/0.png,summer\n" for person in range(PEOPLE)))
    season = report(capsys, dataset, "--bootstrap", "0", "--slices", labels)["slices"][-1]
    assert season["attribute"] == "season"
    impostors = {row["class"]: row["fmr"]["of"] for row in season["rows"]}
    assert impostors == {"summer": 10, "unlabeled": 40, "different": 40}


def test_a_photo_the_dataset_lacks_is_named(dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "labels.csv").write_text("photo,season\np9/0.png,summer\n")
    assert answer("evaluate", dataset, "--slices", tmp_path / "labels.csv") == 2
    assert "labels.csv: names a photo the dataset does not have: 'p9/0.png'" in capsys.readouterr().err


def test_a_page_is_written(dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("matplotlib", reason="reports need matplotlib (the extra 'report')")
    pytest.importorskip("jinja2", reason="reports need jinja2 (the extra 'report')")
    assert answer("evaluate", dataset, "--bootstrap", "20", "--report", tmp_path / "report.html") == 0
    assert "accuracy" in capsys.readouterr().out
    page = (tmp_path / "report.html").read_text("utf-8")
    assert "<title>Verification on people" in page
    assert "15 photos of 5 people" in page


def test_missing_packages_are_named_before_anything_is_measured(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(report_module, "_PACKAGES", ("a_package_nobody_has",))
    assert answer("evaluate", tmp_path / "no dataset", "--report", tmp_path / "report.html") == 1
    assert "pip install 'edge-siamese[report]'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "sentence"),
    [
        (("--report", "nowhere/report.html"), "expected a file in a folder that exists"),
        (("--target-fmr", "2"), "a rate above 0 and below 1"),
    ],
)
def test_what_cannot_work_is_said_before_anything_is_measured(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    option: tuple[str, str],
    sentence: str,
) -> None:
    monkeypatch.setattr(report_module, "_PACKAGES", ())
    monkeypatch.chdir(tmp_path)
    assert answer("evaluate", tmp_path / "no dataset", *option) == 2
    assert sentence in capsys.readouterr().err
