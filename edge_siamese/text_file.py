"""Text files as Windows, macOS and Linux write them: UTF-8 with or without a byte order mark, or UTF-16."""

import codecs
from pathlib import Path

from .errors import DataError

_BYTE_ORDER_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_MAX_BYTES = 200_000_000


def decode_text(data: bytes, name: str) -> str:
    """Decode a text file; line ends become ``\\n``.

    Args:
        data: its bytes.
        name: what messages call it.

    Raises:
        DataError: it is neither UTF-8 nor UTF-16; the sentence says in which line.
    """
    encoding = next((encoding for mark, encoding in _BYTE_ORDER_MARKS if data.startswith(mark)), None)
    try:
        text = data.decode(encoding or _without_mark(data))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DataError(f"{name}: line {line}: expected text in UTF-8 or UTF-16 ({error.reason})", path=name) from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_text(path: Path) -> str:
    """Read a text file; see `decode_text`.

    Raises:
        DataError: it cannot be read, is larger than 200 MB, or is no text.
    """
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise DataError(f"{path}: {path.stat().st_size / 1e6:,.0f} MB is too large for a text file", path=path)
        return decode_text(path.read_bytes(), str(path))
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error})", path=path) from error


def _without_mark(data: bytes) -> str:
    """UTF-16 without a byte order mark has a zero byte beside every ASCII character."""
    head = data[:512]
    if head[1::2] and not any(head[1::2]):
        return "utf-16-le"
    if head[1::2] and not any(head[::2]):
        return "utf-16-be"
    return "utf-8"
