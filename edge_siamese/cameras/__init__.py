"""Cameras: the sources of frames.

========================  ===================================================================================
``picamera2``             the Raspberry Pi's camera; ``picamera2:1`` for the second
``0``, ``/dev/video0``    a USB camera
``rtsp://``, ``http://``  a network camera
a video file              every frame, with the file's times; with `realtime`, as if it were live
images                    independent stills: a folder, a zip, a tar, or one image file
========================  ===================================================================================

Live sources drop frames that nobody was free for. All others are pulled and lossless.
"""

import re
from collections.abc import Callable
from pathlib import Path

from ..errors import DataError
from ..image_archive import holds_images
from ..protocols import FrameSource
from .base import CameraBack as CameraBack
from .base import CameraLost as CameraLost
from .base import Capture
from .base import SourceEvent as SourceEvent


def open_source(spec: str, *, realtime: bool = False) -> FrameSource:
    """Open the camera, stream, video or images that `spec` names.

    Args:
        spec: see the module.
        realtime: play a video file at its own pace and drop frames as a live camera does.

    Returns:
        An open source; use it as a context manager.

    Raises:
        DataError: nothing by that name, a folder without images, or images in real time.
        CameraError: the camera or video cannot be opened.
        RuntimeMissingError: a Pi camera without picamera2.
    """
    open_live = _live(spec)
    if open_live is not None:
        from .latest_frame import LiveSource

        return LiveSource(_without_password(spec), open_live)
    path = Path(spec)
    if not path.exists():
        raise DataError(f"{spec}: expected a camera, a URL, a video, a folder or a zip, found nothing there")
    if holds_images(path):
        if realtime:
            raise DataError(f"{spec}: images have no pace of their own, only a video can be played in real time")
        from .folder import StillsSource

        return StillsSource(path)
    return _paced(path) if realtime else _pulled(path)


def _live(spec: str) -> Callable[[], Capture] | None:
    """What opens a live camera, or None when `spec` is not one."""
    if pi := re.fullmatch(r"picamera2(?::([0-9]+))?", spec):
        from .picamera import PiCapture

        return lambda: PiCapture(int(pi[1] or 0))
    if spec.isdecimal() or spec.startswith("/dev/") or re.match(r"[a-z][a-z0-9+.-]*://", spec):
        from .opencv import OpenCVCapture

        return lambda: OpenCVCapture(int(spec) if spec.isdecimal() else spec, _without_password(spec))
    return None


def _without_password(spec: str) -> str:
    return re.sub(r"(?<=://)[^/@]*@", "", spec)


def _pulled(path: Path) -> FrameSource:
    from .recording import VideoSource

    return VideoSource(path)


def _paced(path: Path) -> FrameSource:
    from .latest_frame import LiveSource
    from .opencv import VideoCapture

    return LiveSource(path.name, lambda: VideoCapture(path), paced=True)
