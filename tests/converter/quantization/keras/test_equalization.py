import keras
import numpy as np
import pytest
from keras import layers

from edge_siamese_converter.networks.layers import conv_bn, depthwise_bn
from edge_siamese_converter.quantization.keras.equalization import equalized

INPUTS = np.random.default_rng(0).uniform(-1, 1, (30, 16, 16, 3)).astype("f4")


def uneven_network(activation: str = "relu") -> keras.Model:
    """A stem whose channels differ a thousandfold in range, and a depthwise layer that undoes it."""
    keras.utils.set_random_seed(0)
    image = keras.Input((16, 16, 3))
    x = conv_bn(image, 8, 3, 2, activation, name="stem")
    network = keras.Model(image, conv_bn(depthwise_bn(x, 3, 1, "relu", name="next"), 4, name="last"))
    factors = np.logspace(-1.2, 1.2, 8).astype("f4")
    gamma, beta, mean, variance = network.get_layer("stem_bn").get_weights()
    network.get_layer("stem_bn").set_weights([gamma * factors, beta * factors, mean, variance])
    return network


def channel_ranges(network: keras.Model) -> np.ndarray:
    stem = keras.Model(network.input, network.get_layer("stem_relu").output)
    return np.asarray(stem(INPUTS)).max(axis=(0, 1, 2))


def test_equalizing_evens_the_ranges_and_changes_no_result() -> None:
    network = uneven_network()
    even = equalized(network, INPUTS)
    assert np.asarray(even(INPUTS)) == pytest.approx(np.asarray(network(INPUTS)), abs=1e-4)
    before, after = channel_ranges(network), channel_ranges(even)
    assert before.max() / before.min() > 100
    assert after.max() / after.min() < 3


def test_the_network_handed_in_stays_as_it_was() -> None:
    network = uneven_network()
    before = [array.copy() for array in network.get_weights()]
    equalized(network, INPUTS)
    assert all(np.array_equal(a, b) for a, b in zip(before, network.get_weights(), strict=True))


def test_channels_before_a_silu_stay() -> None:
    network = uneven_network("silu")
    even = equalized(network, INPUTS)
    for name in ("stem", "stem_bn", "next"):
        assert all(map(np.array_equal, network.get_layer(name).get_weights(), even.get_layer(name).get_weights()))


def stream_network(*, read_by_silu: bool = False) -> keras.Model:
    """A stream of three tensors whose channels differ a hundredfold in range, read by 1x1 convolutions only."""
    keras.utils.set_random_seed(0)
    image = keras.Input((16, 16, 3))
    stream = conv_bn(image, 8, 3, 2, name="first")
    for name in ("a", "b"):
        stream = layers.Add(name=f"{name}_add")([stream, conv_bn(stream, 8, name=name)])
    x = layers.Activation("silu")(stream) if read_by_silu else stream
    network = keras.Model(image, conv_bn(x, 4, name="last"))
    for name in ("first_bn", "a_bn", "b_bn"):
        factors = np.logspace(-1, 1, 8).astype("f4")
        gamma, beta, mean, variance = network.get_layer(name).get_weights()
        network.get_layer(name).set_weights([gamma * factors, beta * factors, mean, variance])
    return network


def stream_ranges(network: keras.Model) -> np.ndarray:
    last = keras.Model(network.input, network.get_layer("b_add").output)
    return np.abs(np.asarray(last(INPUTS))).max(axis=(0, 1, 2))


def test_a_stream_gets_more_similar_ranges_and_no_result_changes() -> None:
    network = stream_network()
    even = equalized(network, INPUTS)
    assert np.asarray(even(INPUTS)) == pytest.approx(np.asarray(network(INPUTS)), rel=1e-4, abs=1e-3)
    before, after = stream_ranges(network), stream_ranges(even)
    assert after.max() / after.min() < 2 * np.sqrt(before.max() / before.min())


def test_a_stream_that_another_layer_reads_stays() -> None:
    network = stream_network(read_by_silu=True)
    assert stream_ranges(equalized(network, INPUTS)) == pytest.approx(stream_ranges(network))


def test_a_depthwise_convolution_behind_padding_is_equalized() -> None:
    keras.utils.set_random_seed(0)
    image = keras.Input((16, 16, 3))
    x = layers.ZeroPadding2D(((1, 0), (1, 0)))(conv_bn(image, 8, 3, 2, "relu", name="stem"))
    x = layers.DepthwiseConv2D(3, 2, use_bias=False, name="next")(x)
    network = keras.Model(image, conv_bn(x, 4, name="last"))
    factors = np.logspace(-1.2, 1.2, 8).astype("f4")
    gamma, beta, mean, variance = network.get_layer("stem_bn").get_weights()
    network.get_layer("stem_bn").set_weights([gamma * factors, beta * factors, mean, variance])
    even = equalized(network, INPUTS)
    assert np.asarray(even(INPUTS)) == pytest.approx(np.asarray(network(INPUTS)), abs=1e-4)
    ranges = channel_ranges(even)
    assert ranges.max() / ranges.min() < 3


def test_channels_that_a_convolution_sums_are_equalized_in_part() -> None:
    keras.utils.set_random_seed(0)
    image = keras.Input((16, 16, 3))
    x = conv_bn(image, 8, 3, 2, "relu", name="stem")
    network = keras.Model(image, conv_bn(x, 4, name="last"))
    factors = np.logspace(-1, 1, 8).astype("f4")
    gamma, beta, mean, variance = network.get_layer("stem_bn").get_weights()
    network.get_layer("stem_bn").set_weights([gamma * factors, beta * factors, mean, variance])
    even = equalized(network, INPUTS)
    assert np.asarray(even(INPUTS)) == pytest.approx(np.asarray(network(INPUTS)), abs=1e-4)
    before, after = channel_ranges(network), channel_ranges(even)
    assert after.max() / after.min() == pytest.approx(np.sqrt(before.max() / before.min()), rel=0.3)
