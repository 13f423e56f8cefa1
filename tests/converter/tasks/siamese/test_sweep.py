import csv
from pathlib import Path

import pytest

from edge_siamese.errors import DataError, EdgeSiameseError
from edge_siamese_converter.recipes.schema import shipped_recipes
from edge_siamese_converter.recipes.siamese import SiameseRecipe
from edge_siamese_converter.tasks.siamese import sweep as module
from edge_siamese_converter.tasks.siamese.sweep import best, combinations, sweep

METRICS = {"validation_auc": "", "float_auc": "", "float_eer": "", "error": ""}


def test_every_combination_once_the_last_key_fastest() -> None:
    assert combinations({"seed": ["0", "1"], "loss.options.margin": ["0.5", "1.0"]}) == [
        {"seed": "0", "loss.options.margin": "0.5"},
        {"seed": "0", "loss.options.margin": "1.0"},
        {"seed": "1", "loss.options.margin": "0.5"},
        {"seed": "1", "loss.options.margin": "1.0"},
    ]


def test_a_value_the_recipe_does_not_take_is_refused_before_any_run(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"training\.epochs"):
        sweep("olivetti-hani", tmp_path, tmp_path / "out", {"training.epochs": ["1", "many"]})
    assert not (tmp_path / "out").exists()


def test_a_run_that_fails_has_its_reason_in_the_table_and_the_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(recipe: SiameseRecipe, data: Path | None, folder: Path, *, quick: bool) -> None:
        raise EdgeSiameseError(f"seed {recipe.seed} failed")

    monkeypatch.setattr(module, "run_recipe", run)
    rows = sweep(shipped_recipes("siamese")[0], tmp_path, tmp_path / "out", {"seed": ["1", "2"]})
    assert [row["error"] for row in rows] == ["seed 1 failed", "seed 2 failed"]
    with (tmp_path / "out" / "sweep.csv").open(newline="") as stream:
        assert list(csv.DictReader(stream)) == rows
    assert best(rows) is None


def test_the_best_is_chosen_by_validation_not_by_test() -> None:
    rows = [
        METRICS | {"run": "a", "validation_auc": "0.9", "float_auc": "0.99"},
        METRICS | {"run": "b", "validation_auc": "0.95", "float_auc": "0.5"},
        METRICS | {"run": "c", "error": "failed"},
    ]
    chosen = best(rows)
    assert chosen is not None
    assert chosen["run"] == "b"
