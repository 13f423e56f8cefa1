"""Int8 of networks that exist only as a float .tflite."""

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from edge_siamese.embedding import unit_rows
from edge_siamese.tflite.graph import read_graph
from edge_siamese_converter.embeddings import embed_model
from edge_siamese_converter.importers import GraphNetwork, PixelInput
from edge_siamese_converter.importers.tflite_files import adopt
from edge_siamese_converter.quantization.formats import as_float
from edge_siamese_converter.quantization.tflite.equalization import equalized_graph
from edge_siamese_converter.quantization.tflite.quantize import convert_graph
from edge_siamese_converter.quantization.tflite.ranges import measure_graph_ranges, with_room_for_biases

IMAGES = np.random.default_rng(0).integers(0, 256, (24, 24, 24, 3), np.uint8)


def embedder(*, spread: float = 1.0, dead_bias: float = 0.0, steep: float = 0.0) -> GraphNetwork:
    """Convolution, PReLU, depthwise and whole convolution; in float the function does not depend on `spread`.

    Args:
        spread: ratio of the largest to the smallest channel between the convolutions.
        dead_bias: bias of a first channel whose kernel is almost nothing.
        steep: how far the values before the PReLU reach below zero, where its slope is near nothing.
    """
    keras.utils.set_random_seed(3)
    image = keras.Input((24, 24, 3), name="image")
    x = layers.Conv2D(8, 3, 2, padding="same", name="stem")(image)
    x = layers.PReLU(shared_axes=[1, 2], alpha_initializer=keras.initializers.Constant(0.001), name="slopes")(x)
    x = layers.DepthwiseConv2D(3, padding="same", activation="relu", name="depthwise")(x)
    x = layers.Conv2D(8, 1, activation="relu", name="point")(x)
    network = keras.Model(image, layers.Dense(8, name="embedding")(layers.Flatten()(x)))
    factors = np.logspace(0, np.log10(spread), 8).astype("f4")
    kernel, bias = network.get_layer("stem").get_weights()
    kernel, bias = kernel * factors, bias * factors
    if dead_bias:
        kernel[..., 0], bias[0] = 1e-9, dead_bias
    if steep:
        bias[1] = -steep
    network.get_layer("stem").set_weights([kernel, bias])
    kernel, bias = network.get_layer("depthwise").get_weights()
    network.get_layer("depthwise").set_weights([kernel / factors[:, None], bias])
    return adopt(as_float(network), "test", PixelInput())


def cosines(network: GraphNetwork, model: bytes) -> Any:
    return np.sum(unit_rows(network.embed(IMAGES)) * unit_rows(embed_model(model, IMAGES)), axis=1)


def channel_extents(graph: bytes) -> np.ndarray:
    from edge_siamese_converter.quantization.tflite.probe import GraphProbe

    slopes = next(each for each in read_graph(graph).operators if each.kind == "PRELU")
    (values,) = GraphProbe(graph, [slopes.outputs[0].index])(IMAGES[0])
    return np.abs(values).max(axis=(0, 1, 2))


def test_equalizing_evens_channels_through_a_prelu_and_changes_no_result() -> None:
    network = embedder(spread=1000)
    even = equalized_graph(network.graph, IMAGES)
    assert cosines(network, even).min() > 0.99999
    before, after = channel_extents(network.graph), channel_extents(even)
    assert before.max() / before.min() > 100
    assert after.max() / after.min() < 3


def test_what_equalizing_leaves_alone_stays_as_it_was() -> None:
    image = keras.Input((24, 24, 3))
    x = layers.Conv2D(4, 3, activation="silu")(image)
    plain = as_float(keras.Model(image, layers.Dense(4)(layers.Flatten()(layers.DepthwiseConv2D(3)(x)))))
    assert equalized_graph(plain, IMAGES) == plain


@pytest.mark.parametrize("settings", [{}, {"spread": 1000.0}, {"dead_bias": 5.0}, {"steep": 30.0}])
def test_int8_stays_near_float_whatever_the_channels_are(settings: dict[str, float]) -> None:
    pytest.importorskip("ai_edge_quantizer", reason="graphs are quantized by ai-edge-quantizer (the extra 'import')")
    network = embedder(**settings)
    assert cosines(network, convert_graph(network.graph, "int8", IMAGES)).min() > 0.99


def test_room_for_a_dead_channels_bias_changes_nothing_else() -> None:
    network = embedder(dead_bias=5.0)
    ranges = measure_graph_ranges(network.graph, IMAGES)
    roomy = with_room_for_biases(network.graph, ranges)
    assert cosines(network, roomy).min() > 0.999999
    before, after = ((read_graph(graph).operators[0].inputs[1]) for graph in (network.graph, roomy))
    assert before is not None
    assert after is not None
    assert np.abs(before.values[0]).max() < 1e-8 < np.abs(after.values[0]).max()
    assert np.array_equal(before.values[1:], after.values[1:])


def test_a_long_negative_half_does_not_take_the_range_before_a_prelu() -> None:
    network = embedder(steep=30.0)
    stem = read_graph(network.graph).operators[0].outputs[0].name
    low, high = measure_graph_ranges(network.graph, IMAGES)[stem]
    assert -10 < low < 0 < high < 10


def test_replaced_constants_are_not_kept_twice() -> None:
    network = embedder(spread=1000)
    assert len(equalized_graph(network.graph, IMAGES)) < 1.1 * len(network.graph)
