"""Events as JSON lines: one object per line, every line whole."""

import json
import os
from pathlib import Path
from typing import Self, TextIO

from .event import Event


class JsonLines:
    """Writes each event as one line, and flushes it.

    Args:
        stream: text, written to only here.
        owned: close the stream with the sink.
    """

    def __init__(self, stream: TextIO, *, owned: bool = False) -> None:
        self._stream, self._owned = stream, owned

    def emit(self, event: Event) -> None:
        self._stream.write(json.dumps(event.to_json(), ensure_ascii=False, allow_nan=False) + "\n")
        self._stream.flush()

    def close(self) -> None:
        if self._owned:
            self._stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_json_lines(path: Path) -> JsonLines:
    """Append events to a file. A last line that was cut short by a power loss is ended first.

    Raises:
        OSError: it cannot be written.
    """
    cut_short = _ends_within_a_line(path)
    sink = JsonLines(path.open("a", encoding="utf-8", newline="\n"), owned=True)
    if cut_short:
        sink._stream.write("\n")
    return sink


def _ends_within_a_line(path: Path) -> bool:
    if not path.is_file() or path.stat().st_size == 0:
        return False
    with path.open("rb") as stream:
        stream.seek(-1, os.SEEK_END)
        return stream.read(1) != b"\n"
