import keras
import numpy as np
import pytest

from edge_siamese_converter.networks.mobilenetv3_classic import features
from edge_siamese_converter.networks.registry import build_network

IMAGES = np.random.default_rng(0).uniform(-1, 1, (2, 64, 64, 3)).astype("f4")
PUBLISHED = {"small": keras.applications.MobileNetV3Small, "large": keras.applications.MobileNetV3Large}


@pytest.mark.parametrize(
    ("size", "minimalistic", "width"),
    [("small", False, 1.0), ("small", True, 1.0), ("small", False, 0.75), ("large", False, 1.0), ("large", True, 0.75)],
)
def test_weights_of_keras_applications_give_its_features(size: str, minimalistic: bool, width: float) -> None:
    theirs = PUBLISHED[size](
        (64, 64, 3),
        alpha=width,
        minimalistic=minimalistic,
        include_top=False,
        weights=None,
        include_preprocessing=False,
    )
    image = keras.Input((64, 64, 3))
    ours = keras.Model(image, features(image, size, width, minimalistic))
    assert ours.count_params() == theirs.count_params()
    ours.set_weights(theirs.get_weights())
    expected = np.asarray(theirs(IMAGES))
    assert np.asarray(ours(IMAGES)) == pytest.approx(expected, abs=1e-3 * float(np.abs(expected).max()))
    assert expected.std() > 0


@pytest.mark.parametrize(
    ("name", "parameters"), [("mobilenetv3-small", 939_120 + 577 * 1024), ("mobilenetv3-large", 2_996_352 + 961 * 1280)]
)
def test_the_head_is_one_convolution_after_pooling(name: str, parameters: int) -> None:
    assert build_network(name, input_shape=(64, 64, 3)).count_params() == parameters


def test_the_minimalistic_network_has_nothing_an_edge_runtime_lacks() -> None:
    network = build_network("mobilenetv3-large", input_shape=(64, 64, 3), minimalistic=True)
    assert not [layer.name for layer in network.layers if "hard" in layer.name or "_se_" in layer.name]
    assert {layer.kernel_size for layer in network.layers if layer.name.endswith("_depthwise")} == {(3, 3)}
