from pathlib import Path

import pytest

from edge_siamese.errors import DataError
from edge_siamese_converter.recipes.schema import DetectorRecipe, EmbedderRecipe, load_recipe, shipped_recipes
from edge_siamese_converter.recipes.siamese import SiameseRecipe

PHASE = "[[phases]]\nepochs = 1\n"
TASK = "task = 'embedder'\n"


@pytest.mark.parametrize("name", shipped_recipes())
def test_every_shipped_recipe_is_valid(name: str) -> None:
    kinds = {"detector": DetectorRecipe, "embedder": EmbedderRecipe, "siamese": SiameseRecipe}
    (task,) = (task for task in kinds if name in shipped_recipes(task))
    assert load_recipe(name, kinds[task]).task == task


def test_values_are_changed_by_dotted_keys(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(TASK + PHASE)
    changes = {"network.table": "small", "network.width": "0.5", "seed": "3", "faces.labeled": "true"}
    recipe = load_recipe(str(path), EmbedderRecipe, changes)
    assert (recipe.network.table, recipe.network.width, recipe.seed, recipe.faces.labeled) == ("small", 0.5, 3, True)


def test_a_key_below_a_value_is_rejected(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(TASK + "seed = 1\n" + PHASE)
    with pytest.raises(DataError, match=r"seed\.deep: seed is a value of the recipe and has no keys of its own"):
        load_recipe(str(path), EmbedderRecipe, {"seed.deep": "1"})


def test_a_recipe_for_another_task_is_rejected() -> None:
    with pytest.raises(DataError, match=r"detector\.toml: task: input should be 'embedder', found 'detector'"):
        load_recipe("detector", EmbedderRecipe)


def test_what_a_file_leaves_out_has_its_default(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(TASK + PHASE)
    recipe = load_recipe(str(path), EmbedderRecipe)
    assert (recipe.network.table, recipe.batch_size, recipe.phases[0].learning_rate) == ("dense", 128, 1.5e-3)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[network]\nwidht = 0.5\n" + PHASE, r"unknown key network\.widht; did you mean width\?"),
        ("qqq = 1\n" + PHASE, r"unknown key qqq$"),
        (
            "[network]\ntable = 'large'\n" + PHASE,
            r"network\.table: input should be 'small' or 'dense', found 'large'",
        ),
        ("batch_size = 'many'\n" + PHASE, r"batch_size: input should be a valid integer.*, found 'many'"),
        ("[network]\nstem = 48\nstreems = [64]\n" + PHASE, r"network\.hidden: field required"),
        (
            "[network]\nstem = 0\nhidden = [[8]]\nstreams = [8]\nlast = 8\nreduced = 8\n" + PHASE,
            r"network\.stem: input",
        ),
        ("", r"phases: field required"),
        ("= nonsense", "not a TOML file"),
    ],
)
def test_a_wrong_recipe_gets_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "own.toml"
    path.write_text(TASK + text)
    with pytest.raises(DataError, match=sentence):
        load_recipe(str(path), EmbedderRecipe)


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(
        DataError,
        match=r"no-such: there is no recipe or file of that name; the recipes that ship are .*embedder",
    ):
        load_recipe("no-such", EmbedderRecipe)
