import numpy as np
import pytest

from edge_siamese_converter.augmentation.night import darkened, infrared


@pytest.fixture
def image() -> np.ndarray:
    return np.random.default_rng(0).integers(60, 200, (48, 64, 3)).astype(np.uint8)


@pytest.mark.parametrize("seed", range(6))
def test_a_dark_image_keeps_its_shape_and_a_twentieth_to_two_thirds_of_its_light(image: np.ndarray, seed: int) -> None:
    dark = darkened(image, np.random.default_rng(seed))
    assert (dark.shape, dark.dtype) == (image.shape, np.uint8)
    assert 0.03 * image.mean() < dark.mean() < 0.67 * image.mean()


@pytest.mark.parametrize("seed", range(6))
def test_an_infrared_image_is_gray(image: np.ndarray, seed: int) -> None:
    seen = infrared(image, np.random.default_rng(seed))
    assert (seen.shape, seen.dtype) == (image.shape, np.uint8)
    assert (seen[..., 0] == seen[..., 1]).all()
    assert (seen[..., 0] == seen[..., 2]).all()


def test_infrared_shows_red_bright_and_blue_dark() -> None:
    red, blue = (np.zeros((32, 32, 3), np.uint8) for _ in "rb")
    red[..., 0], blue[..., 2] = 120, 120
    brightness = [infrared(color, np.random.default_rng(3)).mean() for color in (red, blue)]
    assert brightness[0] > 2 * brightness[1]
