"""JSON Lines output of events: one complete object per line, even if the disk is full."""

import errno
import json
import logging
import os
import stat
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from io import UnsupportedOperation
from pathlib import Path
from typing import Self, TextIO

from ..errors import DataError
from .event import Event

_log = logging.getLogger(__name__)
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
# A disk can fail temporarily; a terminal or pipe that fails cannot be used again.
_FILE_FAILS = _NO_ROOM | {errno.EIO, errno.ESTALE, errno.EROFS, errno.ENODEV, errno.ENXIO, errno.ENOENT, errno.EACCES}


@dataclass(frozen=True)
class Rotation:
    """Files of a bounded size: ``events.jsonl`` becomes ``events.jsonl.1``, that ``events.jsonl.2``, and so on.

    Attributes:
        max_bytes: size of a file.
        kept: number of older files.
    """

    max_bytes: int
    kept: int = 5

    def move(self, path: Path) -> None:
        """Move a file and the older ones by one; the oldest is deleted."""
        names = [path, *(path.with_name(f"{path.name}.{number}") for number in range(1, self.kept + 1))]
        for older, newer in reversed(list(zip(names[1:], names, strict=False))):
            if newer.exists():
                os.replace(newer, older)
        if not self.kept:
            path.unlink()


class JsonLines:
    """Writes each event immediately as one complete line.

    If the disk is full, events are lost; the first loss causes a warning. When there is space again, an event
    ``events_lost`` with the number of lost events is written first.

    Args:
        descriptor: descriptor of an open file or pipe.
        name: name of the output in warnings.
        path: path of a regular file, opened again if log rotation moved it.
        rotation: when the file is replaced by a new one; None for never. Needs `path`.
        warn: called with one sentence when events are lost, and when they are written again.
    """

    def __init__(
        self,
        descriptor: int,
        name: str,
        *,
        path: Path | None = None,
        rotation: "Rotation | None" = None,
        warn: Callable[[str], None] = _log.warning,
    ) -> None:
        self._descriptor, self._name, self._path, self._warn = descriptor, name, path, warn
        self._rotation = rotation
        self._tolerated = _NO_ROOM if path is None else _FILE_FAILS
        self._cut = False
        self._lost, self._why = 0, ""

    def emit(self, event: Event) -> None:
        """Write one event, or count it as lost if the disk is full.

        Raises:
            OSError: another output error, such as a closed pipe.
        """
        try:
            line = self._lost_line(event) + _line(event)
            self._rotate(len(line))
            self._follow_rotation()
            self._append(line)
        except OSError as error:
            if error.errno not in self._tolerated:
                raise
            self._lose(error)
            return
        if self._lost:
            self._warn(f"{self._name}: events are written again, {self._lost} were lost")
            self._lost = 0

    def close(self) -> None:
        """Close the file; standard output stays open."""
        if self._path is not None:
            os.close(self._descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _lost_line(self, event: Event) -> bytes:
        if not self._lost:
            return b""
        detail = {"events": self._lost, "why": self._why}
        return _line(replace(event, kind="events_lost", body={"detail": detail}))

    def _lose(self, error: OSError) -> None:
        self._why = error.strerror or str(error)
        if not self._lost:
            self._warn(f"{self._name}: cannot be written ({self._why}); events are lost until it can")
        self._lost += 1

    def _append(self, data: bytes) -> None:
        """Write all bytes or none. A partial write is truncated, or ended with a line break at the next write."""
        size = os.fstat(self._descriptor).st_size
        data = b"\n" * self._cut + data
        written = 0
        try:
            while written < len(data):
                written += os.write(self._descriptor, data[written:])
        except OSError:
            if written:
                self._take_back(size, written)
            raise
        self._cut = False

    def _take_back(self, size: int, written: int) -> None:
        self._cut = True
        with suppress(OSError):
            status = os.fstat(self._descriptor)
            if stat.S_ISREG(status.st_mode) and status.st_size == size + written:
                os.ftruncate(self._descriptor, size)
                self._cut = False

    def _rotate(self, more: int) -> None:
        """Move the file away if it has no room for more bytes."""
        if self._path is None or self._rotation is None or not self._path.exists():
            return
        size = self._path.stat().st_size
        if size and size + more > self._rotation.max_bytes:
            self._rotation.move(self._path)

    def _follow_rotation(self) -> None:
        """Open the file again if another file, or none, is at its path."""
        if self._path is None:
            return
        own = os.fstat(self._descriptor)
        try:
            there = os.stat(self._path)
        except FileNotFoundError:
            there = None
        if stat.S_ISREG(own.st_mode) and (there is None or (there.st_dev, there.st_ino) != (own.st_dev, own.st_ino)):
            fresh = _open(self._path)
            os.close(self._descriptor)
            self._descriptor, self._cut = fresh, _ends_within_a_line(self._path)


class JsonStream:
    """Writes each event as one line of a text stream without a file descriptor, and flushes it."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def emit(self, event: Event) -> None:
        """Write one event."""
        self._stream.write(_line(event).decode())
        self._stream.flush()

    def close(self) -> None:
        """Do nothing: the stream stays open."""


def json_lines_on(stream: TextIO, *, warn: Callable[[str], None] = _log.warning) -> JsonLines | JsonStream:
    """Sink that writes events to a stream such as standard output, which stays open."""
    stream.flush()
    try:
        return JsonLines(stream.fileno(), getattr(stream, "name", "output"), warn=warn)
    except (UnsupportedOperation, AttributeError):
        return JsonStream(stream)


def open_json_lines(
    path: Path, *, rotation: Rotation | None = None, warn: Callable[[str], None] = _log.warning
) -> JsonLines:
    """Append events to a file. An incomplete last line (for example after a power loss) is ended first.

    Raises:
        DataError: the file contains something other than events.
        OSError: the file cannot be opened for writing.
    """
    if path.is_file() and _first_byte(path) not in (b"", b"{"):
        raise DataError(
            f"{path}: expected a new file or one of JSON lines to append to, found something else", path=path
        )
    cut_short = _ends_within_a_line(path)
    sink = JsonLines(_open(path), str(path), path=path, rotation=rotation, warn=warn)
    sink._cut = cut_short
    return sink


def _open(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o666)


def _first_byte(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(1)


def _line(event: Event) -> bytes:
    return (json.dumps(event.to_json(), ensure_ascii=False, allow_nan=False) + "\n").encode()


def _ends_within_a_line(path: Path) -> bool:
    if not path.is_file() or path.stat().st_size == 0:
        return False
    with path.open("rb") as stream:
        stream.seek(-1, os.SEEK_END)
        return stream.read(1) != b"\n"
