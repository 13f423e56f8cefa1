"""Captures from USB cameras, network streams and GStreamer pipelines with OpenCV."""

import time

import cv2
import numpy as np

from ..errors import CameraError, RuntimeMissingError
from .base import CapturedImage, Undecodable
from .pixel_formats import from_opencv

_PATIENCE_MS = 5000
DAMAGED = "it cannot be decoded"
_MAX_FAILED = 10  # consecutive failed grabs after which a stream counts as lost


class OpenCVCapture:
    """A USB camera or a network stream. Timestamps are the arrival times on the monotonic clock.

    Args:
        address: number of a USB camera, its device file, a URL, or ``gst:`` and a GStreamer pipeline.
        name: name of the camera in messages.

    Raises:
        CameraError: the camera cannot be opened.
        RuntimeMissingError: OpenCV was built without GStreamer.
    """

    announced = 0

    def __init__(self, address: int | str, name: str) -> None:
        self._name = name
        self._capture = cv2.VideoCapture()
        pipeline = isinstance(address, str) and address.startswith("gst:")
        self._grabs = _MAX_FAILED if isinstance(address, str) and "://" in address and not pipeline else 1
        if pipeline and not _has_gstreamer():
            raise RuntimeMissingError(
                "GStreamer pipelines need an OpenCV that was built with GStreamer, such as Debian's python3-opencv; "
                "the wheels of pip are built without it"
            )
        try:
            if pipeline:
                opened = self._capture.open(str(address).removeprefix("gst:"), cv2.CAP_GSTREAMER)
            elif self._grabs > 1:
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
        """Wait for the next image. A damaged frame is `Undecodable`; many in a row count as a lost camera.

        Raises:
            CameraError: the camera stopped delivering frames.
        """
        if not self._capture.grab():
            self._failed += 1
            if self._failed >= self._grabs:
                raise CameraError(f"camera {self._name} stopped delivering images")
            return Undecodable(DAMAGED)
        self._failed = 0
        return retrieved(self._capture, time.monotonic_ns())

    def close(self) -> None:
        self._capture.release()


def _has_gstreamer() -> bool:
    return bool(cv2.videoio_registry.hasBackend(cv2.CAP_GSTREAMER))


def retrieved(capture: cv2.VideoCapture, timestamp_ns: int) -> CapturedImage | Undecodable:
    """Decode the last grabbed frame."""
    try:
        got, image = capture.retrieve()
    except cv2.error as error:
        return Undecodable(f"{DAMAGED} ({error.err})")
    pixels = from_opencv(np.asarray(image)) if got and image is not None else DAMAGED
    return Undecodable(pixels) if isinstance(pixels, str) else CapturedImage(pixels, timestamp_ns)
