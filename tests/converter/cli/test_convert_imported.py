"""``convert`` of imported networks, from end to end."""

import json
from pathlib import Path
from typing import Any

import cv2
import keras
import numpy as np
import pytest
from keras import layers

from edge_siamese.cli.main import main
from edge_siamese.rendering import Person, View, render_portrait
from edge_siamese.tflite.model_card import read_card
from edge_siamese_converter.licenses import license_of_model


def answer(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    return int(ended.value.code or 0)


@pytest.fixture(scope="module")
def colors(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve "people" who are told apart by their color alone, eight images each."""
    folder, rng = tmp_path_factory.mktemp("colors"), np.random.default_rng(0)
    for number in range(12):
        (folder / f"p{number:02d}").mkdir()
        color = np.array([(number % 3) * 90 + 30, (number // 3 % 2) * 150 + 50, (number // 6) * 150 + 50])
        for index in range(8):
            image = np.clip(color + rng.normal(0, 8, (40, 40, 3)), 0, 255).astype(np.uint8)
            cv2.imwrite(str(folder / f"p{number:02d}" / f"{index}.png"), image)
    return folder


@pytest.fixture(scope="module")
def faces(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three rendered people, too few for parity on people."""
    folder = tmp_path_factory.mktemp("faces")
    for seed in range(3):
        (folder / f"p{seed}").mkdir()
        for number in range(8):
            image = render_portrait(
                Person.from_seed(3000 + seed), View.random(np.random.default_rng((seed, number)))
            ).image
            cv2.imwrite(str(folder / f"p{seed}" / f"{number}.png"), image[..., ::-1])
    return folder


def embedder(path: Path, shape: tuple[int, int, int], activation: str = "relu") -> Path:
    """Averages, spreads and squashes colors: enough to tell them apart."""
    keras.utils.set_random_seed(1)
    image = keras.Input(shape)
    x = layers.Conv2D(16, 3, 4, padding="same", activation=activation, name="stem")(image)
    x = layers.Conv2D(32, 1, activation="relu", name="wide")(x)
    keras.Model(image, layers.Dense(16, name="embedding")(layers.GlobalAveragePooling2D()(x))).save(path)
    return path


def test_an_imported_embedder_serves_the_engine(
    faces: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    network, model = embedder(tmp_path / "n.keras", (112, 112, 3)), tmp_path / "n.tflite"
    arguments = ["convert", network, faces, "-o", model, "--mean", "127.5", "--std", "128", "--json"]
    assert answer(*arguments, "--license", "Apache-2.0", "--use", "commercial") == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["format"], report["license"], report["alignment"]) == ("int8", "Apache-2.0", "arcface-112")
    assert report["parity"]["auc_int8"] is None
    assert report["parity"]["cosine_mean"] > 0.98
    card = read_card(model)
    assert (card.dimension, card.license, card.operating_points) == (16, "Apache-2.0", ())
    assert card.training["imported"] == {"from": "keras", "input": "(pixel - 127.5) / 128, RGB"}
    assert answer("embed", faces, "-o", tmp_path / "faces.npz", "--embedder", model) == 0
    assert np.load(tmp_path / "faces.npz")["embeddings"].shape[1] == 16


def test_parity_is_measured_on_people_who_were_kept_back(
    colors: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    network, model = embedder(tmp_path / "n.keras", (32, 32, 3)), tmp_path / "n.tflite"
    arguments = ["convert", network, colors, "-o", model, "--normalization", "unit", "--images", "whole"]
    assert answer(*arguments, "--json") == 0
    parity = json.loads(capsys.readouterr().out)["parity"]
    assert parity["people"] == 2
    assert parity["auc_int8"] == pytest.approx(parity["auc_float"], abs=0.002)
    assert parity["tar_int8"] is None
    card = read_card(model)
    assert (card.alignment, card.license, card.input_size) == ("none", "unstated", (32, 32))
    assert answer("embed", colors, "-o", tmp_path / "f.npz", "--embedder", model) == 2
    assert "wants the alignment 'none'" in capsys.readouterr().err


def test_an_embedder_that_sees_mirror_images_is_evaluated_as_it_will_run(
    colors: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    network = embedder(tmp_path / "n.keras", (32, 32, 3))
    parities = []
    for model, options in ((tmp_path / "one.tflite", []), (tmp_path / "both.tflite", ["--average-flip"])):
        arguments = ["convert", network, colors, "-o", model, "--normalization", "unit", "--images", "whole"]
        assert answer(*arguments, "--json", *options) == 0
        parities.append(json.loads(capsys.readouterr().out)["parity"])
        assert read_card(model).average_flip is bool(options)
    one, both = parities
    assert both["cosine_mean"] != one["cosine_mean"]
    assert both["cosine_mean"] > 0.98


@pytest.mark.parametrize("format", ["float", "16x8"])
def test_other_formats_have_no_card_but_carry_the_license(
    format: str, colors: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    network, model = embedder(tmp_path / "n.keras", (32, 32, 1)), tmp_path / "n.tflite"
    arguments = [
        "convert",
        network,
        colors,
        "-o",
        model,
        "--format",
        format,
        "--images",
        "whole",
        "--license",
        "MIT",
    ]
    assert answer(*arguments) == 0
    assert f"parity gate passed  float    {format}"[:19] in capsys.readouterr().out
    assert license_of_model(model) == "MIT"


def test_the_gate_names_the_layers_and_the_remedy(
    colors: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = embedder(tmp_path / "n.keras", (32, 32, 3), "silu")
    network = keras.saving.load_model(path)
    factors = np.logspace(0, 4, 16).astype("f4")
    kernel, bias = network.get_layer("wide").get_weights()
    network.get_layer("wide").set_weights([kernel / factors[:, None], bias])
    kernel, bias = network.get_layer("stem").get_weights()
    network.get_layer("stem").set_weights([np.abs(kernel) * factors, bias])
    network.save(path)
    model = tmp_path / "n.tflite"
    assert answer("convert", path, colors, "-o", model, "--normalization", "unit", "--images", "whole") == 1
    error = capsys.readouterr().err
    assert "worst layers" in error
    assert "parity gate: int8" in error
    assert "most is lost in" in error
    assert "--aware-steps 400" in error
    assert "--format 16x8" in error
    assert not model.exists()


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["--use", "commercial"], 2, "the weights state no license"),
        (["--license", "CC-BY-NC-4.0", "--use", "commercial"], 2, "the weights are for research only"),
        (["--mean", "1,2,x"], 2, "expected numbers separated by commas, found '1,2,x'"),
        (["--mean", "1"], 2, "--mean and --std belong together"),
        (["--normalization", "unit", "--mean", "1", "--std", "1"], 2, "exclude each other"),
        (["--normalization", "lcn"], 2, "depends on the image"),
        (["--normalization", "unti"], 2, "unknown normalization"),
        (
            ["--average-flip", "--format", "16x8"],
            2,
            "--average-flip is stored in the card, which only --format int8 has",
        ),
        (["--aware-steps", "0", "--task", "detector"], 2, "--aware-steps, --average-flip"),
        (["--average-flip", "--task", "detector"], 2, "--pixel-pairs and --format are for --task embedder"),
        (["--task", "detector"], 2, r"--task detector converts the .npz of train-detector"),
    ],
)
def test_what_makes_no_sense_is_rejected_before_anything_is_converted(
    arguments: list[str], code: int, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    network = embedder(tmp_path / "n.keras", (32, 32, 3))
    assert answer("convert", network, tmp_path, "-o", tmp_path / "n.tflite", *arguments) == code
    assert sentence in capsys.readouterr().err


def test_shipped_weights_are_rejected_for_commercial_use(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from edge_siamese_converter.tasks.siamese.fine_tuning import shipped_weights

    for arguments in (["--use", "commercial"], ["--license", "MIT"]):
        assert answer("convert", shipped_weights("embedder"), tmp_path, "-o", tmp_path / "n.tflite", *arguments) == 2
        assert "license gate: the weights" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("steps", "ranges"),
    [((), "extremes"), (("--aware-steps", 0), "least error"), (("--aware-steps", 5), "least error")],
)
def test_the_card_says_how_an_imported_network_was_quantized(
    steps: tuple[Any, ...], ranges: str, colors: Path, tmp_path: Path
) -> None:
    network, model = embedder(tmp_path / "n.keras", (32, 32, 3)), tmp_path / "n.tflite"
    arguments: list[Any] = ["--normalization", "unit", "--images", "whole", *steps]
    assert answer("convert", network, colors, "-o", model, *arguments) == 0
    training = read_card(model).training
    assert (training["quantization_aware_steps"], training["ranges"]) == (steps[1] if steps else 0, ranges)


def normalizing(path: Path) -> Path:
    """A network for pixels from 0 to 255, which it brings to -1 to 1 itself."""
    keras.utils.set_random_seed(1)
    image = keras.Input((32, 32, 3))
    x = layers.Conv2D(16, 3, 4, padding="same", activation="relu")(layers.Rescaling(1 / 127.5, -1)(image))
    keras.Model(image, layers.Dense(16)(layers.GlobalAveragePooling2D()(x))).save(path)
    return path


def test_normalization_inside_the_network_becomes_the_contract(
    colors: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    network, model = normalizing(tmp_path / "n.keras"), tmp_path / "n.tflite"
    assert answer("convert", network, colors, "-o", model, "--images", "whole", "--json") == 0
    reported = capsys.readouterr()
    assert "computes x * 0.007843 + -1 (rescaling" in reported.err
    assert json.loads(reported.out)["parity"]["auc_float"] > 0.9
    imported = read_card(model).training["imported"]
    assert imported["input"] == "(pixel - 127.5) / 127.5, RGB"
    assert imported["normalization_found"].endswith("of pixels from 0 to 255")


def test_a_network_that_tells_nobody_apart_is_rejected(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(1)
    for person in range(24):
        (tmp_path / "noise" / f"p{person:02d}").mkdir(parents=True)
        for number in range(6):
            image = rng.integers(0, 256, (32, 32, 3)).astype(np.uint8)
            cv2.imwrite(str(tmp_path / "noise" / f"p{person:02d}" / f"{number}.png"), image)
    network, model = embedder(tmp_path / "n.keras", (32, 32, 3)), tmp_path / "n.tflite"
    assert answer("convert", network, tmp_path / "noise", "-o", model, "--images", "whole") == 1
    message = capsys.readouterr().err
    assert "the float network tells people apart no better than chance: AUC 0." in message
    assert (
        "images of 5 people, chance is 0.5; its input was (pixel - 128) / 128, RGB: describe the correct input"
        in message
    )
    assert not model.exists()
