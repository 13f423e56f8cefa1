import functools
import inspect
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge_siamese.errors import DataError
from edge_siamese_converter.checkpoints import load_weights, save_float16_weights
from edge_siamese_converter.networks import registry
from edge_siamese_converter.networks.registry import NETWORKS, build_network


@functools.cache
def built(name: str) -> Any:
    return build_network(name, input_shape=NETWORKS[name].input_shape)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("twin", 1_145_056),
        ("separable-cnn", 171_171),
        ("celebrities-cnn", 504_962),
        ("resnet18-eca", 11_442_314),
        ("hani", 188_299),
        ("chopra", 468_275),
        ("custom", 226_928),
        ("deepid", 62_000),
        ("mobilenetv2", 2_257_984),
        ("inception-resnet-v1", 23_497_424),
    ],
)
def test_published_layouts_have_their_parameters(name: str, parameters: int) -> None:
    assert built(name).count_params() == parameters


@pytest.mark.parametrize("name", NETWORKS)
def test_images_of_the_usual_shape_give_embeddings_of_the_usual_length(name: str) -> None:
    entry = NETWORKS[name]
    assert built(name).input_shape == (None, *entry.input_shape)
    assert built(name).output_shape == (None, entry.dimension)
    assert inspect.signature(registry._load(entry.builder)).parameters["dimension"].default == entry.dimension


@pytest.mark.parametrize("name", NETWORKS)
def test_variable_paths_are_unique_and_the_same_each_time(name: str) -> None:
    paths = [variable.path for variable in built(name).weights]
    again = build_network(name, input_shape=NETWORKS[name].input_shape)
    assert len(set(paths)) == len(paths)
    assert [variable.path for variable in again.weights] == paths


@pytest.mark.parametrize("name", ["twin", "mobilenetv2", "resnet18-eca", "separable-cnn"])
def test_the_embedding_has_the_length_asked_for(name: str) -> None:
    assert build_network(name, input_shape=(64, 64, 1), dimension=24).output_shape == (None, 24)


@pytest.mark.parametrize(
    "name", ["separable-cnn", "celebrities-cnn", "chopra", "custom", "deepid", "mobilenetv3-small"]
)
def test_a_linear_embedding_has_both_signs(name: str) -> None:
    shape = (96, 96, 1)
    images = np.random.default_rng(0).uniform(-1, 1, (4, *shape)).astype("f4")
    published = np.asarray(build_network(name, input_shape=shape)(images))
    linear = np.asarray(build_network(name, input_shape=shape, linear_embedding=True)(images))
    assert linear.shape == published.shape
    assert linear.min() < 0 < linear.max()
    assert published.min() >= (-0.375 if name == "mobilenetv3-small" else 0)


def test_half_precision_weights_come_back(tmp_path: Path) -> None:
    network = build_network("hani", input_shape=(64, 64, 1), spatial_transformer=1)
    save_float16_weights(tmp_path / "hani.npz", network, {"name": "hani"})
    other = build_network("hani", input_shape=(64, 64, 1), spatial_transformer=1)
    load_weights(tmp_path / "hani.npz", other)
    images = np.random.default_rng(0).uniform(-1, 1, (2, 64, 64, 1)).astype("f4")
    expected, found = np.asarray(network(images)), np.asarray(other(images))
    assert found == pytest.approx(expected, abs=0.01 * float(np.abs(expected).max()))
    assert expected.std() > 0


def test_a_spatial_transformer_in_front_changes_nothing_at_first() -> None:
    plain = built("hani")
    straightened = build_network("hani", input_shape=(64, 64, 1), spatial_transformer=True)
    assert straightened.count_params() == 188_299 + 110_896
    for layer in plain.layers:
        straightened.get_layer(layer.name).set_weights(layer.get_weights())
    images = np.random.default_rng(0).uniform(-1, 1, (2, 64, 64, 1)).astype("f4")
    assert np.asarray(straightened(images)) == pytest.approx(np.asarray(plain(images)), abs=1e-6)


def test_a_halving_spatial_transformer_feeds_the_network_half_the_size() -> None:
    network = build_network("hani", input_shape=(96, 80, 1), spatial_transformer=2)
    assert network.get_layer("conv1").input.shape == (None, 48, 40, 1)


def test_listing_imports_no_framework() -> None:
    code = "import sys, edge_siamese_converter.networks.registry; print('keras' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "False"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "chopar"}, "unknown network 'chopar'; did you mean 'chopra'"),
        ({"dropuot": 0.5}, "network hani: unknown option 'dropuot'; did you mean 'dropout'"),
        ({"dropout": "half"}, "network hani: dropout has to be of type float, found 'half'"),
        ({"activation": "relo"}, "unknown activation 'relo'; did you mean 'relu'"),
        ({"dimension": 0}, "dimension has to be 1 or more, found 0"),
        ({"input_shape": (64, 64)}, r"input_shape has to be \(height, width, channels\), found \(64, 64\)"),
        ({"input_shape": (35, 64, 1)}, r"network hani cannot be built for images of shape \(35, 64, 1\): .*size"),
        ({"name": "twin", "input_shape": (112, 96, 3)}, "the twin takes square images, found 112 x 96"),
        ({"spatial_transformer": -1}, "downsample has to be 1 or more, found -1"),
    ],
)
def test_what_cannot_be_built_is_said(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        build_network(**{"name": "hani", "input_shape": (64, 64, 1)} | arguments)


@pytest.mark.parametrize(
    ("name", "minimum"),
    [
        ("hani", 36),
        ("chopra", 46),
        ("custom", 36),
        ("deepid", 81),
        ("separable-cnn", 58),
        ("celebrities-cnn", 10),
        ("inception-resnet-v1", 75),
    ],
)
def test_the_stated_smallest_images_fit_and_smaller_ones_do_not(name: str, minimum: int) -> None:
    assert build_network(name, input_shape=(minimum, minimum, 1)).output_shape == (None, NETWORKS[name].dimension)
    with pytest.raises(DataError, match=f"network {name} cannot be built"):
        build_network(name, input_shape=(minimum - 1, minimum, 1))
