import keras
import numpy as np
import pytest

from edge_siamese.errors import DataError
from edge_siamese_converter.depth import change_depth
from edge_siamese_converter.networks.mobilenetv3 import build_twin

THIN = {"dimension": 16, "width": 0.125}


@pytest.mark.parametrize("table", ["dense", "small"])
def test_a_deep_network_begins_by_answering_as_the_shallow_one(table: str):
    shallow, deep = build_twin(**THIN, table=table), build_twin(**THIN, table=table, deeper=2)
    rng = np.random.default_rng(0)
    shallow.set_weights([array + rng.uniform(0, 0.1, array.shape) for array in shallow.get_weights()])
    assert len(deep.layers) > len(shallow.layers)
    change_depth(shallow, deep)
    pictures = rng.uniform(-1, 1, (2, 112, 112, 3)).astype(np.float32)
    np.testing.assert_allclose(deep.predict_on_batch(pictures), shallow.predict_on_batch(pictures), rtol=1e-5)


def test_what_was_added_can_learn():
    deep = build_twin(**THIN, deeper=1)
    change_depth(build_twin(**THIN), deep)
    import tensorflow as tf

    with tf.GradientTape() as tape:
        answers = tf.reduce_sum(
            tf.square(deep(np.random.default_rng(0).uniform(-1, 1, (4, 112, 112, 3)), training=True))
        )
    gamma = deep.get_layer("deeper0_project_bn").gamma.value
    assert float(tf.reduce_max(tf.abs(tape.gradient(answers, gamma)))) > 0


def test_blocks_that_a_shallow_network_lacks_are_left_out():
    shallow, deep, again = (build_twin(**THIN, deeper=deeper) for deeper in (0, 2, 0))
    change_depth(shallow, deep)
    change_depth(deep, again)
    for ours, theirs in zip(again.get_weights(), shallow.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_an_added_block_that_does_not_end_in_a_normalisation_is_refused():
    image = keras.Input((4,))
    network = keras.Model(image, keras.layers.Add(name="sum")([image, keras.layers.ReLU(name="bare")(image)]))
    with pytest.raises(DataError, match="sum: expected the sum of a block's input and a batch normalisation"):
        change_depth(keras.Model(image, image), network)
