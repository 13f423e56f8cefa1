from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from edge_siamese.embedding import unit_rows
from edge_siamese.errors import DataError, EdgeSiameseError
from edge_siamese.tflite.graph import read_graph
from edge_siamese_converter.embeddings import embed_model
from edge_siamese_converter.importers import KerasNetwork

IMAGES = np.random.default_rng(0).integers(0, 256, (24, 32, 32, 3), np.uint8)


def network(activation: str = "relu") -> KerasNetwork:
    keras.utils.set_random_seed(3)
    image = keras.Input((32, 32, 3))
    x = layers.Conv2D(16, 3, 2, padding="same", activation=activation, name="stem")(image)
    x = layers.DepthwiseConv2D(3, padding="same", depth_multiplier=2, activation="relu")(x)
    x = layers.Conv2D(64, 1, activation="relu")(x)
    return KerasNetwork(keras.Model(image, layers.Dense(32)(layers.GlobalAveragePooling2D()(x))))


@pytest.fixture(scope="module")
def small() -> KerasNetwork:
    return network()


@pytest.mark.parametrize(
    ("format", "cosine", "weights"),
    [
        ("int8", 0.99, {"INT8"}),
        ("float", 0.999999, {"FLOAT32"}),
        ("float16", 0.9999, {"FLOAT16"}),
        ("dynamic", 0.99, {"INT8", "FLOAT32"}),
        ("16x8", 0.999, {"INT8"}),
    ],
)
def test_a_network_is_written_in_every_format(
    format: Any, cosine: float, weights: set[str], small: KerasNetwork
) -> None:
    model = small.convert(format, IMAGES)
    graph = read_graph(model)
    ends = {tensor.dtype for tensor in (*graph.inputs, *graph.outputs)}
    assert ends == {"INT8" if format == "int8" else "FLOAT32"}
    kernels = {
        tensor.dtype for operator in graph.operators for tensor in operator.inputs
        if tensor is not None and tensor.data is not None and len(tensor.shape) == 4
    }  # fmt: skip
    assert kernels <= weights
    cosines = np.sum(unit_rows(embed_model(model, IMAGES)) * unit_rows(small.embed(IMAGES)), axis=1)
    assert cosines.min() > cosine


def test_what_a_format_has_no_operator_for_is_said_in_one_sentence() -> None:
    with pytest.raises(
        EdgeSiameseError, match=r"cannot convert this network to 16x8: HARD_SWISH not supported in this format"
    ):
        network("hard_swish").convert("16x8", IMAGES)


@pytest.mark.parametrize(
    "convert", [lambda n: n.convert("int8", IMAGES[:19]), lambda n: n.convert("16x8", IMAGES[:19])]
)
def test_too_few_images_are_rejected(convert: Callable[[KerasNetwork], bytes], small: KerasNetwork) -> None:
    with pytest.raises(DataError, match="calibration needs at least 20 images, better 200; found 19"):
        convert(small)
