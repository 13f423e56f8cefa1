import numpy as np
import pytest

from edge_siamese.errors import DataError
from edge_siamese_converter.training.normalization import create
from edge_siamese_converter.training.normalization.contrast import gaussian


def images(shape: tuple[int, ...] = (3, 20, 32, 1)) -> np.ndarray:
    return np.random.default_rng(4).integers(0, 256, shape, np.uint8)


def around(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Weighted mean over channels and neighborhood, by loops over the kernel."""
    gray, before = image.mean(axis=-1), (len(kernel) - 1) // 2
    after = len(kernel) - 1 - before
    padded = np.pad(gray, (before, after), mode="edge")
    height, width = gray.shape
    parts = [a * b * padded[y : y + height, x : x + width] for y, a in enumerate(kernel) for x, b in enumerate(kernel)]
    return np.sum(parts, axis=0)[..., None]


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("even", [False, True])
def test_the_formula_by_loops(channels: int, even: bool) -> None:
    training = images((3, 20, 32, channels))
    kernel = gaussian(32, even=even).astype(float)
    image = (training[1].astype(float) - training.mean()) / training.std()
    centered = image - around(image, kernel)
    contrast = centered / (np.sqrt(around(centered**2, kernel)) + 0.1)
    options = {"even_kernel": even}
    assert create("lcn-subtractive", **options).fit(training)(training)[1] == pytest.approx(centered, abs=1e-4)
    assert create("lcn", **options).fit(training)(training)[1] == pytest.approx(contrast, abs=1e-4)


@pytest.mark.parametrize(("width", "odd", "even"), [(64, 13, 12), (32, 7, 6), (48, 9, 9), (4, 3, 3)])
def test_the_kernels_width_follows_the_images(width: int, odd: int, even: int) -> None:
    assert len(gaussian(width)) == odd
    assert len(gaussian(width, even=True)) == even


@pytest.mark.parametrize("even", [False, True])
def test_the_kernel_is_a_mean_and_has_no_side(even: bool) -> None:
    kernel = gaussian(64, even=even)
    assert kernel.sum() == pytest.approx(1)
    assert kernel == pytest.approx(kernel[::-1])


def test_golden_kernels_of_64_pixels() -> None:
    assert gaussian(64)[:7] == pytest.approx([0.03611, 0.05092, 0.06746, 0.08395, 0.09815, 0.10780, 0.11122], abs=1e-5)
    ratio = gaussian(64, even=True)[0] / gaussian(64, even=True)[5]
    assert ratio == pytest.approx(np.exp(-(6**2 - (6 / 11) ** 2) / 32), rel=1e-5)


def test_the_odd_kernel_keeps_the_image_in_its_place() -> None:
    training = np.zeros((1, 33, 33, 1), np.uint8)
    training[0, 16, 16] = 255
    for name in ("lcn", "lcn-subtractive"):
        result = create(name).fit(training)(training)[0, ..., 0]
        assert result == pytest.approx(result[::-1, ::-1], abs=1e-5)
    shifted = create("lcn-subtractive", even_kernel=True).fit(training)(training)[0, ..., 0]
    assert np.abs(shifted - shifted[::-1, ::-1]).max() > 0.01


def test_a_flat_image_is_zero_and_a_flat_training_set_rejected() -> None:
    flat = np.full((2, 8, 8, 1), 9, np.uint8)
    assert create("lcn").fit(images())(flat) == pytest.approx(np.zeros(flat.shape), abs=1e-5)
    with pytest.raises(DataError, match="single gray level"):
        create("lcn").fit(flat)


def test_light_and_contrast_hardly_matter() -> None:
    bright = images((2, 32, 32, 1)) // 2 + 100
    dark = (bright - 90) // 2
    normalization = create("lcn").fit(images())
    before, after = normalization(bright.astype(np.uint8)), normalization(dark.astype(np.uint8))
    assert np.corrcoef(before.ravel(), after.ravel())[0, 1] > 0.99
    assert after.std() == pytest.approx(before.std(), rel=0.2)
