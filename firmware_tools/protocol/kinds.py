"""Numbers of the event protocol; ``es_constants.h`` is generated from them."""

from enum import IntEnum

VERSION = 1
MAX_PAYLOAD = 576
"""Bytes of a message's payload."""
DATA_SIZE = 256
"""Bytes of a gallery in one message."""


class MessageKind(IntEnum):
    """Kind of a message; those from 32 on are sent to the board."""

    HELLO = 1
    SELF_TEST = 2
    GALLERY = 3
    FACE = 4
    FRAME = 5
    UPDATE = 6
    STACK = 7
    REJECTED = 8
    STATUS = 32
    BEGIN = 33
    PAGE = 34
    DATA = 35
    COMMIT = 36


class UpdateStatus(IntEnum):
    """The board's answer to a message of an update."""

    READY = 0
    SAME = 1
    WANTED = 2
    WRITTEN = 3
    COMMITTED = 4
    TOO_LARGE = 5
    UNEXPECTED = 6
    FLASH_FAILED = 7
    REJECTED = 8
    OLDER = 9


MEANINGS = {
    UpdateStatus.READY: "the update may begin",
    UpdateStatus.SAME: "the page already holds these bytes",
    UpdateStatus.WANTED: "the page is erased and awaits its bytes",
    UpdateStatus.WRITTEN: "the bytes are written",
    UpdateStatus.COMMITTED: "the new gallery is in use",
    UpdateStatus.TOO_LARGE: "the gallery does not fit a slot, or is no whole number of 16 bytes",
    UpdateStatus.UNEXPECTED: "a message out of order, or with an offset out of range",
    UpdateStatus.FLASH_FAILED: "the flash could not be erased or written",
    UpdateStatus.REJECTED: "the gallery has a fault; the verdict says which",
    UpdateStatus.OLDER: "the gallery in use has the same or a later sequence",
}
