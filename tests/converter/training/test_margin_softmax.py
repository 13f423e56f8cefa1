import keras
import numpy as np
import pytest
import tensorflow as tf

from edge_siamese_converter.training.margin_softmax import MarginSoftmax


def at(*degrees: float) -> np.ndarray:
    angles = np.deg2rad(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype("f4")


def with_prototypes(*degrees: float, **options: float) -> MarginSoftmax:
    layer = MarginSoftmax(len(degrees), 2, **options)
    layer.prototypes.assign(3 * at(*degrees))
    return layer


def cross_entropy(own: float, other: float) -> float:
    return float(np.log(np.exp(own) + np.exp(other)) - own)


def test_without_margin_it_is_the_softmax_of_cosines() -> None:
    values = with_prototypes(0, 90, scale=4.0).each(5 * at(30, 30), np.array([0, 1]))
    own, other = 4 * np.cos(np.deg2rad(30)), 4 * np.cos(np.deg2rad(60))
    assert values.numpy() == pytest.approx([cross_entropy(own, other), cross_entropy(other, own)], rel=1e-5)


@pytest.mark.parametrize(
    ("options", "own"),
    [
        ({"additive": 0.35}, np.cos(np.deg2rad(30)) - 0.35),
        ({"angular": 0.5}, np.cos(np.deg2rad(30) + 0.5)),
        ({"angular": 0.5, "additive": 0.1}, np.cos(np.deg2rad(30) + 0.5) - 0.1),
    ],
)
def test_golden_margins(options: dict[str, float], own: float) -> None:
    layer = with_prototypes(0, 90, scale=8.0, **options)
    value = float(layer(at(30), np.array([0])))
    assert value == pytest.approx(cross_entropy(8 * own, 8 * np.cos(np.deg2rad(60))), rel=1e-5)


def test_the_loss_is_the_mean_over_the_batch() -> None:
    layer = with_prototypes(0, 90, scale=8.0, angular=0.5)
    embeddings, labels = at(10, 20, 80), np.array([0, 1, 1])
    assert float(layer(embeddings, labels)) == pytest.approx(np.mean(layer.each(embeddings, labels)))


def test_turning_away_from_the_own_prototype_never_pays() -> None:
    layer = with_prototypes(0, 180, scale=1.0, angular=0.5)
    values = layer.each(at(*np.linspace(0, 180, 61)), np.zeros(61, int)).numpy()
    assert (np.diff(values) > 0).all()


@pytest.mark.parametrize("angular", [0.0, 0.5])
@pytest.mark.parametrize("degrees", [0.0, 180.0])
def test_gradients_are_finite_on_and_opposite_the_prototype(angular: float, degrees: float) -> None:
    layer = with_prototypes(0, 90, angular=angular)
    embeddings = tf.Variable(at(degrees))
    with tf.GradientTape() as tape:
        loss = layer(embeddings, np.array([0]))
    assert all(np.isfinite(each).all() for each in tape.gradient(loss, [embeddings, layer.prototypes.value]))


def test_prototypes_learn_inside_a_model() -> None:
    class Trainer(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.margin = MarginSoftmax(2, 2, angular=0.3, scale=8.0)

        def call(self, inputs: tf.Tensor) -> tf.Tensor:
            return inputs

        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True) -> tf.Tensor:
            return self.margin(y_pred, y)

    trainer = Trainer()
    trainer.compile(optimizer=keras.optimizers.Adam(0.1))
    embeddings, labels = at(0, 10, 90, 100), np.array([0, 0, 1, 1])
    history = trainer.fit(embeddings, labels, epochs=30, batch_size=4, verbose=0).history["loss"]
    assert history[-1] < history[0] / 2
    prototypes = keras.ops.normalize(trainer.margin.prototypes)
    assert (np.argmax(at(5, 95) @ np.transpose(prototypes), axis=1) == [0, 1]).all()


def test_it_is_made_again_from_its_configuration() -> None:
    layer = MarginSoftmax(3, 4, angular=0.2, additive=0.1, scale=16.0, name="people")
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    assert again.get_config() == layer.get_config()
    assert again.prototypes.shape == (3, 4)
