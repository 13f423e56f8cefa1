from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from edge_siamese.preprocessing import float_input
from edge_siamese_converter.importers import KerasNetwork
from edge_siamese_converter.quantization.formats import convert_static, static_batch
from edge_siamese_converter.quantization.sqnr import compare_layers, worst

IMAGES = np.random.default_rng(0).integers(0, 256, (24, 24, 24, 3), np.uint8)


def uneven_network() -> Any:
    """A layer in the middle whose channels differ a thousandfold, which no equalization reaches through its SiLU."""
    keras.utils.set_random_seed(3)
    image = keras.Input((24, 24, 3), name="image")
    x = layers.Conv2D(8, 3, 2, padding="same", activation="relu", name="stem")(image)
    x = layers.Conv2D(8, 1, name="uneven")(x)
    x = layers.Conv2D(8, 1, name="after", activation="relu")(x)
    network = keras.Model(image, layers.Dense(8, name="embedding")(layers.Flatten()(x)))
    factors = np.logspace(0, 3, 8).astype("f4")
    for name, scale in (("uneven", factors), ("after", 1 / factors[:, None])):
        kernel, bias = network.get_layer(name).get_weights()
        network.get_layer(name).set_weights([kernel * scale, bias])
    return network


@pytest.fixture(scope="module")
def models() -> tuple[KerasNetwork, bytes, bytes]:
    network = KerasNetwork(uneven_network())
    return network, network.reference(IMAGES), network.convert("int8", IMAGES)


def test_the_layer_that_loses_is_named(models: tuple[KerasNetwork, bytes, bytes]) -> None:
    network, original, quantized = models
    layers_ = compare_layers(original, quantized, IMAGES[:4], network.layers)
    assert [layer.layer for layer in layers_ if layer.operator != "RESHAPE"] == ["stem", "uneven", "after", "embedding"]
    assert worst(layers_, 1)[0].layer == "after"
    by_name = {layer.layer: layer for layer in layers_}
    assert by_name["stem"].sqnr_db > 30 > by_name["after"].sqnr_db


def test_a_network_beside_itself_has_no_noise(models: tuple[KerasNetwork, bytes, bytes]) -> None:
    network, original, _ = models
    assert {layer.sqnr_db for layer in compare_layers(original, original, IMAGES[:2], network.layers)} == {120.0}


def test_the_figure_is_that_of_its_definition(models: tuple[KerasNetwork, bytes, bytes]) -> None:
    network, original, _ = models
    dynamic = convert_static(static_batch(network.network, (24, 24, 3)), "dynamic")
    last = compare_layers(original, dynamic, IMAGES[:3], network.layers)[-1]
    from edge_siamese_converter.embeddings import embed_model

    expected = np.asarray(network.network(float_input(IMAGES[:3])))
    error = expected - embed_model(dynamic, IMAGES[:3])
    assert last.sqnr_db == pytest.approx(min(120, 10 * np.log10(np.sum(expected**2) / np.sum(error**2))), abs=0.5)
