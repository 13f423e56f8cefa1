"""Capture what native libraries print on standard error.

LiteRT, OpenCV, FFmpeg and libjpeg write to file descriptor 2 directly. `captured_native_output` points the descriptor
at a temporary file, gives Python's own ``sys.stderr`` a copy of the real one, and passes the captured lines to
`logging` at the end, where ``-v`` shows them.
"""

import logging
import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

_LOG = logging.getLogger(__name__)
_STDERR = 2
_MAX_BYTES = 65_536
_lock = threading.Lock()
_depth = 0


@contextmanager
def captured_native_output() -> Iterator[None]:
    """Keep native output off standard error while the block runs; nested and concurrent blocks share one capture."""
    with _lock:
        started = _enter()
    try:
        yield
    finally:
        with _lock:
            _leave(started)


class _Capture:
    """The open capture: the real descriptor, the file in its place, and the stream that Python had."""

    def __init__(self) -> None:
        sys.stderr.flush()
        self.real = os.dup(_STDERR)
        self.file = tempfile.TemporaryFile()  # noqa: SIM115 (closed by `end`)
        self.stream = sys.stderr
        self.replaced: TextIO | None = None
        if _descriptor(sys.stderr) == _STDERR:
            sys.stderr = self.replaced = os.fdopen(
                os.dup(self.real), "w", encoding=sys.stderr.encoding, errors="backslashreplace", buffering=1
            )
        os.dup2(self.file.fileno(), _STDERR)

    def end(self) -> list[str]:
        """Undo the capture and return what was captured, at most the last 64 KiB of it, as lines."""
        if self.replaced is not None:
            if sys.stderr is self.replaced:
                sys.stderr = self.stream
            self.replaced.close()
        os.dup2(self.real, _STDERR)
        os.close(self.real)
        size = self.file.seek(0, os.SEEK_END)
        self.file.seek(max(0, size - _MAX_BYTES))
        captured = self.file.read().decode(errors="replace")
        self.file.close()
        return [line for line in captured.splitlines() if line.strip()]


_capture: _Capture | None = None


def _enter() -> bool:
    """Start the capture unless one is open; False where standard error is closed and nothing can be captured."""
    global _capture, _depth  # noqa: PLW0603 - one descriptor, one capture a process
    if _depth == 0:
        try:
            _capture = _Capture()
        except (OSError, ValueError):
            return False
    _depth += 1
    return True


def _leave(started: bool) -> None:
    global _capture, _depth  # noqa: PLW0603
    if not started:
        return
    _depth -= 1
    if _depth == 0 and _capture is not None:
        lines, _capture = _capture.end(), None
        for line in lines:
            _LOG.info("%s", line)


def _descriptor(stream: object) -> int | None:
    try:
        return int(stream.fileno())  # type: ignore[attr-defined]
    except (AttributeError, OSError, ValueError):
        return None
