"""Augmentation of whole batches in JAX."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest

from edge_siamese.rendering import GOLDEN_SEEDS, Person, View, render_crop
from edge_siamese_converter.tasks.embedder.accelerator.augmentation_options import DeviceAugmentation

from .conftest import NO_EFFECTS

jax = pytest.importorskip("jax", reason="needs JAX (the extra 'accelerator')")
augmentation = pytest.importorskip("edge_siamese_converter.tasks.embedder.accelerator.augmentation")


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    """Rendered crops float32 ``(8, 112, 112, 3)``."""
    rng = np.random.default_rng(0)
    people = [Person.from_seed(GOLDEN_SEEDS[number % len(GOLDEN_SEEDS)]) for number in range(8)]
    return np.stack([render_crop(person, View.random(rng)) for person in people]).astype(np.float32)


def both(images: np.ndarray, options: DeviceAugmentation, seed: int = 0) -> np.ndarray:
    keys = jax.random.split(jax.random.key(seed))
    return np.asarray(augmentation.degrade(keys[1], augmentation.vary(keys[0], images, options), options))


def test_without_effects_nothing_changes(images: np.ndarray) -> None:
    assert np.allclose(both(images, NO_EFFECTS), images, atol=0.01)


def test_a_flip_is_a_mirror_image(images: np.ndarray) -> None:
    assert np.allclose(both(images, replace(NO_EFFECTS, flip=1.0)), images[:, :, ::-1], atol=0.01)


def test_a_mixture_lies_between_its_two_images(images: np.ndarray) -> None:
    mixed = both(images, replace(NO_EFFECTS, mixture=1.0))
    neighbors = np.roll(images, 1, axis=0)
    assert (mixed >= np.minimum(images, neighbors) - 0.01).all()
    assert (mixed <= np.maximum(images, neighbors) + 0.01).all()
    assert not np.allclose(mixed, images, atol=1)


@pytest.mark.parametrize(
    "effect", ["light", "gray", "infrared", "dark", "low_resolution", "blur", "noise", "jpeg", "occlusion"]
)
def test_every_effect_changes_every_image_and_stays_in_range(images: np.ndarray, effect: str) -> None:
    changed = both(images, replace(NO_EFFECTS, **{effect: 1.0}))
    assert np.isfinite(changed).all()
    assert changed.min() >= 0
    assert changed.max() <= 255
    assert (np.abs(changed - images).reshape(len(images), -1).max(axis=1) > 1).all()


@pytest.mark.parametrize("effect", ["gray", "infrared"])
def test_gray_and_infrared_have_equal_channels(images: np.ndarray, effect: str) -> None:
    changed = both(images, replace(NO_EFFECTS, **{effect: 1.0}))
    assert np.ptp(changed, axis=-1).max() < 1e-3


def test_blur_equals_that_of_opencv(images: np.ndarray) -> None:
    key = jax.random.key(5)
    sigma = np.asarray(jax.random.uniform(key, (len(images), 1, 1, 1), minval=0.5, maxval=2.0)).ravel()
    blurred = np.asarray(augmentation._blurred(key, images))
    for image, result, width in zip(images, blurred, sigma, strict=True):
        expected = cv2.GaussianBlur(image, (9, 9), float(width), borderType=cv2.BORDER_REPLICATE)
        assert np.abs(result - expected).max() < 0.05


def test_jpeg_is_near_that_of_opencv(images: np.ndarray) -> None:
    compressed = both(images, replace(NO_EFFECTS, jpeg=1.0))
    quality = [cv2.IMWRITE_JPEG_QUALITY, 25, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
    for image, result in zip(images, compressed, strict=True):
        encoded = cv2.imencode(".jpg", image[..., ::-1].astype(np.uint8), quality)[1]
        worst = cv2.imdecode(encoded, cv2.IMREAD_COLOR)[..., ::-1].astype(np.float32)
        assert 0.1 < np.abs(result - image).mean() <= 1.1 * np.abs(worst - image).mean()


@pytest.mark.parametrize("number", range(5))
def test_occlusions_cover_a_part_of_the_face(images: np.ndarray, number: int) -> None:
    from edge_siamese_converter.tasks.embedder.accelerator import occlusion

    grid = np.arange(112, dtype=np.float32)
    jitter = np.random.default_rng(number).uniform(-1, 1, (50, 6)).astype(np.float32)
    shapes: list[Callable[..., Any]] = [
        occlusion._mask, occlusion._sunglasses, occlusion._frames, occlusion._hand, occlusion._rectangle,
    ]  # fmt: skip
    covered = np.asarray(shapes[number](grid[None, None, :], grid[None, :, None], jitter)).mean(axis=(1, 2))
    assert (covered > 0.004).all()
    assert (covered < 0.6).all()


def test_the_same_key_gives_the_same_images(images: np.ndarray) -> None:
    options = DeviceAugmentation()
    assert np.array_equal(both(images, options, 7), both(images, options, 7))
    assert not np.array_equal(both(images, options, 7), both(images, options, 8))
