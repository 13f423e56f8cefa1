"""What the quality score is fitted on: crops of a teacher folder, spoiled, detected and measured; and the command."""

import json
from pathlib import Path

import numpy as np
import pytest

from edge_siamese.alignment import CROP_SIZE
from edge_siamese.cli.main import main
from edge_siamese.engine import FaceEngine
from edge_siamese.errors import DataError
from edge_siamese.quality.score import read_formula
from edge_siamese_converter.data.teacher import validation_people
from edge_siamese_converter.tasks.quality import samples as samples_module
from edge_siamese_converter.tasks.quality.samples import (
    CLEAN,
    KINDS,
    SMALL,
    QualitySamples,
    collect_samples,
    source_sides,
)

from .conftest import PEOPLE, PHOTOS


@pytest.fixture(scope="module")
def samples(crops: np.ndarray) -> QualitySamples:
    with FaceEngine.default() as engine:
        return collect_samples(crops, np.arange(len(crops)) // PHOTOS, np.full(len(crops), 90.0), engine)


def test_every_crop_is_measured_as_it_is_and_spoiled(samples: QualitySamples) -> None:
    assert len(samples.qualities) + sum(samples.missed.values()) == PEOPLE * PHOTOS * len(KINDS)
    assert samples.clean.sum() == PEOPLE * PHOTOS - samples.missed[CLEAN]
    assert set(samples.kind) <= set(KINDS)
    assert (samples.people == samples.crop // PHOTOS).all()
    sides = {
        kind: [quality.side for quality, of in zip(samples.qualities, samples.kind, strict=True) if of == kind]
        for kind in (CLEAN, SMALL)
    }
    assert np.mean(sides[CLEAN]) == pytest.approx(90, rel=0.1)
    assert np.mean(sides[SMALL]) < 80


def test_the_same_crops_give_the_same_samples(crops: np.ndarray) -> None:
    with FaceEngine.default() as engine:
        once, again = (collect_samples(crops[:2], np.zeros(2, np.int64), np.full(2, 90.0), engine) for _ in range(2))
    np.testing.assert_array_equal(once.embeddings, again.embeddings)


def test_crops_are_no_larger_than_they_are(crops: np.ndarray) -> None:
    with FaceEngine.default() as engine:
        samples = collect_samples(crops[:2], np.zeros(2, np.int64), np.full(2, 1e4), engine)
    assert max(quality.side for quality in samples.qualities) < 1.4 * CROP_SIZE


def test_walls_give_no_samples() -> None:
    walls = np.full((2, CROP_SIZE, CROP_SIZE, 3), 128, np.uint8)
    with FaceEngine.default() as engine, pytest.raises(DataError, match="at least one of 2 crops, found none"):
        collect_samples(walls, np.zeros(2, np.int64), np.full(2, 100.0), engine)


def test_the_source_tells_the_side_of_the_crop(folder: Path) -> None:
    names = [f"p{row // PHOTOS}" for row in range(PEOPLE * PHOTOS)]
    kept_back = validation_people(names)
    sides = [(70 + row) / 0.7 for row, name in enumerate(names) if name in kept_back]
    assert len(sides) == 2 * PHOTOS
    assert source_sides(folder).tolist() == pytest.approx(sides)


def test_a_folder_without_the_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"faces\.csv\.gz: expected the columns"):
        source_sides(tmp_path)


def test_the_command_writes_a_formula_and_says_what_each_component_brings(
    folder: Path,
    tmp_path: Path,
    samples: QualitySamples,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(samples_module, "collect_samples", lambda *_: samples)  # not a second time
    with pytest.raises(SystemExit) as ended:
        main(["fit-quality", str(folder), "-o", str(tmp_path / "quality.json"), "--json"])
    assert not ended.value.code
    report = json.loads(capsys.readouterr().out)
    assert report["schema"] == "edge-siamese/fit-quality/1"
    assert report["formula"] == json.loads((tmp_path / "quality.json").read_text())
    formula = read_formula(tmp_path / "quality.json")
    assert formula.origin["embedder"] == report["model"]["embedder"]
    assert len(formula.origin["dataset"]) == 64
    assert [component["name"] for component in report["components"]][-1] == "embedding norm"
