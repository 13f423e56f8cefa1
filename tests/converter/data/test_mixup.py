from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest

from edge_siamese_converter.data.mixup import Mixtures, mixture, mixture_targets


@pytest.fixture(scope="module")
def crops() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (6, 112, 112, 3), np.uint8)


def mean_colors(images: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    for image in images:
        yield image.mean((0, 1)).astype("f4") / 255


def test_a_number_always_gives_the_same_image(crops: np.ndarray) -> None:
    assert np.array_equal(mixture(crops, 3), mixture(crops.copy(), 3))
    assert not np.array_equal(mixture(crops, 3), mixture(crops, 4))


def test_a_mixture_lies_between_its_two_crops() -> None:
    crops = np.stack([np.full((112, 112, 3), level, np.uint8) for level in (40, 200)])
    levels = np.array([mixture(crops, number).mean() for number in range(60)])
    assert levels.min() >= 40
    assert levels.max() <= 200
    assert np.sum((levels > 60) & (levels < 180)) > 10


def test_mixtures_are_a_sequence_that_ends(crops: np.ndarray) -> None:
    mixtures = Mixtures(crops, 5)
    assert len(list(mixtures)) == len(mixtures) == 5
    assert np.array_equal(mixtures[2], mixture(crops, 2))
    with pytest.raises(IndexError, match="mixture 5 of 5"):
        mixtures[5]


def test_the_teacher_is_asked_once(crops: np.ndarray, tmp_path: Path) -> None:
    mixtures, cache = Mixtures(crops, 4), tmp_path / "targets.npz"
    first = mixture_targets(mixtures, mean_colors, cache)
    assert first == pytest.approx(np.stack(list(mean_colors(mixtures))), abs=1e-3)

    def never(images: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        raise AssertionError("asked again")

    assert np.array_equal(mixture_targets(mixtures, never, cache).astype("f2"), first.astype("f2"))
    assert len(mixture_targets(Mixtures(crops, 3), mean_colors, cache)) == 3
