import keras
import numpy as np
import pytest
import tensorflow as tf

from edge_siamese_converter.distances import l2
from edge_siamese_converter.networks.published_cnns import scaled_tanh
from edge_siamese_converter.networks.registry import build_network
from edge_siamese_converter.training.losses import contrastive


def test_scaled_tanh_maps_one_nearly_to_itself() -> None:
    assert np.asarray(scaled_tanh(np.array([-1.0, 0.0, 1.0, 100.0]))) == pytest.approx([-1, 0, 1, 1.7159], abs=1e-4)


@pytest.mark.parametrize("name", ["chopra", "custom"])
def test_scaled_tanh_bounds_the_embedding(name: str) -> None:
    network = build_network(name, input_shape=(64, 64, 1), activation="scaled-tanh")
    embedding = np.asarray(network(np.random.default_rng(0).uniform(-9, 9, (4, 64, 64, 1)).astype("f4")))
    assert -1.7159 <= embedding.min() < 0 < embedding.max() <= 1.7159


def test_weights_start_as_published() -> None:
    network = build_network("hani", input_shape=(64, 64, 1))
    assert np.std(network.get_layer("conv3").kernel) == pytest.approx(0.05, rel=0.05)
    assert np.abs(network.get_layer("embedding").kernel).max() <= 0.01


@pytest.mark.parametrize("name", ["hani", "chopra", "custom", "celebrities-cnn"])
def test_gradients_are_finite_where_two_images_coincide(name: str) -> None:
    network = build_network(name, input_shape=(64, 64, 1))
    image = np.random.default_rng(0).uniform(-1, 1, (2, 64, 64, 1)).astype("f4")
    with tf.GradientTape() as tape:
        embedding = network(image)
        loss = keras.ops.mean(contrastive(l2(embedding, network(image)), np.array([True, False])))
    gradients = tape.gradient(loss, [variable.value for variable in network.trainable_variables])
    assert all(np.isfinite(gradient).all() for gradient in gradients)
