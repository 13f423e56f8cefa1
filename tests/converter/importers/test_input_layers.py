from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from edge_siamese.tflite.graph import read_graph
from edge_siamese_converter.importers import GraphNetwork, KerasNetwork, PixelInput, load_any
from edge_siamese_converter.importers.input_layers import InputNormalization, split_normalization
from edge_siamese_converter.quantization.formats import as_float

Make = Callable[..., Any]
RAW, UNIT, SIGNED = PixelInput((0.0,), (1.0,)), PixelInput((0.0,), (255.0,)), PixelInput()
IMAGENET = ((0.485, 0.456, 0.406), (0.229**2, 0.224**2, 0.225**2))


@pytest.mark.parametrize(
    ("scale", "offset", "taken"),
    [
        (1 / 255, 0.0, RAW),
        (1 / 127.5, -1.0, RAW),
        (1 / 128, -127.5 / 128, RAW),
        ([1 / 58.4, 1 / 57.1, 1 / 57.4], [-2.1, -2.0, -1.8], RAW),
        ([4.37, 4.46, 4.44], [-2.12, -2.04, -1.8], UNIT),
        (2.0, -1.0, UNIT),
        (255.0, 0.0, UNIT),
        (0.5, 0.5, SIGNED),
        (127.5, 127.5, SIGNED),
    ],
)
def test_a_normalization_tells_what_it_is_made_for(scale: Any, offset: Any, taken: PixelInput) -> None:
    assert InputNormalization().then(scale, offset, "rescaling").takes() == taken


def front(kind: str, x: Any) -> Any:
    if kind == "rescaling":
        return layers.Rescaling(1 / 127.5, -1)(x)
    if kind == "normalization":
        return layers.Normalization(mean=IMAGENET[0], variance=IMAGENET[1])(layers.Rescaling(1 / 255)(x))
    return (x - 127.5) / 128.0


@pytest.fixture(params=["rescaling", "normalization", "arithmetic"])
def network(request: pytest.FixtureRequest, make_network: Make) -> Any:
    """Takes pixels from 0 to 255."""
    rest = make_network()
    image = keras.Input((32, 32, 3))
    x = front(request.param, image)
    for layer in rest.layers[1:]:
        x = layer(x)
    return keras.Model(image, x)


def test_keras_layers_are_folded(network: Any, images: np.ndarray, tmp_path: Path) -> None:
    network.save(tmp_path / "n.keras")
    found = load_any(tmp_path / "n.keras")
    assert isinstance(found, KerasNetwork)
    assert not {"Rescaling", "Normalization", "Subtract"} & {type(layer).__name__ for layer in found.network.layers}
    expected = network.predict_on_batch(images.astype(np.float32))
    assert found.embed(images) == pytest.approx(expected, abs=1e-4)
    assert found.normalization.endswith("of pixels from 0 to 255")


def test_operators_of_a_graph_are_folded(network: Any, images: np.ndarray, tmp_path: Path) -> None:
    (tmp_path / "n.tflite").write_bytes(as_float(network))
    found = load_any(tmp_path / "n.tflite")
    assert isinstance(found, GraphNetwork)
    kinds = [operator.kind for operator in read_graph(found.graph).operators]
    assert not {"MUL", "SUB", "ADD", "DIV"} & set(kinds[:3])
    assert found.embed(images) == pytest.approx(network.predict_on_batch(images.astype(np.float32)), abs=1e-4)


def test_channels_first_constants_are_folded(images: np.ndarray, tmp_path: Path) -> None:
    image = keras.Input((3, 32, 32))
    scaled = (image - np.array([123.0, 117, 104], np.float32).reshape(1, 3, 1, 1)) / 58.0
    network = keras.Model(image, keras.ops.mean(keras.ops.abs(scaled), axis=(2, 3)))
    (tmp_path / "n.tflite").write_bytes(as_float(network))
    found = load_any(tmp_path / "n.tflite")
    expected = np.abs((images - np.array([123.0, 117, 104])) / 58).mean(axis=(1, 2))
    assert found.embed(images) == pytest.approx(expected, abs=1e-4)


def test_what_was_said_of_the_input_counts_more(make_network: Make, images: np.ndarray, tmp_path: Path) -> None:
    image = keras.Input((32, 32, 3))
    network = keras.Model(image, make_network()(layers.Rescaling(1 / 127.5, -1)(image)))
    network.save(tmp_path / "n.keras")
    found = load_any(tmp_path / "n.keras", pixels=PixelInput((0.0,), (2.0,)))
    assert found.embed(images) == pytest.approx(network.predict_on_batch(images / np.float32(2)), abs=1e-4)


def test_a_network_inside_the_network_tells_as_well(make_network: Make, images: np.ndarray, tmp_path: Path) -> None:
    image, inner = keras.Input((32, 32, 3)), keras.Input((32, 32, 3))
    backbone = keras.Model(inner, make_network()(layers.Rescaling(1 / 255)(inner)))
    network = keras.Model(image, layers.Dense(4)(backbone(image)))
    network.save(tmp_path / "n.keras")
    found = load_any(tmp_path / "n.keras")
    assert found.pixels == RAW
    assert found.embed(images) == pytest.approx(network.predict_on_batch(images.astype(np.float32)), abs=1e-4)


def test_a_network_without_normalization_stays(make_network: Make) -> None:
    network, found = split_normalization(make_network())
    assert found is None
    assert [layer.name for layer in network.layers][1] == "stem"


def test_a_scale_that_is_also_used_elsewhere_stays(tmp_path: Path) -> None:
    image = keras.Input((16, 16, 3))
    scaled = layers.Rescaling(1 / 255)(image)
    both = layers.Concatenate()([layers.Flatten()(scaled), layers.Flatten()(image)])
    network, found = split_normalization(keras.Model(image, both))
    assert found is None
    assert any(isinstance(layer, layers.Rescaling) for layer in network.layers)
