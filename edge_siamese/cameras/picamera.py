"""Captures from the Raspberry Pi camera with picamera2."""

import time
from importlib import import_module
from typing import Any

from ..errors import CameraError, RuntimeMissingError
from ..frames import RGB
from .base import CapturedImage
from .pixel_formats import to_rgb

DEFAULT_SIZE = (1280, 720)
_PATIENCE_S = 5.0
# picamera2 returns arrays for all formats but these, for which it returns the raw buffer.
_ONLY_BUFFERS = frozenset({"NV12", "NV21", "UYVY"})


class PiCapture:
    """An open Pi camera. Its timestamps are the sensor's, on the monotonic clock.

    Args:
        number: index of the camera, from 0.
        size: requested width and height in pixels; the camera may choose the nearest supported size.
        pixel_format: libcamera's name of the format; the camera may choose another of `pixel_formats.FORMATS`.

    Raises:
        RuntimeMissingError: picamera2 is not installed for this Python.
        CameraError: the camera does not exist or is in use.
    """

    announced = 0

    def __init__(self, number: int = 0, size: tuple[int, int] = DEFAULT_SIZE, pixel_format: str = "RGB888") -> None:
        picamera2 = _picamera2()
        try:
            self._camera = picamera2.Picamera2(number)
        except (RuntimeError, IndexError, OSError) as error:
            raise CameraError(f"Pi camera {number} cannot be opened: {error}") from error
        try:
            main = {"size": size, "format": pixel_format}
            self._camera.configure(self._camera.create_video_configuration(main=main))
            self._camera.start()
            stream = self._camera.camera_configuration()["main"]
        except (RuntimeError, ValueError, OSError) as error:
            self._camera.close()
            raise CameraError(f"Pi camera {number} cannot be started: {error}") from error
        self._format = str(stream["format"])
        self._width, self._height = stream["size"]
        self._stride = int(stream.get("stride", 0))

    def read(self) -> CapturedImage:
        """Wait for the next image and copy it.

        Raises:
            CameraError: no image arrived within five seconds.
        """
        try:
            request = self._camera.capture_request(wait=_PATIENCE_S)
        except (TimeoutError, RuntimeError, OSError) as error:
            raise CameraError(f"the Pi camera stopped delivering ({type(error).__name__} {error})") from error
        try:
            image = self._image(request)
            timestamp = request.get_metadata().get("SensorTimestamp") or time.monotonic_ns()
        finally:
            request.release()
        return CapturedImage(image, int(timestamp))

    def close(self) -> None:
        self._camera.stop()
        self._camera.close()

    def _image(self, request: Any) -> RGB:
        if self._format in _ONLY_BUFFERS:
            buffer, stride = request.make_buffer("main"), self._stride
        else:
            buffer = request.make_array("main")
            stride = buffer.nbytes // (self._height * 3 // 2 if buffer.ndim == 2 else self._height)
        return to_rgb(buffer, self._format, self._width, self._height, stride)


def _picamera2() -> Any:
    try:
        return import_module("picamera2")
    except (ImportError, ValueError) as error:  # ValueError: picamera2 was built for another numpy
        raise RuntimeMissingError(
            f"the Pi camera needs picamera2 ({error}), which comes with Raspberry Pi OS and not from pip: "
            "sudo apt install python3-picamera2, and make the environment with python3 -m venv --system-site-packages"
        ) from error
