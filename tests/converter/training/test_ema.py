import keras
import numpy as np
import pytest
from keras import layers

from edge_siamese_converter.training.ema import ema_weights, keep_ema


def line(ema_momentum: float | None):
    """A model of one weight that starts at 0 and is pulled to 1."""
    network = keras.Sequential([keras.Input((1,)), layers.Dense(1, use_bias=False, kernel_initializer="zeros")])
    averaging = {} if ema_momentum is None else {"use_ema": True, "ema_momentum": ema_momentum}
    network.compile(optimizer=keras.optimizers.SGD(0.1, **averaging), loss="mse")
    return network


def test_the_average_follows_the_weights_of_every_step():
    network = line(0.75)
    one = np.ones((1, 1), np.float32)
    weight, expected = 0.0, None
    for _ in range(5):
        network.train_on_batch(one, one)
        weight += 0.2 * (1 - weight)
        expected = weight if expected is None else 0.75 * expected + 0.25 * weight
    with ema_weights(network):
        assert float(network.get_weights()[0][0, 0]) == pytest.approx(expected, rel=1e-5)
    assert float(network.get_weights()[0][0, 0]) == pytest.approx(weight, rel=1e-5)


def test_without_averages_the_weights_stay():
    network = line(None)
    one = np.ones((1, 1), np.float32)
    network.train_on_batch(one, one)
    before = network.get_weights()[0]
    keep_ema(network, network, np.zeros((1, 1), np.uint8))
    np.testing.assert_array_equal(network.get_weights()[0], before)


def test_batch_normalizations_get_the_moments_of_the_averaged_network():
    image = keras.Input((4, 4, 3))
    middle = layers.Conv2D(5, 3, name="convolution")(image)
    network = keras.Model(image, layers.BatchNormalization(momentum=0.9, name="bn")(middle))
    network.compile(optimizer=keras.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.5), loss="mse")
    images = np.random.default_rng(0).integers(0, 256, (300, 4, 4, 3), dtype=np.uint8)
    inputs = (images.astype(np.float32) - 128) / 128
    for _ in range(3):
        network.train_on_batch(inputs, np.ones((300, 2, 2, 5), np.float32))
    moments = network.get_layer("bn").get_weights()[2:]
    with ema_weights(network, network, images):
        assert not np.allclose(network.get_layer("bn").get_weights()[2:], moments, atol=1e-4)
    np.testing.assert_array_equal(network.get_layer("bn").get_weights()[2:], moments)
    keep_ema(network, network, images)
    inside = keras.Model(network.input, network.get_layer("convolution").output).predict_on_batch(inputs)
    _, _, mean, variance = network.get_layer("bn").get_weights()
    np.testing.assert_allclose(mean, inside.mean(axis=(0, 1, 2)), atol=1e-3)
    np.testing.assert_allclose(variance, inside.var(axis=(0, 1, 2)), rtol=0.02)
    assert network.get_layer("bn").momentum == 0.9
