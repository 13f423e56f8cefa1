import json
import zipfile
from pathlib import Path

import keras
import numpy as np
import pytest

from edge_siamese.errors import DataError
from edge_siamese.operating_point import OperatingPoint
from edge_siamese.tflite.model_card import read_card, read_model
from edge_siamese.tflite.runtime import load_network
from edge_siamese.tflite.self_test import self_test
from edge_siamese_converter.export.model_file import Description, export_model, with_contract
from edge_siamese_converter.quantization.keras.ptq import quantize

IMAGES = np.random.default_rng(0).integers(0, 256, (24, 32, 32, 3), np.uint8)
POINT = OperatingPoint(1e-3, 12345, 9e-4, 10_000, 12, 0.2, "digest")


@pytest.fixture(scope="module")
def bare() -> bytes:
    keras.utils.set_random_seed(0)
    image = keras.Input((32, 32, 3))
    x = keras.layers.Conv2D(8, 3, 2, activation="silu")(image)
    x = keras.layers.Conv2D(6, 15)(x)
    return quantize(keras.Model(image, keras.layers.Reshape((6,))(x)), IMAGES)


@pytest.fixture(scope="module")
def network(bare: bytes) -> bytes:
    return with_contract(bare, "embedder")


@pytest.fixture
def model(network: bytes, tmp_path: Path) -> Path:
    path = tmp_path / "model.tflite"
    export_model(path, network, Description("embedder", "tiny", "free", {"epochs": 1}, (POINT,)), list(IMAGES[:2]))
    return path


def test_an_exported_model_reads_back_as_described(model: Path) -> None:
    card = read_card(model)
    assert (card.task, card.name, card.license, card.training) == ("embedder", "tiny", "free", {"epochs": 1})
    assert (card.dimension, card.input_size, card.operating_points) == (6, (32, 32), (POINT,))
    assert np.array_equal(card.goldens[1].image, IMAGES[1])


def test_pixels_enter_as_they_are_but_for_the_sign_bit(network: bytes) -> None:
    loaded = load_network(network)
    assert loaded._input["quantization"] == (1 / 128, 0)


def test_the_exported_model_passes_its_own_self_test(model: Path) -> None:
    file = read_model(model)
    assert min(self_test(load_network(file.network, "reference"), file.card).cosines) == pytest.approx(1)


def test_the_same_export_gives_the_same_bytes(network: bytes, tmp_path: Path) -> None:
    for name in ("a", "b"):
        export_model(tmp_path / name, network, Description("embedder", "tiny", "free"), list(IMAGES[:1]))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_the_contract_says_whether_mirror_images_are_seen_too(tmp_path: Path, bare: bytes) -> None:
    for name, average_flip in (("one", False), ("both", True)):
        model = with_contract(bare, "embedder", average_flip=average_flip)
        export_model(tmp_path / name, model, Description("embedder", name, "free"), [])
    one, both = read_card(tmp_path / "one"), read_card(tmp_path / "both")
    assert (one.average_flip, both.average_flip) == (False, True)
    assert one.digest != both.digest


def test_other_tools_can_open_the_card_as_a_zip(model: Path) -> None:
    with zipfile.ZipFile(model) as archive:
        assert archive.testzip() is None
        assert json.loads(archive.read("card.json"))["name"] == "tiny"


def test_calibration_on_a_handful_of_images_is_refused() -> None:
    with pytest.raises(DataError, match="at least 20 images, better 200; found 19"):
        quantize(None, IMAGES[:19])
