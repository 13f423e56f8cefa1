"""USB cameras, network streams and video files, through OpenCV."""

import time
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from ..errors import CameraError
from ..frames import RGB
from .base import CapturedImage

_PATIENCE_MS = 5000


class OpenCVCapture:
    """A USB camera or a network stream. Its timestamps say when an image arrived, on the monotonic clock.

    Args:
        address: number of a USB camera, its device file, or a URL.
        name: what messages call it.

    Raises:
        CameraError: it cannot be opened.
    """

    def __init__(self, address: int | str, name: str) -> None:
        self._name = name
        self._capture = cv2.VideoCapture()
        try:
            if isinstance(address, str) and "://" in address:
                patience = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, _PATIENCE_MS, cv2.CAP_PROP_READ_TIMEOUT_MSEC, _PATIENCE_MS]
                opened = self._capture.open(address, cv2.CAP_FFMPEG, patience)
            else:
                opened = self._capture.open(address, cv2.CAP_V4L2)
        except cv2.error as error:
            raise CameraError(f"camera {name} cannot be opened: {error}") from error
        if not opened:
            raise CameraError(f"camera {name} cannot be opened: is it there, and not in use by another program?")
        self._capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)

    def read(self) -> CapturedImage:
        """Wait for the next image.

        Raises:
            CameraError: the camera stopped delivering.
        """
        got, image = self._capture.read()
        if not got:
            raise CameraError(f"camera {self._name} stopped delivering images")
        return CapturedImage(_rgb(image), time.monotonic_ns())

    def close(self) -> None:
        self._capture.release()


class VideoCapture:
    """A video file; its timestamps are the file's own, from 0.

    Raises:
        CameraError: the file is not a video that OpenCV's decoders know, or holds no image.
    """

    def __init__(self, path: Path) -> None:
        self._capture = cv2.VideoCapture(str(path))
        if not self._capture.isOpened() or not self._capture.grab():
            self._capture.release()
            raise CameraError(f"{path}: not a video that can be read, or one without images")
        rate = self._capture.get(cv2.CAP_PROP_FPS)
        self._step_ns = round(1e9 / rate) if 0 < rate <= 1000 else 40_000_000
        self._last_ns = -self._step_ns
        self._grabbed = True

    def read(self) -> CapturedImage | None:
        """The next image, None after the last. An image without a time of its own follows at the frame rate."""
        if not (self._grabbed or self._capture.grab()):
            return None
        self._grabbed = False
        timestamp = round(self._capture.get(cv2.CAP_PROP_POS_MSEC) * 1e6)
        self._last_ns = timestamp if timestamp > self._last_ns else self._last_ns + self._step_ns
        got, image = self._capture.retrieve()
        return CapturedImage(_rgb(image), self._last_ns) if got else None

    def close(self) -> None:
        self._capture.release()


def _rgb(image: npt.NDArray[np.uint8]) -> RGB:
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB if image.ndim == 3 else cv2.COLOR_GRAY2RGB), np.uint8)
