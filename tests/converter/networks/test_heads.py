import keras
import numpy as np
import pytest
import tensorflow as tf

from edge_siamese.errors import DataError
from edge_siamese_converter.networks.registry import HEADS, build_head
from edge_siamese_converter.training.losses import create_loss


@pytest.mark.parametrize(
    ("name", "dimension", "parameters"),
    [
        ("difference-softmax", 1280, 656_898),
        ("difference-softmax", 1536, 787_970),
        ("difference-softmax", 1792, 919_042),
        ("difference-sigmoid", 512, 263_169),
        ("logistic", 40, 41),
    ],
)
def test_published_heads_have_their_parameters(name: str, dimension: int, parameters: int) -> None:
    assert build_head(name, dimension).count_params() == parameters


@pytest.mark.parametrize("name", HEADS)
def test_logits_are_those_of_a_pair_in_either_order(name: str) -> None:
    first, second = np.random.default_rng(0).normal(0, 3, (2, 5, 16)).astype("f4")
    head = build_head(name, 16)
    logits = np.asarray(head([first, second]))
    assert logits.shape == ((5,) if HEADS[name].outputs == 1 else (5, 2))
    assert logits == pytest.approx(np.asarray(head([second, first])))
    assert logits == pytest.approx(np.asarray(head([first + 7, second + 7])), abs=1e-4)


def test_the_sigmoid_is_left_to_the_loss() -> None:
    far = np.full((1, 16), 100, "f4")
    head = build_head("logistic", 16)
    head.set_weights([np.ones((16, 1)), np.zeros(1)])
    assert np.asarray(head([far, -far])) == pytest.approx([3200])


def test_dropout_is_for_training() -> None:
    first, second = np.random.default_rng(0).normal(0, 3, (2, 5, 16)).astype("f4")
    head = build_head("difference-softmax", 16, dropout=0.5)
    assert np.array_equal(head([first, second]), head([first, second]))
    assert not np.array_equal(head([first, second], training=True), head([first, second], training=True))


@pytest.mark.parametrize(
    ("name", "loss"),
    [
        ("difference-softmax", "false-positive-weighted"),
        ("difference-sigmoid", "binary-crossentropy"),
        ("logistic", "binary-crossentropy"),
    ],
)
def test_gradients_are_finite_where_embeddings_coincide(name: str, loss: str) -> None:
    head, loss_of_pairs = build_head(name, 16), create_loss(loss)
    embedding = tf.Variable(np.random.default_rng(0).normal(size=(4, 16)).astype("f4"))
    with tf.GradientTape() as tape:
        value = keras.ops.mean(loss_of_pairs(head([embedding, embedding]), np.array([1, 0, 0, 0])))
    gradients = tape.gradient(value, [embedding, *(variable.value for variable in head.trainable_variables)])
    assert all(np.isfinite(gradient).all() for gradient in gradients)
    assert any(np.any(gradient) for gradient in gradients)


def test_unknown_heads_and_options_are_said() -> None:
    with pytest.raises(DataError, match="unknown head 'logistics'; did you mean 'logistic'"):
        build_head("logistics", 16)
    with pytest.raises(DataError, match="head difference-sigmoid: unknown option 'hiden'; did you mean 'hidden'"):
        build_head("difference-sigmoid", 16, hiden=3)
