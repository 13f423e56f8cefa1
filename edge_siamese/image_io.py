"""Photos from files and bytes: always uint8 RGB, upright, and refused in one sentence when they cannot be read.

The header is read before OpenCV sees the image, because OpenCV allocates whatever a header promises.
"""

import logging
import os
import re
import struct
from collections.abc import Callable, Iterable
from pathlib import Path

import cv2
import numpy as np

from .errors import DataError, ImageError
from .frames import RGB

IMAGE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".pgm", ".ppm", ".tif", ".tiff"})
MAX_PIXELS = 50_000_000
MAX_BYTES = 200_000_000

_log = logging.getLogger(__name__)
Size = tuple[int, int]


def read_image(source: str | os.PathLike[str] | bytes, *, name: str | None = None) -> RGB:
    """Read one photo: JPEG, PNG, WebP, BMP, PGM/PPM or TIFF.

    EXIF orientation is obeyed, 16-bit samples are scaled to 8, gray becomes three equal channels, and an alpha channel
    is dropped: the colors beneath it are what the camera saw.

    Args:
        source: a file, or the bytes of one.
        name: what messages call it; the path unless given.

    Returns:
        uint8 ``(H, W, 3)`` RGB.

    Raises:
        ImageError: unreadable, empty, not an image, over 50 megapixels, or damaged.
    """
    if isinstance(source, bytes):
        return _decode(source, name or "the image")
    path = Path(source)
    name = name or str(path)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ImageError(f"{name}: {path.stat().st_size / 1e6:,.0f} MB is too large for an image")
        return _decode(path.read_bytes(), name)
    except OSError as error:
        raise ImageError(f"{name}: cannot be read ({error.strerror or error})") from error


def list_images(folder: str | os.PathLike[str]) -> list[Path]:
    """The images in a folder and the folders below it, by suffix, in natural order; hidden ones are left out.

    Raises:
        DataError: the folder, or one below it, is missing or cannot be read.
    """

    def reject(error: OSError) -> None:
        raise DataError(f"{error.filename}: the folder cannot be read ({error.strerror})") from error

    found: list[Path] = []
    for parent, folders, files in os.walk(folder, onerror=reject):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found.extend(Path(parent, name) for name in files if is_image_name(name))
    return sorted(found, key=lambda path: natural_key(path.as_posix()))


def is_image_name(name: str) -> bool:
    """Whether a file of this name is taken for an image: a known suffix, not hidden."""
    path = Path(name)
    return path.suffix.lower() in IMAGE_SUFFIXES and not path.name.startswith(".")


def natural_key(text: str) -> list[tuple[int, int, str]]:
    """Sort key with which ``a2`` comes before ``a10``."""
    parts: Iterable[str] = re.split(r"([0-9]+)", text)
    return [(0, int(part), part) if part.isdecimal() else (1, 0, part) for part in parts if part]


def image_size(data: bytes) -> Size | None:
    """Width and height that an image's header promises, or None when it is no image this module reads."""
    for magic, measure in _FORMATS:
        if re.match(magic, data, re.DOTALL):
            try:
                return measure(data)
            except (struct.error, ValueError, IndexError):
                return None
    return None


def _decode(data: bytes, name: str) -> RGB:
    if not data:
        raise ImageError(f"{name}: the file is empty")
    size = image_size(data)
    if size is None:
        raise ImageError(f"{name}: not a JPEG, PNG, WebP, BMP, PGM, PPM or TIFF image, or its header is damaged")
    if size[0] * size[1] > MAX_PIXELS:
        raise ImageError(f"{name}: {size[0]} x {size[1]} pixels are over the limit of {MAX_PIXELS // 10**6} megapixels")
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:
        _log.debug("%s: %s", name, error)
        image = None
    if image is None:
        raise ImageError(f"{name}: the image is damaged or cut short")
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)


def _png(data: bytes) -> Size:
    width, height = struct.unpack_from(">II", data, 16)
    return width, height


def _jpeg(data: bytes) -> Size:
    at = 2
    while True:
        marker, length = struct.unpack_from(">HH", data, at)
        if marker == 0xFFFF:  # fill byte before a marker
            at += 1
        elif 0xFFC0 <= marker <= 0xFFCF and marker not in {0xFFC4, 0xFFC8, 0xFFCC}:  # start of frame
            height, width = struct.unpack_from(">HH", data, at + 5)
            return width, height
        elif marker < 0xFF01 or marker == 0xFFDA or length < 2:
            raise ValueError("no frame before the scan")
        else:
            at += 2 + length


def _bmp(data: bytes) -> Size:
    if struct.unpack_from("<I", data, 14)[0] == 12:
        width, height = struct.unpack_from("<HH", data, 18)
    else:
        width, height = struct.unpack_from("<ii", data, 18)
    return abs(width), abs(height)


def _webp(data: bytes) -> Size:
    kind = data[12:16]
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", data, 26)
        return width & 0x3FFF, height & 0x3FFF
    if kind == b"VP8L":
        bits = struct.unpack_from("<I", data, 21)[0]
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8X" and len(data) >= 30:
        return int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1
    raise ValueError("unknown WebP chunk")


def _netpbm(data: bytes) -> Size:
    header = re.match(rb"P[1-6]\s+(?:#[^\n]*\n\s*)*([0-9]{1,9})\s+(?:#[^\n]*\n\s*)*([0-9]{1,9})\s", data[:4096])
    if header is None:
        raise ValueError("no size")
    return int(header[1]), int(header[2])


def _tiff(data: bytes) -> Size:
    order = "<" if data[:2] == b"II" else ">"
    directory = struct.unpack_from(order + "I", data, 4)[0]
    sizes: dict[int, int] = {}
    for index in range(struct.unpack_from(order + "H", data, directory)[0]):
        tag, kind = struct.unpack_from(order + "HH", data, directory + 2 + 12 * index)
        if tag in {256, 257}:
            value_format = order + ("H" if kind == 3 else "I")
            sizes[tag] = struct.unpack_from(value_format, data, directory + 10 + 12 * index)[0]
    if len(sizes) < 2:
        raise ValueError("no size")
    return sizes[256], sizes[257]


_FORMATS: tuple[tuple[bytes, Callable[[bytes], Size]], ...] = (
    (rb"\xff\xd8\xff", _jpeg),
    (rb"\x89PNG\r\n\x1a\n", _png),
    (rb"RIFF....WEBP", _webp),
    (rb"BM", _bmp),
    (rb"P[1-6]\s", _netpbm),
    (rb"II\*\x00|MM\x00\*", _tiff),
)


def write_image(path: Path, image: RGB) -> None:
    """Write a uint8 ``(H, W, 3)`` RGB image in the format of the path's suffix; its folder is made when absent.

    Raises:
        ImageError: it cannot be written there.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if not cv2.imwrite(str(path), cv2.cvtColor(image, cv2.COLOR_RGB2BGR)):
        raise ImageError(f"{path}: the image could not be written")
