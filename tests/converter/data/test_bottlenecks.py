from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from edge_siamese.errors import DataError
from edge_siamese_converter.data.bottlenecks import cached_bottlenecks, digest_of
from edge_siamese_converter.data.labeled import LabeledImages

Make = Callable[..., LabeledImages]


class Network:
    """Embeds an image as its mean and its first pixel, counts images, and is interrupted after `maximum`."""

    def __init__(self, maximum: int = 10**6) -> None:
        self.embedded, self.maximum = 0, maximum

    def __call__(self, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        if self.embedded + len(images) > self.maximum:
            raise KeyboardInterrupt
        self.embedded += len(images)
        return np.stack([images.mean(axis=(1, 2, 3)), images[:, 0, 0, 0]], axis=1).astype(np.float32)


def test_the_cache_gives_what_the_network_gave_without_asking_it(labeled: Make, tmp_path: Path) -> None:
    images, network = labeled({"a": 5, "b": 4}), Network()
    first = cached_bottlenecks(images, network, tmp_path / "b.npz", network_digest="n", batch_size=4)
    assert np.array_equal(first, Network()(images.images))
    again = cached_bottlenecks(images, Network(maximum=0), tmp_path / "b.npz", network_digest="n")
    assert np.array_equal(again, first)
    assert network.embedded == 9


def test_an_interrupted_computation_goes_on(labeled: Make, tmp_path: Path) -> None:
    images = labeled({"a": 10})
    with pytest.raises(KeyboardInterrupt):
        cached_bottlenecks(images, Network(maximum=7), tmp_path / "b.npz", network_digest="n", batch_size=3)
    network = Network()
    reported: list[tuple[int, int]] = []
    cached_bottlenecks(
        images, network, tmp_path / "b.npz", network_digest="n", batch_size=3,
        progress=lambda done, total: reported.append((done, total)),
    )  # fmt: skip
    assert network.embedded == 4
    assert reported == [(3, 4), (4, 4)]


def test_equal_and_added_images_cost_only_what_is_new(labeled: Make, tmp_path: Path) -> None:
    images, network = labeled({"a": 3, "b": 3}), Network()
    cached_bottlenecks(images.where(images.labels() == 0), network, tmp_path / "b.npz", network_digest="n")
    twice = LabeledImages(
        np.concatenate([images.images] * 2),
        images.names * 2,
        [*images.paths, *(f"{p}2" for p in images.paths)],
    )
    rows = cached_bottlenecks(twice, network, tmp_path / "b.npz", network_digest="n")
    assert network.embedded == 6
    assert np.array_equal(rows[:6], rows[6:])


def test_another_network_starts_anew(labeled: Make, tmp_path: Path) -> None:
    images = labeled({"a": 3})
    cached_bottlenecks(
        images, lambda some: np.zeros((len(some), 2), np.float32), tmp_path / "b.npz", network_digest="n"
    )
    other = cached_bottlenecks(images, Network(), tmp_path / "b.npz", network_digest="m")
    assert np.array_equal(other, Network()(images.images))


def test_another_file_is_neither_used_nor_overwritten(labeled: Make, tmp_path: Path) -> None:
    (tmp_path / "b.npz").write_bytes(b"mine")
    with pytest.raises(DataError, match="expected a cache of bottlenecks"):
        cached_bottlenecks(labeled({"a": 1}), Network(), tmp_path / "b.npz", network_digest="n")
    assert (tmp_path / "b.npz").read_bytes() == b"mine"


def test_values_that_are_not_finite_are_refused(labeled: Make, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="not finite"):
        cached_bottlenecks(
            labeled({"a": 1}), lambda some: np.full((len(some), 2), np.nan, np.float32), tmp_path / "b.npz",
            network_digest="n",
        )  # fmt: skip
    assert not (tmp_path / "b.npz").exists()


def test_a_networks_digest_sees_weights_and_architecture_but_no_names() -> None:
    import keras

    def build(activation: str = "relu", scale: float = 1.0) -> keras.Model:
        inputs = keras.Input((4, 4, 1))
        outputs = keras.layers.Dense(2, activation=activation)(keras.layers.Flatten()(inputs))
        network = keras.Model(inputs, outputs)
        network.set_weights([scale * np.ones((16, 2)), np.zeros(2)])
        return network

    assert digest_of(build()) == digest_of(build())
    others = (digest_of(build("tanh")), digest_of(build(scale=2.0)), digest_of(build(), {"name": "unit"}))
    assert len({digest_of(build()), *others}) == 4
