from pathlib import Path

import pytest

from edge_siamese.cli.main import main
from edge_siamese_converter.recipes.schema import load_recipe, shipped_recipes
from edge_siamese_converter.recipes.siamese import SiameseRecipe


def rejected(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    with pytest.raises(SystemExit) as ended:
        main(["train", *map(str, arguments)])
    assert ended.value.code == 2
    return capsys.readouterr().err


def test_an_unknown_recipe_lists_the_known_ones(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    message = rejected(capsys, "--recipe", "no-such", "--data", tmp_path, "--out", tmp_path / "run")
    assert "no-such: there is no recipe or file of that name" in message
    assert "olivetti-hani" in message


def test_a_mistyped_key_names_the_right_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    message = rejected(capsys, "--data", tmp_path, "--out", tmp_path / "run", "--set", "training.epoch=3")
    assert "unknown key training.epoch; did you mean epochs?" in message


def test_a_change_without_a_value(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "expected KEY=VALUE, found 'seed'" in rejected(
        capsys, "--data", tmp_path, "--out", tmp_path / "run", "--set", "seed"
    )


def test_data_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    message = rejected(capsys, "--recipe", "olivetti-hani", "--data", tmp_path / "gone", "--out", tmp_path / "run")
    assert "expected a folder, zip or tar of images, found nothing there" in message
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("name", shipped_recipes("siamese"))
def test_every_shipped_recipe_names_parts_that_exist(name: str) -> None:
    from edge_siamese_converter.networks.registry import HEADS, NETWORKS
    from edge_siamese_converter.registry import lookup
    from edge_siamese_converter.training.losses import LOSSES
    from edge_siamese_converter.training.normalization import normalizations
    from edge_siamese_converter.training.samplers import SAMPLERS

    recipe = load_recipe(name, SiameseRecipe)
    lookup("network", recipe.network.name, NETWORKS)
    lookup("normalization", recipe.normalization.name, normalizations())
    loss = lookup("loss", recipe.loss.name, LOSSES)
    sampler = lookup("sampler", recipe.sampler.name, SAMPLERS)
    assert sampler.kind == ("batches" if loss.kind == "batch" else "pairs")
    if recipe.head:
        assert lookup("head", recipe.head.name, HEADS).outputs == loss.outputs
