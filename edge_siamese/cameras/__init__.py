"""Frame sources: cameras, network streams, video files and images.

========================  ===================================================================================
``picamera2``             the Raspberry Pi's camera; ``picamera2:1`` for the second
``0``, ``/dev/video0``    a USB camera
``rtsp://``, ``http://``  a network camera; HTTP also as MJPEG
``gst:PIPELINE``          a GStreamer pipeline that ends with an ``appsink``
a video file              every frame, with the file's timestamps; with `realtime`, like a live camera
images                    independent images: a folder, a zip, a tar, or one image file
========================  ===================================================================================

Live sources drop frames while the reader is busy. All other sources wait and drop none.
"""

import os
import re
import stat
from collections.abc import Callable
from pathlib import Path

from ..errors import DataError
from ..image_archive import holds_images
from ..protocols import FrameSource
from .base import CameraBack as CameraBack
from .base import CameraLost as CameraLost
from .base import CameraMissing as CameraMissing
from .base import Capture, Source
from .base import EndedEarly as EndedEarly
from .base import FramesUnreadable as FramesUnreadable
from .base import SourceEvent as SourceEvent
from .view import CameraView as CameraView

_EXPECTED = "expected a camera, a URL, a video, a folder or a zip"
_SCHEMES = ("rtsp", "rtsps", "rtmp", "rtp", "srt", "udp", "tcp", "http", "https")
_V4L2_MAJOR = 81  # Linux device number of cameras


def open_source(
    spec: str, *, realtime: bool = False, wait: bool = False, view: CameraView | None = None, name: str | None = None
) -> FrameSource:
    """Open the camera, stream, video or images that `spec` names.

    Args:
        spec: see the table in the module's docstring.
        realtime: play a video file at its frame rate and drop frames like a live camera.
        wait: if a live camera cannot be opened, try again with growing pauses instead of raising an error.
        view: rotation, mirroring, region and frame rate; without it the whole images as they come.
        name: name of the source in events; by default that of the file, or the address without a password.

    Returns:
        An open source; use it as a context manager.

    Raises:
        DataError: the source does not exist, is neither video nor images, is a pipe, or is images in real time.
        CameraError: the camera cannot be opened, and `wait` is not set.
        RuntimeMissingError: picamera2 is not installed.
    """
    source = _opened(spec, realtime, wait)
    source.use_view(view or CameraView())
    source.name = name or source.name
    return source


def named_spec(text: str) -> tuple[str | None, str]:
    """Split ``NAME=SPEC`` into the name of a camera and what `open_source` opens; None without a name.

    A file that exists under the whole text is no name.
    """
    match = re.fullmatch(r"([\w][\w .-]*)=(.+)", text)
    if match is None or Path(text).exists():
        return None, text
    return match[1].strip(), match[2]


def _opened(spec: str, realtime: bool, wait: bool) -> Source:
    if not spec.strip():
        raise DataError(f"{_EXPECTED}, found an empty name")
    open_live = _live(spec)
    if open_live is not None:
        from .latest_frame import LiveSource

        return LiveSource(_without_password(spec), open_live, wait=wait)
    path = _existing(spec)
    if holds_images(path):
        if realtime:
            raise DataError(
                f"{spec}: images have no pace of their own, only a video can be played in real time", path=spec
            )
        from .folder import StillsSource

        return StillsSource(path)
    return _paced(path) if realtime else _pulled(path)


def _existing(spec: str) -> Path:
    """The path of a file or folder.

    Raises:
        DataError: the path does not exist, or is a pipe, socket or device, which could block forever.
    """
    path = Path(spec)
    try:
        mode = path.stat().st_mode
    except OSError as error:
        found = "nothing there" if isinstance(error, FileNotFoundError) else error.strerror
        raise DataError(f"{spec}: {_EXPECTED}, found {found}", path=spec) from error
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        kind = "a pipe" if stat.S_ISFIFO(mode) else "a socket" if stat.S_ISSOCK(mode) else "another device"
        raise DataError(f"{spec}: {_EXPECTED}, found {kind}", path=spec)
    return path


def _live(spec: str) -> Callable[[], Capture] | None:
    """Function that opens a live camera, or None if `spec` is not one.

    Raises:
        DataError: a URL with an unknown scheme, or a device that is not a camera.
    """
    if pi := re.fullmatch(r"picamera2(?::([0-9]+))?", spec):
        from .picamera import PiCapture

        return lambda: PiCapture(int(pi[1] or 0))
    if spec.startswith("gst:"):
        from .opencv import OpenCVCapture

        return lambda: OpenCVCapture(spec, "gst")
    url = re.match(r"([A-Za-z][A-Za-z0-9+.-]*)://", spec)
    if url and url[1].lower() not in _SCHEMES:
        raise DataError(f"{_without_password(spec)}: expected a URL of {', '.join(_SCHEMES)}, found {url[1]}")
    if spec.isdecimal() or url or _is_camera_device(spec):
        from .opencv import OpenCVCapture

        return lambda: OpenCVCapture(int(spec) if spec.isdecimal() else spec, _without_password(spec))
    return None


def _is_camera_device(spec: str) -> bool:
    """Whether a path is a camera device, or the path of a device that does not exist yet."""
    if not spec.startswith("/dev/"):
        return False
    try:
        status = Path(spec).stat()
    except OSError:
        return spec.startswith(("/dev/video", "/dev/v4l/"))
    return stat.S_ISCHR(status.st_mode) and os.major(status.st_rdev) == _V4L2_MAJOR


def _without_password(spec: str) -> str:
    return re.sub(r"(?<=://)[^/@]*@", "", spec)


def _pulled(path: Path) -> Source:
    from .recording import VideoSource

    return VideoSource(path)


def _paced(path: Path) -> Source:
    from .latest_frame import LiveSource
    from .recording import VideoCapture

    return LiveSource(path.name, lambda: VideoCapture(path), paced=True)
