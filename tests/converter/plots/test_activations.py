import keras
import numpy as np
import pytest

from edge_siamese_converter.plots.activations import activation_montage, layer_activations


@pytest.fixture(scope="module")
def network() -> keras.Model:
    inputs = keras.Input((16, 16, 1))
    first = keras.layers.Conv2D(30, 3, kernel_initializer="ones", name="first")(inputs)
    second = keras.layers.MaxPooling2D(2, name="second")(first)
    return keras.Model(inputs, keras.layers.Dense(4)(keras.layers.Flatten()(second)))


def test_the_outputs_are_those_of_the_layers(network: keras.Model) -> None:
    image = np.random.default_rng(0).normal(size=(16, 16, 1)).astype(np.float32)
    found = layer_activations(network, image)
    assert [(layer.name, layer.values.shape) for layer in found] == [("first", (14, 14, 30)), ("second", (7, 7, 30))]
    assert found[0].values[2, 5, 0] == pytest.approx(image[2:5, 5:8].sum(), rel=1e-4)
    svg = activation_montage(found).svg()
    assert "first: 30 channels of 14 x 14, 24 of them" in svg


def test_a_network_without_images_inside_has_nothing_to_show() -> None:
    inputs = keras.Input((4, 4, 1))
    flat = keras.Model(inputs, keras.layers.Dense(2)(keras.layers.Flatten()(inputs)))
    assert layer_activations(flat, np.zeros((4, 4, 1), np.float32)) == []
