"""Runs inside the Debian 13 root of `test_real_picamera`: `PiCapture` with the real Picamera2 on libcamera's virtual camera.

Prints a JSON object with the shape and the mean color of a frame.
"""

import json
import sys
import types
from importlib import import_module
from typing import Any
from unittest import mock


def adapted_picamera2() -> Any:
    """The class Picamera2, adapted to the virtual camera: no previews, no raw stream, one stream, libcamera's allocator."""
    for name in ("kms", "pykms"):
        sys.modules[name] = mock.MagicMock(spec=types.ModuleType(name))
    picamera2: Any = import_module("picamera2").Picamera2
    allocator: Any = import_module("picamera2.allocators").LibcameraAllocator
    begin, configuration_of = picamera2.__init__, picamera2.create_video_configuration

    def start(self: Any, *arguments: Any, **options: Any) -> None:
        begin(self, *arguments, **options)
        self.allocator = allocator(self.camera)  # the default one makes one plane and stops at NV12

    def video_configuration(self: Any, **streams: Any) -> Any:
        if "lores" in streams:
            raise RuntimeError("the virtual camera has one stream")
        configuration = configuration_of(self, raw=None, buffer_count=3, **streams)
        configuration["controls"] = {}
        return configuration

    picamera2._get_raw_modes = lambda self: [{"format": "NV12", "size": (640, 480)}]
    picamera2.__init__, picamera2.create_video_configuration = start, video_configuration
    return picamera2


def main() -> None:
    """Capture three frames."""
    adapted_picamera2()
    capture = import_module("edge_siamese.cameras.picamera").PiCapture(0, size=(640, 480), pixel_format="NV12")
    frames = [capture.read() for _ in range(3)]
    capture.close()
    report = {
        "shape": frames[0].pixels.shape,
        "mean": frames[-1].pixels.reshape(-1, 3).mean(axis=0).tolist(),
        "increasing": frames[0].timestamp_ns < frames[1].timestamp_ns < frames[2].timestamp_ns,
        "small": frames[0].small is not None,
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main()
