"""Image formats, told by a file's first bytes: which are read, what size a header promises, and what else it can be."""

import posixpath
import re
import struct
from collections.abc import Callable
from pathlib import PurePosixPath

Size = tuple[int, int]
READABLE = "JPEG, PNG, WebP, BMP, PGM, PPM or TIFF"
HEAD_BYTES = 512
"""How many of a file's first bytes tell its format."""

_IMAGE_SUFFIXES = frozenset({".jpg", ".jpeg", ".jfif", ".png", ".webp", ".bmp", ".pgm", ".ppm", ".tif", ".tiff"})
_TEXT_SUFFIXES = frozenset(
    {".txt", ".md", ".rst", ".csv", ".tsv", ".json", ".jsonl", ".xml", ".xmp", ".aae", ".html", ".htm", ".yaml", ".yml"}
    | {".toml", ".ini", ".cfg", ".log", ".py"}
)
_SYSTEM_FILES = frozenset({"thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r"})
_CONVERT = "convert it to JPEG or PNG"
HEIC_ADVICE = "install the package pillow-heif, or convert it to JPEG (an iPhone exports JPEG as 'Most Compatible')"
_RAW_SUFFIXES = frozenset(
    {".cr2", ".cr3", ".nef", ".arw", ".dng", ".raf", ".orf", ".rw2", ".pef", ".srw", ".x3f", ".3fr", ".nrw"}
)
_FOREIGN_SUFFIXES = {
    ".heic": "HEIC", ".heif": "HEIC", ".hif": "HEIC", ".avif": "AVIF", ".jxl": "JPEG XL", ".jp2": "JPEG 2000", ".gif": "GIF",
    ".psd": "Photoshop", ".svg": "SVG", ".tga": "TGA", ".ico": "icon",
}  # fmt: skip
_NAMED_IMAGES = _IMAGE_SUFFIXES | _RAW_SUFFIXES | _FOREIGN_SUFFIXES.keys()
_HEIC_BRANDS = rb"heic|heix|hevc|hevx|heim|heis|hevm|hevs|mif1|msf1"
_TIFF = rb"II\*\x00|MM\x00\*"
_SUBFILE, _WIDTH, _HEIGHT, _DNG_VERSION = 254, 256, 257, 50706  # TIFF tags
_FOREIGN_MAGIC = (
    (rb"....ftyp(?:avif|avis)", "AVIF"),
    (rb"....ftyp(?:" + _HEIC_BRANDS + rb")", "HEIC"),
    (rb"....ftypcrx ", "camera raw"),
    (rb"GIF8[79]a", "GIF"),
    (rb"\xff\x0a|\x00\x00\x00\x0cJXL ", "JPEG XL"),
    (rb"\x00\x00\x00\x0cjP  |\xff\x4f\xff\x51", "JPEG 2000"),
    (rb"8BPS", "Photoshop"),
    (rb"FUJIFILMCCD-RAW|IIU\x00|IIRO|MMOR", "camera raw"),
)
_OTHER_MAGIC = (
    (rb"Rar!\x1a\x07", "a RAR archive"),
    (rb"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (rb"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    (rb"PK\x03\x04|PK\x05\x06", "a zip"),
    (rb"\x1f\x8b|BZh[1-9]|\xfd7zXZ\x00", "a compressed file"),
    (rb"%PDF-", "a PDF"),
    (rb"....ftyp|....moov|\x1a\x45\xdf\xa3|RIFF....AVI ", "a video"),
    (rb"\x7fELF|MZ", "a program"),
)


def image_size(data: bytes) -> Size | None:
    """Width and height that an image's header promises, or None when it is no image that is read."""
    for magic, measure in _FORMATS:
        if re.match(magic, data, re.DOTALL):
            try:
                return measure(data)
            except (struct.error, ValueError, LookupError):
                return None
    return None


def is_readable_format(head: bytes) -> bool:
    """Whether a file that begins with `head` is of a format that is read."""
    return any(re.match(magic, head, re.DOTALL) for magic, _ in _FORMATS)


def foreign_format(head: bytes) -> str | None:
    """Name of an image format that is known and not read without help, such as ``HEIC``; None for anything else."""
    if re.match(_TIFF, head, re.DOTALL):
        return "camera raw" if _is_raw_tiff(head) else None
    return next((name for magic, name in _FOREIGN_MAGIC if re.match(magic, head, re.DOTALL)), None)


def other_kind(head: bytes) -> str | None:
    """``a RAR archive`` and the like, for a file that is no image; None when it is not known."""
    return next((name for magic, name in _OTHER_MAGIC if re.match(magic, head, re.DOTALL)), None)


def format_problem(head: bytes, suffix: str = "") -> str:
    """Why a file that begins with `head` is not read as an image, and what to do about it."""
    suffix = suffix.lower()
    found = foreign_format(head) or (None if is_readable_format(head) else _FOREIGN_SUFFIXES.get(suffix))
    if found is None and suffix in _RAW_SUFFIXES:
        found = "camera raw"
    if found:
        return f"{found} images are not read: {HEIC_ADVICE if found == 'HEIC' else _CONVERT}"
    other = other_kind(head)
    if other:
        return f"not an image but {other}"
    return f"not a {READABLE} image, or its header is damaged"


def has_image_suffix(name: str) -> bool:
    """Whether a file's name says that it is an image, of a format that is read or of another."""
    return posixpath.splitext(name)[1].lower() in _NAMED_IMAGES


def is_image(head: bytes) -> bool:
    """Whether the content of a file that begins with `head` is an image, of a format that is read or of another."""
    if foreign_format(head):
        return True
    return is_readable_format(head) and (not is_text(head) or image_size(head) is not None)


def is_side_file(name: str) -> bool:
    """Whether a file's name says that it only lies beside images: text, tables, what file managers leave."""
    path = PurePosixPath(name)
    return path.name.lower() in _SYSTEM_FILES or path.suffix.lower() in _TEXT_SUFFIXES


def is_text(head: bytes) -> bool:
    """Whether a file that begins with `head` is text, or empty."""
    try:
        head.decode()
    except UnicodeDecodeError as error:
        return error.start > len(head) - 4 and b"\0" not in head  # a character that the head cuts off
    return b"\0" not in head


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
    tags = _tiff_tags(data)
    return tags[_WIDTH], tags[_HEIGHT]


def _tiff_tags(data: bytes) -> dict[int, int]:
    """First value of the short and long tags of a TIFF's first directory."""
    order = "<" if data[:2] == b"II" else ">"
    directory = struct.unpack_from(order + "I", data, 4)[0]
    tags: dict[int, int] = {}
    for index in range(struct.unpack_from(order + "H", data, directory)[0]):
        tag, kind = struct.unpack_from(order + "HH", data, directory + 2 + 12 * index)
        value_format = order + ("H" if kind == 3 else "I")
        tags[tag] = struct.unpack_from(value_format, data, directory + 10 + 12 * index)[0]
    return tags


def _is_raw_tiff(data: bytes) -> bool:
    """Whether a TIFF is a camera's raw file, whose first image is a thumbnail only."""
    if data[8:10] == b"CR":
        return True
    try:
        tags = _tiff_tags(data)
    except struct.error:
        return False
    return _DNG_VERSION in tags or bool(tags.get(_SUBFILE, 0) & 1)


_FORMATS: tuple[tuple[bytes, Callable[[bytes], Size]], ...] = (
    (rb"\xff\xd8\xff", _jpeg),
    (rb"\x89PNG\r\n\x1a\n", _png),
    (rb"RIFF....WEBP", _webp),
    (rb"BM", _bmp),
    (rb"P[1-6]\s", _netpbm),
    (_TIFF, _tiff),
)
