"""Reading a board's messages for as long as one likes: garbage is skipped, and a lost line is opened again."""

import time
from collections.abc import Callable, Iterator

from edge_siamese.errors import DataError, EdgeSiameseError

from .framing import FrameReader, encode_frame
from .kinds import MessageKind
from .messages import Message, parse_message
from .serial_line import SerialLine

_PAUSE = 1.0


def watch(
    connect: Callable[[], SerialLine], on_trouble: Callable[[str], None], seconds: float | None = None
) -> Iterator[Message]:
    """The messages of a board, beginning with what it says of itself.

    Args:
        connect: opens its line.
        on_trouble: called with a sentence about garbage, messages that cannot be read, and a line that is lost.
        seconds: when to stop; None for never.

    Raises:
        RuntimeMissingError: pyserial is not installed.
        EdgeSiameseError: the line cannot be opened the first time.
    """
    end = None if seconds is None else time.monotonic() + seconds
    line: SerialLine | None = connect()
    while line is not None:
        try:
            with line:
                yield from _messages(line, on_trouble, end)
            return
        except EdgeSiameseError as error:
            on_trouble(f"{error}; it is opened again when it is there")
            line = _again(connect, end)


def _messages(line: SerialLine, on_trouble: Callable[[str], None], end: float | None) -> Iterator[Message]:
    reader, rejected = FrameReader(), 0
    line.send(b"\0" + encode_frame(MessageKind.STATUS, 0, b""))
    while end is None or time.monotonic() < end:
        for found in reader.feed(line.receive()):
            try:
                yield parse_message(*found)
            except DataError as error:
                on_trouble(str(error))
        if reader.rejected != rejected:
            on_trouble(f"{reader.rejected - rejected} pieces of garbage were skipped")
            rejected = reader.rejected


def _again(connect: Callable[[], SerialLine], end: float | None) -> SerialLine | None:
    """The line once it can be opened; None when the time is over before."""
    while end is None or time.monotonic() < end:
        try:
            return connect()
        except EdgeSiameseError:
            time.sleep(_PAUSE)
    return None
