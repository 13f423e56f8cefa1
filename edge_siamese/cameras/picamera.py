"""Captures from the Raspberry Pi camera with picamera2."""

import time
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from ..errors import CameraError, RuntimeMissingError
from ..frames import RGB
from .base import CapturedImage
from .pixel_formats import to_rgb

DEFAULT_SIZE = (1280, 720)
SMALL_WIDTH = 640
"""Width of the low-resolution stream for the detector, which works on at most 320 pixels; the height has the same ratio."""
_PATIENCE_S = 5.0
# picamera2 returns arrays for all formats but these, for which it returns the raw buffer.
_ONLY_BUFFERS = frozenset({"NV12", "NV21", "UYVY"})


@dataclass(frozen=True)
class _Stream:
    """A stream of the camera as it was configured."""

    name: str
    pixel_format: str
    width: int
    height: int
    stride: int

    @classmethod
    def of(cls, name: str, configuration: dict[str, Any]) -> "_Stream":
        width, height = configuration["size"]
        return cls(name, str(configuration["format"]), width, height, int(configuration.get("stride", 0)))

    def image(self, request: Any) -> RGB:
        if self.pixel_format in _ONLY_BUFFERS:
            buffer, stride = request.make_buffer(self.name), self.stride
        else:
            buffer = request.make_array(self.name)
            stride = buffer.nbytes // (self.height * 3 // 2 if buffer.ndim == 2 else self.height)
        return to_rgb(buffer, self.pixel_format, self.width, self.height, stride)


class PiCapture:
    """An open Pi camera. Its timestamps are the sensor's, on the monotonic clock.

    The detector gets the camera's low-resolution stream, which the image processor scales, and the crops are cut from the
    main stream. A camera that has only one stream is used without.

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
            configuration = self._configured(size, pixel_format)
            self._camera.start()
        except (RuntimeError, ValueError, OSError) as error:
            self._camera.close()
            raise CameraError(f"Pi camera {number} cannot be started: {error}") from error
        self._main = _Stream.of("main", configuration["main"])
        small = configuration.get("lores")
        self._small = None if small is None else _Stream.of("lores", small)

    def _configured(self, size: tuple[int, int], pixel_format: str) -> dict[str, Any]:
        """Configure the camera with a low-resolution stream, or without where it has none."""
        main = {"size": size, "format": pixel_format}
        small = {"size": (SMALL_WIDTH, round(SMALL_WIDTH * size[1] / size[0] / 2) * 2), "format": "YUV420"}
        try:
            self._camera.configure(self._camera.create_video_configuration(main=main, lores=small))
        except (RuntimeError, ValueError):
            self._camera.configure(self._camera.create_video_configuration(main=main))
        return dict(self._camera.camera_configuration())

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
            image = self._main.image(request)
            small = None if self._small is None else self._small.image(request)
            timestamp = request.get_metadata().get("SensorTimestamp") or time.monotonic_ns()
        finally:
            request.release()
        return CapturedImage(image, int(timestamp), small)

    def close(self) -> None:
        self._camera.stop()
        self._camera.close()


def _picamera2() -> Any:
    try:
        return import_module("picamera2")
    except (ImportError, ValueError) as error:  # ValueError: picamera2 was built for another numpy
        raise RuntimeMissingError(
            f"the Pi camera needs picamera2 ({error}), which comes with Raspberry Pi OS and not from pip: "
            "sudo apt install python3-picamera2, and make the environment with python3 -m venv --system-site-packages"
        ) from error
