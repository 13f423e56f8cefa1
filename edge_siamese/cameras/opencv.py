"""USB cameras, network streams and video files, through OpenCV."""

import time
from pathlib import Path

import cv2
import numpy as np

from ..errors import CameraError, DataError
from .base import CapturedImage, Undecodable
from .pixel_formats import from_opencv

_PATIENCE_MS = 5000
_DAMAGED = "it cannot be decoded"
_LOOKAHEAD = 10  # failed grabs in a row after which a source without a frame count has ended
_MAX_LOOKAHEAD = 250  # the same for one with a count that is not reached


class OpenCVCapture:
    """A USB camera or a network stream. Its timestamps say when an image arrived, on the monotonic clock.

    Args:
        address: number of a USB camera, its device file, or a URL.
        name: what messages call it.

    Raises:
        CameraError: it cannot be opened.
    """

    announced = 0

    def __init__(self, address: int | str, name: str) -> None:
        self._name = name
        self._capture = cv2.VideoCapture()
        self._grabs = _LOOKAHEAD if isinstance(address, str) and "://" in address else 1
        try:
            if self._grabs > 1:
                patience = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, _PATIENCE_MS, cv2.CAP_PROP_READ_TIMEOUT_MSEC, _PATIENCE_MS]
                opened = self._capture.open(address, cv2.CAP_FFMPEG, patience)
            else:
                opened = self._capture.open(address, cv2.CAP_V4L2)
        except cv2.error as error:
            raise CameraError(f"camera {name} cannot be opened: {error}") from error
        if not opened:
            raise CameraError(f"camera {name} cannot be opened: is it there, and not in use by another program?")
        self._capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        self._failed = 0

    def read(self) -> CapturedImage | Undecodable:
        """Wait for the next image. A frame of a stream that is damaged on its way is undecodable, many in a row are a loss.

        Raises:
            CameraError: the camera stopped delivering.
        """
        if not self._capture.grab():
            self._failed += 1
            if self._failed >= self._grabs:
                raise CameraError(f"camera {self._name} stopped delivering images")
            return Undecodable(_DAMAGED)
        self._failed = 0
        return _retrieved(self._capture, time.monotonic_ns())

    def close(self) -> None:
        self._capture.release()


class VideoCapture:
    """A video file; its timestamps are the file's own, from 0.

    Attributes:
        announced: frames by the file's own account, 0 where it has none.

    Raises:
        DataError: the file is not a video that OpenCV's decoders know, or holds no image.
    """

    def __init__(self, path: Path) -> None:
        self._capture, self._grabbed = cv2.VideoCapture(), False
        if _is_text(path) or not self._capture.open(str(path)) or not self._grab_first():
            self._capture.release()
            raise DataError(f"{path}: expected a video, found a file that cannot be read as one or has no images")
        rate = self._capture.get(cv2.CAP_PROP_FPS)
        self._step_ns = round(1e9 / rate) if 0 < rate <= 1000 else 40_000_000
        count = self._capture.get(cv2.CAP_PROP_FRAME_COUNT)
        self.announced = int(count) if 0 < count < 1e9 else 0
        self._last_ns = -self._step_ns
        self._failed, self._passed = 0, 0

    def read(self) -> CapturedImage | Undecodable | None:
        """The next image, None after the last. An image without a time of its own follows at the frame rate."""
        grabbed, self._grabbed = self._grabbed or self._capture.grab(), False
        if not grabbed:
            return self._not_grabbed()
        self._failed, self._passed = 0, self._passed + 1
        timestamp = round(self._capture.get(cv2.CAP_PROP_POS_MSEC) * 1e6)
        self._last_ns = timestamp if timestamp > self._last_ns else self._last_ns + self._step_ns
        return _retrieved(self._capture, self._last_ns)

    def close(self) -> None:
        self._capture.release()

    def _grab_first(self) -> bool:
        """Find the first frame that can be decoded; the ones before it are lost without a trace in the file's times."""
        self._grabbed = any(self._capture.grab() for _ in range(_LOOKAHEAD))
        return self._grabbed

    def _not_grabbed(self) -> Undecodable | None:
        """A frame that is damaged, or the end: the two look alike, and only what comes after tells them apart."""
        self._failed += 1
        left = min(self.announced - self._passed, _MAX_LOOKAHEAD) if self.announced else _LOOKAHEAD
        if self._failed > left:
            return None
        return Undecodable(_DAMAGED)


def _retrieved(capture: cv2.VideoCapture, timestamp_ns: int) -> CapturedImage | Undecodable:
    try:
        got, image = capture.retrieve()
    except cv2.error as error:
        return Undecodable(f"{_DAMAGED} ({error.err})")
    pixels = from_opencv(np.asarray(image)) if got and image is not None else _DAMAGED
    return Undecodable(pixels) if isinstance(pixels, str) else CapturedImage(pixels, timestamp_ns)


def _is_text(path: Path) -> bool:
    """Whether a file begins as text, which some decoders would render as a video of letters."""
    try:
        with path.open("rb") as stream:
            head = stream.read(4096)
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from error
    return bool(head) and all(byte >= 32 or byte in b"\t\n\r\f\x1b" for byte in head) and _is_utf8(head)


def _is_utf8(head: bytes) -> bool:
    try:
        head[:-3].decode() if len(head) == 4096 else head.decode()
    except UnicodeDecodeError as error:
        return error.start > len(head) - 8
    return True
