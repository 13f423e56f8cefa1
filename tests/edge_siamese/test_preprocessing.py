"""The networks' input contract, and what is taken for an image at the public API."""

from typing import Any

import numpy as np
import pytest

from edge_siamese.errors import DataError, ImageError
from edge_siamese.preprocessing import (
    INPUT_CONTRACT,
    INPUT_RANGE,
    INPUT_SCALE,
    INPUT_ZERO_POINT,
    check_crop,
    check_image,
    float_input,
    int8_input,
    normalize_pixels,
)

PIXELS = np.arange(256, dtype=np.uint8)
IMAGE = np.random.default_rng(0).integers(0, 256, (6, 8, 3), np.uint8)


def test_every_pixel_is_the_same_number_as_int8_and_as_float() -> None:
    whole, real = int8_input(PIXELS), float_input(PIXELS)
    assert (whole.dtype, real.dtype) == (np.int8, np.float32)
    assert whole.tolist() == [pixel - 128 for pixel in range(256)]
    assert np.array_equal(real, (whole.astype(np.float32) - INPUT_ZERO_POINT) * np.float32(INPUT_SCALE))
    assert (real.min(), real.max()) == INPUT_RANGE
    assert np.array_equal(normalize_pixels(PIXELS.astype(np.float32)), real)
    assert INPUT_CONTRACT == "(pixel - 128) / 128"


def test_an_input_has_the_shape_of_its_image_and_leaves_it_alone() -> None:
    before = IMAGE.copy()
    assert int8_input(IMAGE[None]).shape == float_input(IMAGE[None]).shape == (1, 6, 8, 3)
    assert np.array_equal(IMAGE, before)


def test_an_rgb_image_is_taken_as_it_is() -> None:
    assert check_image(IMAGE) is IMAGE


@pytest.mark.parametrize(
    ("passed", "expected"),
    [
        pytest.param(IMAGE[..., 0], np.repeat(IMAGE[..., :1], 3, axis=2), id="gray"),
        pytest.param(IMAGE[..., :1], np.repeat(IMAGE[..., :1], 3, axis=2), id="gray with a channel"),
        pytest.param(np.dstack([IMAGE, IMAGE[..., 0]]), IMAGE, id="RGBA"),
        pytest.param(IMAGE[..., ::-1], IMAGE[..., ::-1], id="BGR view"),
        pytest.param(IMAGE[::-1, ::2], IMAGE[::-1, ::2], id="not contiguous"),
        pytest.param(np.asfortranarray(IMAGE), IMAGE, id="Fortran order"),
        pytest.param(np.frombuffer(IMAGE.tobytes(), np.uint8).reshape(IMAGE.shape), IMAGE, id="read-only"),
    ],
)
def test_gray_rgba_views_and_read_only_arrays_are_taken(passed: Any, expected: Any) -> None:
    checked = check_image(passed)
    assert (checked.dtype, checked.shape[2], checked.flags.c_contiguous) == (np.uint8, 3, True)
    assert np.array_equal(checked, expected)


@pytest.mark.parametrize(
    ("passed", "found"),
    [
        (IMAGE / 255.0, r"float64 \(6, 8, 3\) with values from 0\.?\d* to "),
        (IMAGE.astype(np.uint16) * 257, r"uint16 \(6, 8, 3\) with values from \d+ to \d"),
        (IMAGE > 3, r"bool \(6, 8, 3\)"),
        (IMAGE[:0, :0], r"uint8 \(0, 0, 3\), which is empty"),
        (IMAGE[0, 0], r"uint8 \(3,\) with values"),
        (IMAGE[None], r"uint8 \(1, 6, 8, 3\)"),
        (IMAGE.transpose(2, 0, 1), r"uint8 \(3, 6, 8\)"),
        (None, r"None; OpenCV's imread returns None"),
        ("photo.jpg", r"str; read_image reads files"),
        (IMAGE.tolist(), r"list; numpy.asarray"),
    ],
)
def test_anything_else_is_refused_in_one_sentence(passed: Any, found: str) -> None:
    with pytest.raises(
        ImageError, match=rf"^the image: expected a uint8 array \(H, W, 3\) of RGB .*, found {found}"
    ) as said:
        check_image(passed)
    assert "\n" not in str(said.value)
    assert said.value.expected == "uint8 (H, W, 3)"
    assert str(said.value.found) in str(said.value)
    assert isinstance(said.value, DataError | ValueError)


def test_the_message_names_the_image() -> None:
    with pytest.raises(ImageError, match=r"^the second image: expected"):
        check_image(None, "the second image")


def test_a_crop_has_the_size_of_aligned_faces() -> None:
    assert check_crop(np.zeros((112, 112, 3), np.uint8), 112).shape == (112, 112, 3)
    with pytest.raises(
        ImageError, match=r"the crop: expected an aligned face, uint8 \(112, 112, 3\), found uint8 \(6, 8, 3\)"
    ):
        check_crop(IMAGE, 112)
