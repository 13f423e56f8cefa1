import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_siamese.errors import DataError
from edge_siamese_converter.distances import DISTANCES, distance
from edge_siamese_converter.training.losses import LOSSES, create_loss
from edge_siamese_converter.training.margin_softmax import MarginSoftmax


def units(*degrees: float) -> np.ndarray:
    """Points of the circle."""
    angles = np.deg2rad(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype("f4")


@pytest.mark.parametrize(
    ("name", "options", "distances", "expected"),
    [
        ("contrastive", {}, [0.5, 0.5, 1.5], [0.25, 0.25, 0.0]),
        ("contrastive", {"margin": 0.6}, [0.5, 0.5, 0.7], [0.25, 0.01, 0.0]),
        ("contrastive-squared", {}, [0.5, 0.5, 2.5], [0.5, 1.5, 0.0]),
    ],
)
def test_contrastive_losses_pull_the_same_and_push_the_different_to_the_margin(
    name: str, options: dict[str, float], distances: list[float], expected: list[float]
) -> None:
    values = create_loss(name, **options)(np.array(distances, "f4"), np.array([True, False, False]))
    assert values.numpy() == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("form", [(-1,), (-1, 1)])
def test_smoothed_cross_entropy_of_a_logit(form: tuple[int, ...]) -> None:
    logits, is_genuine = np.array([2.0, 2.0, -200.0], "f4"), np.array([1, 0, 0])
    probability = 1 / (1 + np.exp(-2.0))
    expected = [
        -0.95 * np.log(probability) - 0.05 * np.log(1 - probability),
        -0.05 * np.log(probability) - 0.95 * np.log(1 - probability),
        0.05 * 200,
    ]
    values = create_loss("binary-crossentropy", smoothing=0.1)(logits.reshape(form), is_genuine)
    assert values.numpy() == pytest.approx(expected, rel=1e-5)


def test_every_false_positive_of_the_batch_adds_one_to_the_weight() -> None:
    loss = create_loss("false-positive-weighted")
    logits = np.array([[0.0, 1.0], [0.0, 1.0], [0.0, 1.0], [1.0, 0.0]], "f4")
    plain = np.log1p(np.exp(-1.0))
    assert loss(logits, np.array([1, 1, 1, 0])).numpy() == pytest.approx([plain] * 4)
    wrong = 1 + plain
    assert loss(logits, np.array([1, 0, 0, 1])).numpy() == pytest.approx([3 * plain, 3 * wrong, 3 * wrong, 3 * wrong])


def test_the_false_positive_weight_has_no_gradient() -> None:
    is_genuine = np.array([0, 1])
    logits = tf.Variable([[0.0, 1.0], [0.0, 0.5]])
    with tf.GradientTape(persistent=True) as tape:
        weighted = tf.reduce_sum(create_loss("false-positive-weighted")(logits, is_genuine))
        plain = tf.reduce_sum(keras.ops.sparse_categorical_crossentropy(is_genuine, logits, from_logits=True))
    assert tape.gradient(weighted, logits).numpy() == pytest.approx(2 * tape.gradient(plain, logits).numpy())


def triplet_by_loops(embeddings: np.ndarray, labels: np.ndarray, margin: float) -> float:
    rows = embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)
    losses = []
    for anchor, positive in np.ndindex(len(rows), len(rows)):
        others = [np.sum((rows[anchor] - rows[each]) ** 2) for each in np.flatnonzero(labels != labels[anchor])]
        if anchor == positive or labels[anchor] != labels[positive] or not others:
            continue
        near = np.sum((rows[anchor] - rows[positive]) ** 2)
        negative = min((each for each in others if each > near), default=max(others))
        losses.append(max(near - negative + margin, 0.0))
    return float(np.mean(losses)) if losses else 0.0


@settings(max_examples=30)
@given(seed=st.integers(0, 2**16), count=st.integers(2, 9), margin=st.sampled_from([0.2, 1.0]))
def test_triplets_are_those_of_the_definition(seed: int, count: int, margin: float) -> None:
    rng = np.random.default_rng(seed)
    embeddings, labels = rng.normal(size=(count, 3)).astype("f4"), rng.integers(0, 3, count)
    loss = create_loss("triplet", margin=margin)(embeddings, labels)
    assert float(loss) == pytest.approx(triplet_by_loops(embeddings, labels, margin), abs=1e-5)


