"""Conversion of libcamera pixel formats to RGB.

libcamera names a format by its bits in a little-endian word, OpenCV by its bytes in memory: "RGB888" is B, G, R there.
"""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from ..errors import CameraError
from ..frames import RGB

_PACKED = {
    "BGR888": (3, None),
    "RGB888": (3, cv2.COLOR_BGR2RGB),
    "XBGR8888": (4, cv2.COLOR_RGBA2RGB),
    "XRGB8888": (4, cv2.COLOR_BGRA2RGB),
    "YUYV": (2, cv2.COLOR_YUV2RGB_YUYV),
    "UYVY": (2, cv2.COLOR_YUV2RGB_UYVY),
}
_PLANAR = {
    "YUV420": cv2.COLOR_YUV2RGB_I420,
    "YVU420": cv2.COLOR_YUV2RGB_YV12,
    "NV12": cv2.COLOR_YUV2RGB_NV12,
    "NV21": cv2.COLOR_YUV2RGB_NV21,
}
_OPENCV = {1: cv2.COLOR_GRAY2RGB, 3: cv2.COLOR_BGR2RGB, 4: cv2.COLOR_BGRA2RGB}
FORMATS = frozenset(_PACKED) | frozenset(_PLANAR)


def from_opencv(image: npt.NDArray[Any]) -> RGB | str:
    """Convert an image captured by OpenCV (uint8 BGR, gray or BGRA) to RGB, or return the problem as a sentence."""
    if image.size == 0 or image.dtype != np.uint8 or image.ndim not in (2, 3):
        return f"the frame is an array {image.shape} of {image.dtype}, expected uint8 (height, width, 3)"
    channels = 1 if image.ndim == 2 else image.shape[2]
    if channels not in _OPENCV:
        return f"the frame has {channels} channels, expected 1, 3 or 4"
    return np.asarray(cv2.cvtColor(image, _OPENCV[channels]), np.uint8)


def to_rgb(buffer: npt.NDArray[np.uint8], pixel_format: str, width: int, height: int, stride: int) -> RGB:
    """Convert one image.

    Args:
        buffer: bytes of the image, uint8 of any shape; extra bytes are ignored.
        pixel_format: libcamera's name of the format, one of `FORMATS`.
        width, height: size of the image in pixels.
        stride: bytes from one row of the first plane to the next.

    Returns:
        uint8 ``(height, width, 3)`` RGB; a copy.

    Raises:
        CameraError: the format is unknown, or the buffer is too small.
    """
    if pixel_format not in FORMATS:
        raise CameraError(f"the camera delivers {pixel_format}, known are {', '.join(sorted(FORMATS))}")
    rows = height * 3 // 2 if pixel_format in _PLANAR else height
    flat = buffer.reshape(-1)
    if flat.size < rows * stride:
        raise CameraError(f"the camera delivered {flat.size} bytes for {width} x {height} pixels of {pixel_format}")
    lines = flat[: rows * stride].reshape(rows, stride)
    if pixel_format in _PLANAR:
        image = cv2.cvtColor(lines, _PLANAR[pixel_format])[:, :width]
        return np.array(image, np.uint8)
    channels, conversion = _PACKED[pixel_format]
    pixels = lines[:, : width * channels].reshape(height, width, channels)
    return np.array(pixels if conversion is None else cv2.cvtColor(pixels, conversion), np.uint8)
