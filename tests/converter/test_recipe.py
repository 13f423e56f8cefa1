from pathlib import Path

import pytest

from edge_siamese.errors import DataError
from edge_siamese_converter.recipe import DetectorRecipe, EmbedderRecipe, load_recipe, shipped_recipes

STRETCH = "[[stretches]]\nepochs = 1\n"
TASK = "task = 'embedder'\n"


@pytest.mark.parametrize("name", shipped_recipes())
def test_every_shipped_recipe_is_valid(name: str) -> None:
    kind = DetectorRecipe if name.startswith("detector") else EmbedderRecipe
    assert load_recipe(name, kind).stretches[-1].decay > 0


def test_a_recipe_for_another_task_is_refused() -> None:
    with pytest.raises(DataError, match=r"detector\.toml: task: input should be 'embedder', found 'detector'"):
        load_recipe("detector", EmbedderRecipe)


def test_what_a_file_leaves_out_has_its_default(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(TASK + STRETCH)
    recipe = load_recipe(str(path), EmbedderRecipe)
    assert (recipe.network.table, recipe.batch_size, recipe.stretches[0].rate) == ("dense", 128, 1.5e-3)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[network]\nwidht = 0.5\n" + STRETCH, r"unknown key network\.widht; did you mean width\?"),
        ("qqq = 1\n" + STRETCH, r"unknown key qqq$"),
        (
            "[network]\ntable = 'large'\n" + STRETCH,
            r"network\.table: input should be 'small' or 'dense', found 'large'",
        ),
        ("batch_size = 'many'\n" + STRETCH, r"batch_size: input should be a valid integer.*, found 'many'"),
        ("", r"stretches: field required"),
        ("= nonsense", "not a TOML file"),
    ],
)
def test_a_wrong_recipe_gets_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "own.toml"
    path.write_text(TASK + text)
    with pytest.raises(DataError, match=sentence):
        load_recipe(str(path), EmbedderRecipe)


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(DataError, match=r"no-such: expected a recipe file or one of .*embedder"):
        load_recipe("no-such", EmbedderRecipe)
