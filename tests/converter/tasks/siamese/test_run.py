import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge_siamese.errors import DataError, EdgeSiameseError
from edge_siamese.rendering import Person, View, render_portrait
from edge_siamese.tflite.model_card import read_card
from edge_siamese_converter.recipes.schema import load_recipe
from edge_siamese_converter.recipes.siamese import SiameseRecipe
from edge_siamese_converter.reports.run_report import RunReport
from edge_siamese_converter.tasks.siamese.run import run_recipe
from edge_siamese_converter.tasks.siamese.summary import TrainingResult

QUICK = {
    "data.merge_top": "false",
    "data.preparation.size": "[64, 64]",
    "training.epochs": "2",
    "training.patience": "1",
    "split.test": "0.4",
    "split.validation": "0.2",
}


def write_stripes(folder: Path, classes: int, each: int = 6) -> Path:
    """Classes of noisy stripes, each of an angle and frequency of its own."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:70, :60] / 64
    for number in range(classes):
        (folder / f"class{number:02}").mkdir(parents=True)
        angle, waves = number * 2.4, 2 + number % 5
        for place in range(each):
            wave = np.sin(2 * np.pi * (waves * (x * np.cos(angle) + y * np.sin(angle)) + rng.uniform(0, 0.2)))
            image = np.clip(128 + 70 * wave + rng.normal(0, 25, wave.shape), 0, 255).astype(np.uint8)
            cv2.imwrite(str(folder / f"class{number:02}" / f"{place}.png"), image)
    return folder


def run(data: Path, out: Path, **changes: str) -> TrainingResult:
    expected = QUICK | {key.replace("__", "."): value for key, value in changes.items()}
    return run_recipe(load_recipe("olivetti-hani", SiameseRecipe, expected), data, out)


def test_a_recipe_goes_from_folders_to_int8_and_report(tmp_path: Path) -> None:
    data = write_stripes(tmp_path / "data", 12)
    (data / "class03" / "broken.png").write_bytes(b"no image")
    outcome = run(data, tmp_path / "run")
    assert list(outcome.skipped) == ["class03/broken.png"]
    split = json.loads((tmp_path / "run" / "split.json").read_text())
    sides = [{entry["class"] for entry in split[side]} for side in ("training", "validation", "test")]
    assert [len(side) for side in sides] == [5, 2, 5]
    assert len(set.union(*sides)) == 12
    report = RunReport.read(tmp_path / "run")
    assert report.float_metrics.verification["genuine_pairs"] == 5 * 15
    assert report.int8_metrics is not None
    assert abs(report.int8_metrics.verification["auc"] - report.float_metrics.verification["auc"]) < 0.05
    card = read_card(outcome.model)
    assert (card.alignment, card.training["normalization"]["name"]) == ("none", "min-max")
    assert not outcome.serves_the_engine
    assert outcome.page.read_text().startswith("<!doctype html>")


def test_quick_is_what_the_recipe_says(tmp_path: Path) -> None:
    data = write_stripes(tmp_path / "data", 14)
    quick = {"quick.epochs": "1", "quick.classes": "10", "quick.sampler": "{ genuine = 6, impostor = 6 }"}
    recipe = load_recipe("olivetti-hani", SiameseRecipe, QUICK | {"sampler.name": "fixed-count"} | quick)
    outcome = run_recipe(recipe, data, tmp_path / "run", quick=True)
    assert len(outcome.report.curves) == 1
    settings = json.loads((tmp_path / "run" / "run.json").read_text())
    assert settings["sampler"]["options"] == {"genuine": 6, "impostor": 6}
    split = json.loads((tmp_path / "run" / "split.json").read_text())
    assert len({entry["class"] for side in ("training", "validation", "test") for entry in split[side]}) == 10


def test_a_finished_run_gives_the_same_figures_again(tmp_path: Path) -> None:
    data = write_stripes(tmp_path / "data", 12)
    first, again = (run(data, tmp_path / "run") for _ in range(2))
    assert first.report.float_metrics == again.report.float_metrics
    assert len(first.report.curves) == len(again.report.curves)


def test_a_foldable_normalization_becomes_part_of_the_graph(tmp_path: Path) -> None:
    data = write_stripes(tmp_path / "data", 12)
    outcome = run(data, tmp_path / "run", normalization__name="unit")
    assert "part of the graph" in outcome.report.network["normalization"]
    assert outcome.report.parity is not None
    assert outcome.report.parity.cosine_mean > 0.97


def test_too_few_classes_are_rejected_before_anything_is_written(tmp_path: Path) -> None:
    data = write_stripes(tmp_path / "data", 4)
    with pytest.raises(DataError, match="training needs at least 2 classes with 2 or more images"):
        run(data, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_another_recipe_in_the_same_folder_is_rejected(tmp_path: Path) -> None:
    data = write_stripes(tmp_path / "data", 12)
    run(data, tmp_path / "run")
    with pytest.raises(DataError, match="begun with another loss"):
        run(data, tmp_path / "run", loss__options__margin="3.0")


def write_portraits(folder: Path, people: int, photos: int, *, mixed: bool) -> Path:
    """Rendered people; where they are `mixed`, every photo of a folder shows somebody else."""
    for number in range(people):
        (folder / f"p{number:02}").mkdir(parents=True)
        for place in range(photos):
            seed = 7000 + (number * photos + place if mixed else number)
            view = View.random(np.random.default_rng((number, place)), difficulty=0.4)
            image = render_portrait(Person.from_seed(seed), view, background_seed=place).image
            cv2.imwrite(str(folder / f"p{number:02}" / f"{place}.png"), image[..., ::-1])
    return folder


def test_a_run_that_learned_nothing_has_a_report_and_no_model(tmp_path: Path) -> None:
    data = write_portraits(tmp_path / "data", 12, 3, mixed=True)
    recipe = load_recipe("twin", SiameseRecipe, {"training.epochs": "1"})
    with pytest.raises(
        EdgeSiameseError, match=r"no better than chance: AUC 0\.\d+.*no model was written, .*report\.html"
    ):
        run_recipe(recipe, data, tmp_path / "run")
    assert not (tmp_path / "run" / "embedder.tflite").exists()
    assert RunReport.read(tmp_path / "run").is_chance
    assert "This network is no better than chance" in (tmp_path / "run" / "report.html").read_text()


def test_the_shipped_embedder_is_evaluated_on_the_same_pairs(tmp_path: Path) -> None:
    data = write_portraits(tmp_path / "data", 12, 4, mixed=False)
    (data / "p00" / "wall.png").write_bytes(cv2.imencode(".png", np.full((90, 90, 3), 120, np.uint8))[1].tobytes())
    outcome = run(data, tmp_path / "run", data__preparation__align='"none"')
    shipped = outcome.report.shipped_metrics
    assert shipped is not None
    own = outcome.report.float_metrics.verification
    assert shipped.verification["genuine_pairs"] == own["genuine_pairs"]
    assert shipped.verification["impostor_pairs"] == own["impostor_pairs"]
    assert shipped.verification["auc"] > 0.95
    assert [row[0] for row in outcome.table()][1:] == ["AUC", "EER", "accuracy", "5-way one-shot"]
    assert outcome.to_json()["shipped"]["verification"]["auc"] == shipped.verification["auc"]


def test_images_without_faces_have_no_shipped_embedder_beside(tmp_path: Path) -> None:
    outcome = run(write_stripes(tmp_path / "data", 12), tmp_path / "run")
    assert outcome.report.shipped_metrics is None
    assert "shipped" not in outcome.table()[0]


def test_too_few_images_to_calibrate_are_rejected_before_training(tmp_path: Path) -> None:
    data = write_stripes(tmp_path / "data", 9, each=2)
    with pytest.raises(DataError, match=r"images of \d people, at least 20 are needed to calibrate int8"):
        run(data, tmp_path / "run")
    assert not (tmp_path / "run").exists()
