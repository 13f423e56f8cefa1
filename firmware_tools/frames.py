"""Camera frames as bytes: the pixel formats that the C runtime reads, and images in them."""

from typing import Literal, get_args

import cv2
import numpy as np

from edge_siamese.errors import DataError
from edge_siamese.frames import RGB

FrameFormat = Literal["rgb888", "rgb565", "rgb565be", "gray", "yuyv"]
FORMATS: tuple[FrameFormat, ...] = get_args(FrameFormat)
"""The formats in the order of ``enum es_format``."""
BYTES_A_PIXEL = {"rgb888": 3, "rgb565": 2, "rgb565be": 2, "gray": 1, "yuyv": 2}
MAX_SIDE = 2048
SIDE_MULTIPLE = 8


def check_frame_size(width: int, height: int, where: str) -> None:
    """Check that the C runtime can read frames of a size in pixels; `where` begins the message.

    Raises:
        DataError: a side is not a multiple of 8 from 8 to 2048.
    """
    for name, side in (("width", width), ("height", height)):
        if not 0 < side <= MAX_SIDE or side % SIDE_MULTIPLE:
            raise DataError(
                f"{where}: {name}: expected a multiple of {SIDE_MULTIPLE} up to {MAX_SIDE} pixels, found {side}"
            )


def fit_frame(image: RGB, width: int, height: int) -> RGB:
    """A uint8 ``(H, W, 3)`` image scaled into the middle of a black frame, uint8 ``(height, width, 3)``."""
    scale = min(width / image.shape[1], height / image.shape[0])
    size = (max(round(image.shape[1] * scale), 1), max(round(image.shape[0] * scale), 1))
    frame = np.zeros((height, width, 3), np.uint8)
    left, top = (width - size[0]) // 2, (height - size[1]) // 2
    frame[top : top + size[1], left : left + size[0]] = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return frame


def encode_frame(image: RGB, kind: FrameFormat) -> bytes:
    """A uint8 ``(H, W, 3)`` RGB image as the bytes of a camera frame; ``yuyv`` needs an even width."""
    if kind == "gray":
        return bytes(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).tobytes())
    if kind == "yuyv":
        return _yuyv(image)
    if kind == "rgb888":
        return image.tobytes()
    red, green, blue = (image[..., channel].astype(np.uint16) for channel in range(3))
    packed = red >> 3 << 11 | green >> 2 << 5 | blue >> 3
    return packed.astype("<u2" if kind == "rgb565" else ">u2").tobytes()


def decode_frame(data: bytes, width: int, height: int, kind: FrameFormat) -> RGB:
    """The RGB image, uint8 ``(height, width, 3)``, that the C runtime sees in a frame."""
    if kind == "gray":
        return np.repeat(np.frombuffer(data, np.uint8).reshape(height, width, 1), 3, axis=2)
    if kind == "rgb888":
        return np.frombuffer(data, np.uint8).reshape(height, width, 3)
    if kind == "yuyv":
        return np.asarray(
            cv2.cvtColor(np.frombuffer(data, np.uint8).reshape(height, width, 2), cv2.COLOR_YUV2RGB_YUY2), np.uint8
        )
    packed = np.frombuffer(data, "<u2" if kind == "rgb565" else ">u2").reshape(height, width)
    red, green, blue = packed >> 11, packed >> 5 & 63, packed & 31
    return np.stack([red << 3 | red >> 2, green << 2 | green >> 4, blue << 3 | blue >> 2], axis=2).astype(np.uint8)


def _yuyv(image: RGB) -> bytes:
    red, green, blue = (image[..., channel].astype(np.float64) for channel in range(3))
    light = 16 + 0.257 * red + 0.504 * green + 0.098 * blue
    blueness = 128 - 0.148 * red - 0.291 * green + 0.439 * blue
    redness = 128 + 0.439 * red - 0.368 * green - 0.071 * blue
    frame = np.empty((*image.shape[:2], 2))
    frame[..., 0] = light
    frame[:, ::2, 1] = (blueness[:, ::2] + blueness[:, 1::2]) / 2
    frame[:, 1::2, 1] = (redness[:, ::2] + redness[:, 1::2]) / 2
    return np.rint(frame).clip(0, 255).astype(np.uint8).tobytes()
