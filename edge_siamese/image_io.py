"""Photos from files and bytes: always uint8 RGB, upright, and refused in one sentence when they cannot be read.

The header is read before OpenCV sees the image, because OpenCV allocates whatever a header promises.
"""

import logging
import os
import stat
from pathlib import Path, PurePath
from typing import Any

import cv2
import numpy as np

from .errors import ImageError
from .frames import RGB
from .image_formats import foreign_format, format_problem, image_size

MAX_PIXELS = 50_000_000
MAX_SIDE = 1 << 20
MAX_BYTES = 200_000_000

_log = logging.getLogger(__name__)


def read_image(source: str | os.PathLike[str] | bytes | bytearray | memoryview, *, name: str | None = None) -> RGB:
    """Read one photo: JPEG, PNG, WebP, BMP, PGM/PPM or TIFF; HEIC where the package ``pillow-heif`` is installed.

    The content decides about the format, not the name. Any shape up to the limits is read, also one pixel wide.
    EXIF orientation is obeyed, 16-bit samples are scaled to 8, gray becomes three equal channels, and an alpha channel
    is dropped: the colors beneath it are what the camera saw.

    Args:
        source: a file, or the bytes of one.
        name: what messages call it; the path unless given.

    Returns:
        uint8 ``(H, W, 3)`` RGB.

    Raises:
        ImageError: unreadable, empty, not an image, over 50 megapixels or 200 MB, or damaged.
    """
    if isinstance(source, bytes | bytearray | memoryview):
        return _decode(bytes(source), name or "the image")
    if not isinstance(source, str | os.PathLike):
        raise ImageError(f"expected the path or the bytes of an image, found {type(source).__name__}")
    path = Path(source)
    name = name or str(path)
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode) and not stat.S_ISDIR(status.st_mode):
            raise ImageError(f"{name}: expected an image, found a pipe or device", path=name)
        require_size(status.st_size, name)
        data = path.read_bytes()
    except OSError as error:
        raise ImageError(f"{name}: cannot be read ({error.strerror or error})", path=name) from error
    except ValueError as error:
        raise ImageError(f"{name!r}: cannot be the path of an image ({error})", path=name) from error
    return _decode(data, name)


def require_size(size: int, name: str) -> None:
    """Refuse a file of more than `MAX_BYTES`.

    Raises:
        ImageError: it is larger.
    """
    if size > MAX_BYTES:
        raise ImageError(
            f"{name}: {size / 1e6:,.0f} MB is too large for an image, the limit is {MAX_BYTES / 1e6:,.0f} MB", path=name
        )


def _decode(data: bytes, name: str) -> RGB:
    if not data:
        raise ImageError(f"{name}: the file is empty", path=name)
    foreign = foreign_format(data)
    if foreign == "HEIC":
        return _decode_heic(data, name)
    size = None if foreign else image_size(data)
    if size is None:
        raise ImageError(f"{name}: {format_problem(data, PurePath(name).suffix)}", path=name)
    _require_shape(size, name)
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:
        _log.debug("%s: %s", name, error)
        image = None
    if image is None:
        raise ImageError(f"{name}: the image is damaged or cut short", path=name)
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)


def _require_shape(size: tuple[int, int], name: str) -> None:
    width, height = size
    if width * height > MAX_PIXELS:
        raise ImageError(
            f"{name}: {width} x {height} pixels are over the limit of {MAX_PIXELS // 10**6} megapixels", path=name
        )
    if max(width, height) > MAX_SIDE:
        raise ImageError(f"{name}: {width} x {height} pixels are over the limit of {MAX_SIDE:,} a side", path=name)


def _decode_heic(data: bytes, name: str) -> RGB:
    """A HEIC photo by ``pillow_heif``, an optional package; its rotation is applied by the decoder."""
    try:
        import pillow_heif
    except ImportError as error:
        raise ImageError(f"{name}: {format_problem(data)}", path=name) from error
    try:
        photo: Any = pillow_heif.open_heif(data, convert_hdr_to_8bit=True)
        _require_shape(photo.size, name)
        pixels = np.asarray(photo)
    except (ValueError, RuntimeError, OSError, EOFError, SyntaxError) as error:
        raise ImageError(f"{name}: the HEIC image is damaged ({' '.join(str(error).split())})", path=name) from error
    if pixels.ndim == 2:
        pixels = np.repeat(pixels[..., None], 3, axis=2)
    return np.ascontiguousarray(pixels[..., :3], np.uint8)


def write_image(path: Path, image: RGB) -> None:
    """Write a uint8 ``(H, W, 3)`` RGB image in the format of the path's suffix; its folder is made when absent.

    Raises:
        ImageError: it cannot be written there.
    """
    try:
        encoded = cv2.imencode(path.suffix, cv2.cvtColor(image, cv2.COLOR_RGB2BGR))[1].tobytes()
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_whole(path, encoded)
    except cv2.error as error:
        raise ImageError(
            f"{path}: the image could not be written: no format with the suffix '{path.suffix}'", path=path
        ) from error
    except OSError as error:
        raise ImageError(f"{path}: the image could not be written ({error.strerror or error})", path=path) from error


def _write_whole(path: Path, data: bytes) -> None:
    """Write a file, or leave none: without the flush to the disk of `atomic`, since folders of images are written."""
    stream = path.open("wb")
    try:
        with stream:
            stream.write(data)
    except OSError:
        path.unlink(missing_ok=True)
        raise
