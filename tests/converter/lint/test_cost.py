"""The predicted cost of networks before training agrees with what the trained int8 networks were counted to execute."""

from typing import Any

import keras
import pytest

from edge_siamese.arm_cost import CORES
from edge_siamese.models import named_model
from edge_siamese.tflite.graph import read_graph
from edge_siamese.tflite.model_card import model_bytes
from edge_siamese_converter.lint.cost import predict_cost
from edge_siamese_converter.networks.detector import build_detector
from edge_siamese_converter.networks.registry import build_network
from edge_siamese_converter.quantization.formats import as_float
from tests.counted_instructions import COUNTED

ALL = list(CORES.values())


@pytest.mark.parametrize("name", COUNTED)
def test_shipped_networks_within_three_percent(name: str) -> None:
    path = named_model(name)
    assert path
    for prediction in predict_cost(read_graph(model_bytes(path)), ALL).predictions:
        assert prediction.instructions == pytest.approx(COUNTED[name][prediction.core] * 1e6, rel=0.03)


@pytest.mark.parametrize(
    ("name", "build"),
    [
        ("detector", lambda: build_detector(320, "wide")),
        ("embedder", lambda: build_network("twin", input_shape=(112, 112, 3))),
    ],
)
def test_networks_before_training_within_three_percent(name: str, build: Any) -> None:
    cost = predict_cost(read_graph(as_float(build())), ALL)
    for prediction in cost.predictions:
        assert prediction.instructions == pytest.approx(COUNTED[name][prediction.core] * 1e6, rel=0.03)
        assert not prediction.unknown


def test_the_light_detector_takes_a_third_of_the_instructions() -> None:
    counted = {"a53": 17.71e6, "a72": 15.39e6, "a76": 7.37e6}  # `bench arm` of an int8 file with these layers
    for prediction in predict_cost(read_graph(as_float(build_detector(320, "light"))), ALL).predictions:
        assert prediction.instructions == pytest.approx(counted[prediction.core], rel=0.03)
    assert counted["a72"] < 0.34 * COUNTED["detector"]["a72"] * 1e6
    assert counted["a76"] < 0.34 * COUNTED["detector"]["a76"] * 1e6


def test_shares_add_up_to_all_but_the_call() -> None:
    image = keras.Input((16, 16, 8))
    x = keras.layers.Conv2D(16, 3)(image)
    x = keras.layers.MaxPooling2D(2)(keras.layers.Activation("silu")(x))
    cost = predict_cost(read_graph(as_float(keras.Model(image, x))), [CORES["a72"]])
    (prediction,) = cost.predictions
    shares = cost.shares(prediction)
    assert list(shares) == sorted(shares, key=lambda label: -shares[label])
    assert set(shares) == {"conv 3x3", "logistic", "max pool 2x2"}
    assert sum(shares.values()) == pytest.approx(1 - prediction.call / prediction.instructions)
    assert cost.macs == 14 * 14 * 16 * 9 * 8
