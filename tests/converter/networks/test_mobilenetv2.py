import keras
import numpy as np
import pytest

from edge_siamese_converter.networks.mobilenetv2 import mobilenetv2
from edge_siamese_converter.networks.registry import build_network

IMAGES = np.random.default_rng(0).uniform(-1, 1, (2, 64, 64, 3)).astype("f4")


@pytest.mark.parametrize("width", [1.0, 0.35, 1.4])
def test_weights_of_keras_applications_give_its_features(width: float) -> None:
    theirs = keras.applications.MobileNetV2((64, 64, 3), alpha=width, include_top=False, weights=None, pooling="avg")
    image = keras.Input((64, 64, 3))
    ours = keras.Model(image, mobilenetv2(image, dimension=theirs.output_shape[1], width=width))
    assert ours.count_params() == theirs.count_params()
    ours.set_weights(theirs.get_weights())
    expected = np.asarray(theirs(IMAGES))
    assert np.asarray(ours(IMAGES)) == pytest.approx(expected, abs=1e-3 * float(np.abs(expected).max()))
    assert expected.std() > 0


def test_another_length_is_one_linear_layer_more() -> None:
    network = build_network("mobilenetv2", input_shape=(64, 64, 3), dimension=128)
    assert network.count_params() == 2_257_984 + 1280 * 128 + 128


def test_projected_shortcuts_stand_where_the_channels_change() -> None:
    options = {"activation": "relu", "project_shortcuts": True}
    network = build_network("mobilenetv2", input_shape=(64, 64, 3), **options)
    shortcuts = [layer for layer in network.layers if layer.name.endswith("_shortcut")]
    assert [layer.kernel.shape[2:] for layer in shortcuts] == [(32, 16), (64, 96), (160, 320)]
    assert not [layer.name for layer in network.layers if "relu6" in layer.name]