def test_a_triplets_negative_is_the_nearest_beyond_the_positive() -> None:
    embeddings, labels = units(0, 30, 10, 40, 180), np.array([0, 0, 1, 2, 3])
    of_first = 2 * np.cos(np.deg2rad(40)) - 2 * np.cos(np.deg2rad(30)) + 0.2
    # From 30 degrees 10 and 40 are nearer than 0, so 180 is the negative.
    assert float(create_loss("triplet")(embeddings, labels)) == pytest.approx(max(of_first, 0) / 2, abs=1e-6)
    without_far = create_loss("triplet")(embeddings[:4], labels[:4])
    of_second = 2 * np.cos(np.deg2rad(20)) - 2 * np.cos(np.deg2rad(30)) + 0.2
    assert float(without_far) == pytest.approx((max(of_first, 0) + of_second) / 2, abs=1e-6)


@pytest.mark.parametrize("labels", [[0, 0, 0], [0, 1, 2]])
def test_a_batch_without_triplets_has_no_loss_and_no_gradient(labels: list[int]) -> None:
    embeddings = tf.Variable(units(0, 20, 90))
    with tf.GradientTape() as tape:
        loss = create_loss("triplet")(embeddings, np.array(labels))
    assert float(loss) == 0
    assert np.array_equal(tape.gradient(loss, embeddings), np.zeros((3, 2)))


@pytest.mark.parametrize("distance_name", sorted(DISTANCES))
@pytest.mark.parametrize("name", [name for name, entry in LOSSES.items() if entry.kind == "pair"])
def test_pair_losses_have_finite_gradients_at_coinciding_embeddings(name: str, distance_name: str) -> None:
    a, b = tf.Variable(np.full((2, 3), 0.4, "f4")), tf.Variable(np.full((2, 3), 0.4, "f4"))
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(create_loss(name)(distance(distance_name)(a, b), np.array([True, False])))
    assert all(np.isfinite(gradient).all() for gradient in tape.gradient(loss, [a, b]))


@pytest.mark.parametrize("name", [name for name, entry in LOSSES.items() if entry.kind == "batch"])
def test_batch_losses_have_finite_gradients_at_coinciding_and_vanishing_embeddings(name: str) -> None:
    embeddings = tf.Variable(np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 0.0], [1.0, 0.0]], "f4"))
    with tf.GradientTape() as tape:
        loss = create_loss(name, classes=2, dimension=2)(embeddings, np.array([0, 0, 1, 1]))
    assert np.isfinite(loss)
    assert np.isfinite(tape.gradient(loss, embeddings)).all()


def test_losses_with_prototypes_are_layers_with_weights() -> None:
    made = {name: create_loss(name, classes=5, dimension=3) for name, entry in LOSSES.items() if entry.prototypes}
    assert made.keys() == {"arcface", "cosface"}
    for layer in made.values():
        assert isinstance(layer, MarginSoftmax)
        assert [weight.shape for weight in layer.trainable_variables] == [(5, 3)]
    assert (made["arcface"].angular, made["arcface"].additive, made["arcface"].scale) == (0.5, 0, 64)
    assert (made["cosface"].angular, made["cosface"].additive, made["cosface"].scale) == (0, 0.35, 64)


def test_defaults_are_those_of_the_functions() -> None:
    assert LOSSES["contrastive"].defaults == {"margin": 1.0}
    assert LOSSES["contrastive-squared"].defaults == {"margin": 2.0}
    assert LOSSES["false-positive-weighted"].defaults == {}
    assert all(entry.distance in {"", *DISTANCES} for entry in LOSSES.values())


@pytest.mark.parametrize(
    ("name", "options", "sentence"),
    [
        ("contrastiv", {}, "unknown loss 'contrastiv'; did you mean 'contrastive'"),
        ("triplet", {"margn": 1.0}, "loss triplet: unknown option 'margn'; did you mean 'margin'"),
        ("triplet", {"margin": -1.0}, "margin has to be 0 or more, found -1"),
        ("binary-crossentropy", {"smoothing": 1.5}, r"smoothing has to be from 0 to 1, found 1\.5"),
        ("arcface", {"dimension": 8}, "classes has to be 2 or more, found 0"),
    ],
)
def test_a_loss_that_cannot_be_made_is_refused(name: str, options: dict[str, float], sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        create_loss(name, **options)
