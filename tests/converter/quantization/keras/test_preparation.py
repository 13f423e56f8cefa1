import keras
import numpy as np
import pytest

from edge_siamese_converter.networks.layers import conv_bn, depthwise_bn
from edge_siamese_converter.quantization.keras.preparation import equalized, rounded_keeping_sums

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


def test_through_a_silu_nothing_can_be_equalized() -> None:
    network = uneven_network("silu")
    even = equalized(network, INPUTS)
    assert all(np.array_equal(a, b) for a, b in zip(network.get_weights(), even.get_weights(), strict=True))


def test_rounded_taps_lie_on_the_grid_and_keep_their_sum() -> None:
    kernel = np.random.default_rng(1).normal(size=(5, 5, 40, 1)).astype("f4")
    kernel -= kernel.mean(axis=(0, 1))
    rounded = rounded_keeping_sums(kernel)
    steps = np.abs(kernel).max(axis=(0, 1, 3)) / 127
    on_grid = rounded[..., 0] / steps
    assert on_grid == pytest.approx(np.round(on_grid), abs=1e-3)
    assert np.abs(rounded - kernel)[..., 0].max(axis=(0, 1)) / steps == pytest.approx(np.full(40, 0.6), abs=0.4)
    assert np.abs(rounded).max(axis=(0, 1, 3)) == pytest.approx(np.abs(kernel).max(axis=(0, 1, 3)))
    assert np.abs((rounded - kernel).sum(axis=(0, 1))[:, 0] / steps).max() <= 0.501


def test_a_dead_channel_stays_dead() -> None:
    assert not rounded_keeping_sums(np.zeros((3, 3, 2, 1), "f4")).any()


def test_kernels_of_several_outputs_a_channel_are_rounded_each_for_itself() -> None:
    kernel = np.random.default_rng(1).normal(size=(3, 3, 4, 2)).astype("f4")
    rounded = rounded_keeping_sums(kernel)
    alone = np.stack([rounded_keeping_sums(kernel[..., at : at + 1])[..., 0] for at in range(2)], axis=-1)
    assert rounded == pytest.approx(alone, abs=1e-6)
