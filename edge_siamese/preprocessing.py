"""Pixels: the networks' input contract, and the checks of arrays that callers pass in.

A network of this project takes ``(pixel - 128) / 128``. As int8 with the scale 1/128 and the zero point 0 that is
``pixel ^ 0x80``, bit for bit.

>>> import numpy as np
>>> pixels = np.array([0, 128, 255], np.uint8)
>>> int8_input(pixels)
array([-128,    0,  127], dtype=int8)
>>> float_input(pixels)
array([-1.       ,  0.       ,  0.9921875], dtype=float32)
"""

import os
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from .errors import ImageError
from .frames import RGB

PIXEL_OFFSET = 128
PIXEL_SCALE = 128
INPUT_SCALE = 1 / PIXEL_SCALE
"""Quantization scale of the int8 input."""
INPUT_ZERO_POINT = 0
"""Quantized value of the int8 input that stands for 0."""
INPUT_RANGE = (-PIXEL_OFFSET / PIXEL_SCALE, (255 - PIXEL_OFFSET) / PIXEL_SCALE)
"""Smallest and largest value of the float input."""
INPUT_CONTRACT = f"(pixel - {PIXEL_OFFSET}) / {PIXEL_SCALE}"
"""The contract as model cards and messages write it."""

_EXPECTED = "expected a uint8 array (H, W, 3) of RGB pixels from 0 to 255, or gray (H, W), or RGBA (H, W, 4)"
_Values = TypeVar("_Values", bound=Any)


def int8_input(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.int8]:
    """Pixels as an int8 network takes them; any shape."""
    return (pixels ^ np.uint8(0x80)).view(np.int8)


def float_input(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Pixels as a float32 network takes them; any shape."""
    return normalize_pixels(pixels.astype(np.float32))


def normalize_pixels(pixels: _Values) -> _Values:
    """``(pixel - 128) / 128`` of floating-point pixels: a NumPy array, or a tensor of any framework."""
    normalized: _Values = (pixels - float(PIXEL_OFFSET)) / float(PIXEL_SCALE)
    return normalized


def check_image(image: object, name: str = "the image") -> RGB:
    """An image that a caller passed in, as the package works with it.

    Gray images get three equal channels, and an alpha channel is dropped. The array may be read-only and need not be
    contiguous. Whether the channels are RGB or BGR cannot be seen: `read_image` gives RGB, OpenCV's ``imread`` BGR.

    Args:
        image: uint8 ``(H, W, 3)``, ``(H, W)``, ``(H, W, 1)`` or ``(H, W, 4)``.
        name: what the message calls it.

    Returns:
        uint8 ``(H, W, 3)``, contiguous; the same array when it is that already.

    Raises:
        ImageError: it is not an array, of another type or shape, or empty; the sentence says what was found.
    """
    found = _mismatch(image)
    if found or not isinstance(image, np.ndarray):
        raise ImageError(f"{name}: {_EXPECTED}, found {found}", expected="uint8 (H, W, 3)", found=found)
    if image.ndim == 2 or image.shape[2] == 1:
        return np.repeat(image.reshape(*image.shape[:2], 1), 3, axis=2)
    return np.ascontiguousarray(image if image.shape[2] == 3 else image[..., :3])


def check_crop(crop: object, size: int) -> RGB:
    """An aligned crop that a caller passed in; see `check_image`.

    Args:
        crop: uint8 ``(size, size, 3)``.
        size: pixels of each side.

    Raises:
        ImageError: it is no image, or of another size.
    """
    checked = check_image(crop, "the crop")
    if checked.shape != (size, size, 3):
        expected, found = f"uint8 ({size}, {size}, 3)", f"uint8 {checked.shape}"
        raise ImageError(
            f"the crop: expected an aligned face, {expected}, found {found}", expected=expected, found=found
        )
    return checked


def _mismatch(image: object) -> str:
    """What a value is instead of an image; empty for an image."""
    if image is None:
        return "None; OpenCV's imread returns None for a file that it cannot read, read_image raises instead"
    if not isinstance(image, np.ndarray):
        advice = (
            "read_image reads files"
            if isinstance(image, str | bytes | os.PathLike)
            else "numpy.asarray converts most images"
        )
        return f"{type(image).__name__}; {advice}"
    described = f"{image.dtype} {image.shape}"
    if not image.size:
        return f"{described}, which is empty"
    well_shaped = image.ndim == 2 or (image.ndim == 3 and image.shape[2] in {1, 3, 4})
    if well_shaped and image.dtype == np.uint8:
        return ""
    return (
        f"{described} with values from {image.min():g} to {image.max():g}" if image.dtype.kind in "fiu" else described
    )
