"""Update of a gallery over a serial line: page by page, with resume, the header last."""

import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from edge_siamese.errors import DataError
from edge_siamese.gallery.container.layout import ERASED, HEADER

from .framing import FrameReader, encode_frame
from .kinds import DATA_SIZE, MEANINGS, MessageKind, UpdateStatus
from .messages import Message, parse_message

_TRIES = 4
_PATIENCE = 20.0


class Line(Protocol):
    """A serial line."""

    def send(self, data: bytes) -> None:
        """Send bytes."""

    def receive(self) -> bytes:
        """The bytes that arrived; empty when none came in time."""


@dataclass(frozen=True)
class UpdateResult:
    """What an update did.

    Attributes:
        pages_sent, pages_kept: pages that were written, and that the slot already held.
        bytes_sent: of the gallery.
    """

    pages_sent: int
    pages_kept: int
    bytes_sent: int


class BoardLink:
    """Messages to and from a board.

    Args:
        line: the serial line.
        on_message: called with every message that is no answer.
    """

    def __init__(self, line: Line, on_message: Callable[[Message], None] | None = None) -> None:
        self._line, self._reader, self._number = line, FrameReader(), 0
        self._on_message = on_message

    @property
    def rejected(self) -> int:
        """Frames that were no messages."""
        return self._reader.rejected

    def ask(self, kind: MessageKind, payload: bytes, answer: MessageKind) -> Message:
        """Send a message and wait for the answer; a lost one is sent again.

        Raises:
            DataError: no answer came.
        """
        for _ in range(_TRIES):
            self._line.send(encode_frame(kind, self._number, payload))
            self._number += 1
            for message in self._arriving():
                if message.kind is answer:
                    return message
                if self._on_message:
                    self._on_message(message)
        raise DataError(f"the board did not answer {kind.name} after {_TRIES} tries")

    def _arriving(self) -> Iterator[Message]:
        """Messages until nothing arrives any more, or for some time where something always does."""
        end = time.monotonic() + _PATIENCE
        while (data := self._line.receive()) and time.monotonic() < end:
            for found in self._reader.feed(data):
                yield parse_message(*found)


def update_gallery(link: BoardLink, gallery: bytes, progress: Callable[[int, int], None] | None = None) -> UpdateResult:
    """Replace the gallery of a board, in the slot that is not in use.

    Pages that the slot already holds are not sent, so an update that was interrupted goes on where it was.

    Args:
        link: to the board.
        gallery: bytes of an .esg.
        progress: called with the pages done and their number.

    Raises:
        DataError: the board does not answer or does not accept the gallery; the gallery in use stays.
    """
    hello = link.ask(MessageKind.STATUS, b"", MessageKind.HELLO).fields
    size, page = hello["slot_size"], hello["page"]
    if len(gallery) > size:
        raise DataError(f"the gallery of {len(gallery):,} bytes does not fit a slot of the board, {size:,} bytes")
    _expect(link, MessageKind.BEGIN, len(gallery).to_bytes(4, "little"), UpdateStatus.READY)
    withheld = bytes([ERASED]) * HEADER.size + gallery[HEADER.size :]
    image = withheld.ljust(size, bytes([ERASED]))
    sent = kept = written = 0
    for number in range(size // page):
        content = image[number * page : (number + 1) * page]
        question = number.to_bytes(4, "little") + zlib.crc32(content).to_bytes(4, "little")
        if _expect(link, MessageKind.PAGE, question, UpdateStatus.SAME, UpdateStatus.WANTED) is UpdateStatus.SAME:
            kept += 1
        else:
            sent += 1
            written += _send_page(link, number * page, content, len(withheld))
        if progress:
            progress(number + 1, size // page)
    _expect(link, MessageKind.COMMIT, gallery[: HEADER.size], UpdateStatus.COMMITTED)
    return UpdateResult(sent, kept, written)


def _send_page(link: BoardLink, start: int, content: bytes, end: int) -> int:
    """Send the bytes of a page that are neither header nor erased; returns how many."""
    written = 0
    for offset in range(max(HEADER.size - start, 0), min(len(content), max(end - start, 0)), DATA_SIZE):
        data = content[offset : min(offset + DATA_SIZE, end - start)]
        _expect(link, MessageKind.DATA, (start + offset).to_bytes(4, "little") + data, UpdateStatus.WRITTEN)
        written += len(data)
    return written


def _expect(link: BoardLink, kind: MessageKind, payload: bytes, *wanted: UpdateStatus) -> UpdateStatus:
    answer = link.ask(kind, payload, MessageKind.UPDATE)
    status: UpdateStatus = answer.fields["status"]
    if status in wanted:
        return status
    verdict = answer.fields["verdict"]
    reason = f" ({verdict.name.lower()})" if status is UpdateStatus.REJECTED else ""
    raise DataError(f"the board does not take the gallery: {MEANINGS[status]}{reason}; the gallery in use stays")
