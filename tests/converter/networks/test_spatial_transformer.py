from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from edge_siamese.errors import DataError
from edge_siamese_converter.networks.spatial_transformer import AffineSampler, spatial_transformer

IDENTITY = np.array([1, 0, 0, 0, 1, 0], "f4")
IMAGES = np.random.default_rng(0).uniform(-1, 1, (3, 64, 64, 1)).astype("f4")


def sampled(image: np.ndarray, *transform: float, downsample: int = 1) -> np.ndarray:
    images = image[None].astype("f4")
    return np.asarray(AffineSampler(downsample)([images, np.array([transform], "f4") - IDENTITY]))[0]


def test_it_starts_exactly_at_the_identity() -> None:
    image = keras.Input((64, 64, 1))
    network = keras.Model(image, spatial_transformer(image))
    assert network.count_params() == 110_896
    assert np.array_equal(network(IMAGES), IMAGES)


def test_halving_keeps_the_corners() -> None:
    image = keras.Input((64, 64, 1))
    halved = np.asarray(keras.Model(image, spatial_transformer(image, downsample=2))(IMAGES))
    assert halved.shape == (3, 32, 32, 1)
    assert halved[:, ::31, ::31] == pytest.approx(IMAGES[:, ::63, ::63])


def test_a_shift_of_one_pixel_repeats_the_border() -> None:
    image = np.arange(24.0).reshape(4, 6, 1)
    shifted = sampled(image, 1, 0, 2 / 5, 0, 1, 0)
    assert shifted[:, :5] == pytest.approx(image[:, 1:], abs=1e-5)
    assert shifted[:, 5] == pytest.approx(image[:, 5], abs=1e-5)


def test_half_a_pixel_lies_between_two() -> None:
    image = np.arange(24.0).reshape(4, 6, 1)
    assert sampled(image, 1, 0, 0, 0, 1, 1 / 3)[:3] == pytest.approx(image[:3] + 3, abs=1e-5)


def test_a_quarter_turn_of_a_square_turns_it() -> None:
    image = np.random.default_rng(1).uniform(size=(9, 9, 3))
    assert sampled(image, 0, -1, 0, 1, 0, 0) == pytest.approx(np.rot90(image), abs=1e-5)


def test_mirroring_works_on_both_axes_of_an_oblong() -> None:
    image = np.random.default_rng(1).uniform(size=(5, 8, 2))
    assert sampled(image, -1, 0, 0, 0, 1, 0) == pytest.approx(image[:, ::-1], abs=1e-5)
    assert sampled(image, 1, 0, 0, 0, -1, 0) == pytest.approx(image[::-1], abs=1e-5)


def test_each_image_has_its_own_transform() -> None:
    transforms = np.array([[1, 0, 0, 0, 1, 0], [-1, 0, 0, 0, 1, 0], [1, 0, 0, 0, -1, 0]], "f4")
    seen = np.asarray(AffineSampler()([IMAGES, transforms - IDENTITY]))
    assert seen[0] == pytest.approx(IMAGES[0])
    assert seen[1] == pytest.approx(IMAGES[1][:, ::-1], abs=1e-5)
    assert seen[2] == pytest.approx(IMAGES[2][::-1], abs=1e-5)


def test_it_learns_from_the_start() -> None:
    change = tf.Variable(np.zeros((3, 6), "f4"))
    with tf.GradientTape() as tape:
        loss = keras.ops.mean(AffineSampler()([IMAGES, change]) * np.roll(IMAGES, 1, axis=2))
    gradient = np.asarray(tape.gradient(loss, change))
    assert np.isfinite(gradient).all()
    assert np.abs(gradient).min() > 0


def test_it_comes_back_from_a_file(tmp_path: Path) -> None:
    image = keras.Input((64, 64, 1))
    network = keras.Model(image, spatial_transformer(image, downsample=2))
    network.save(tmp_path / "transformer.keras")
    again = keras.models.load_model(tmp_path / "transformer.keras")
    assert np.array_equal(again(IMAGES), network(IMAGES))


def test_nothing_is_left_of_a_downsampling_of_zero() -> None:
    with pytest.raises(DataError, match="downsample has to be 1 or more, found 0"):
        AffineSampler(0)
