import keras
import numpy as np

from edge_siamese_converter.plots.saliency import saliency, saliency_sheet


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


def test_the_gradient_is_that_of_the_cosine() -> None:
    rng = np.random.default_rng(1)
    inputs = keras.Input((3, 4, 2))
    dense = keras.layers.Dense(5, activation="tanh")
    network = keras.Model(inputs, dense(keras.layers.Flatten()(inputs)))
    images, references = rng.normal(size=(2, 3, 4, 2)).astype(np.float32), rng.normal(size=(2, 5)).astype(np.float32)
    found = saliency(network, images, references)
    kernel, bias = (np.asarray(weights, np.float64) for weights in dense.get_weights())

    def alike(image: np.ndarray) -> float:
        return cosine(np.tanh(image.ravel() @ kernel + bias), references[1])

    numeric = np.zeros((3, 4, 2))
    for place in np.ndindex(numeric.shape):
        step = np.zeros(numeric.shape)
        step[place] = 1e-5
        numeric[place] = (alike(images[1] + step) - alike(images[1] - step)) / 2e-5
    strongest = np.take_along_axis(numeric, np.abs(numeric).argmax(axis=2)[..., None], axis=2)[..., 0]
    np.testing.assert_allclose(found.raw[1], strongest, atol=1e-4)
    np.testing.assert_array_equal(found.positive - found.negative, found.raw)
    assert found.negative.min() == 0


def test_the_sheet_has_a_row_for_each_image() -> None:
    inputs = keras.Input((8, 8, 1))
    network = keras.Model(inputs, keras.layers.Dense(3)(keras.layers.Flatten()(inputs)))
    images = np.random.default_rng(0).integers(0, 255, (2, 8, 8, 1)).astype(np.uint8)
    found = saliency(network, images / np.float32(255), np.ones((2, 3), np.float32))
    svg = saliency_sheet(images, found).svg()
    assert svg.count("<image") == 8
    assert svg.count(">gradient<") == 1
