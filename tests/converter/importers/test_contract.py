import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_siamese.errors import DataError
from edge_siamese_converter.importers.contract import PixelInput

PIXELS = np.arange(256 * 3).reshape(-1, 3) % 256


def applied(pixels: PixelInput) -> np.ndarray:
    found = pixels.convolution(3)
    assert found is not None
    kernel, bias = found
    return (PIXELS - 128) / 128 @ kernel.astype("f8") + bias


def test_the_devices_own_input_needs_no_convolution() -> None:
    assert PixelInput().convolution(3) is None
    assert PixelInput.of_affine(1 / 128, -1.0).convolution(1) is None


@given(st.tuples(*[st.floats(0, 255)] * 3), st.tuples(*[st.floats(0.5, 300)] * 3), st.booleans())
def test_the_convolution_is_the_normalization(mean: tuple[float, ...], std: tuple[float, ...], bgr: bool) -> None:
    pixels = PixelInput(mean, std, bgr)
    expected = ((PIXELS[:, ::-1] if bgr else PIXELS) - mean) / std
    if pixels.convolution(3) is not None:
        assert applied(pixels) == pytest.approx(expected, abs=1e-4 * max(1, np.abs(expected).max()))


def test_scale_and_offset_say_the_same() -> None:
    assert applied(PixelInput.of_affine(1 / 255, 0.0)) == pytest.approx(PIXELS / 255, abs=1e-6)


@pytest.mark.parametrize(
    ("pixels", "channels", "sentence"),
    [
        (PixelInput((1.0, 2.0), (1.0,)), 3, "mean: expected 1 or 3 numbers, one for each channel, found 2"),
        (PixelInput((1.0,), (1.0,) * 3), 1, "std: expected 1 or 1 numbers"),
        (PixelInput(bgr=True), 1, "BGR needs a network with 3 channels, this one has 1"),
    ],
)
def test_what_does_not_fit_the_network_is_refused(pixels: PixelInput, channels: int, sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        pixels.convolution(channels)


@pytest.mark.parametrize("std", [0.0, float("nan"), float("inf")])
def test_impossible_deviations_are_refused(std: float) -> None:
    with pytest.raises(DataError, match="expected finite means and deviations other than 0"):
        PixelInput((0.0,), (std,))
