"""Search for the one byte that changed in a damaged gallery."""

import zlib
from typing import NamedTuple

from ...errors import GalleryError
from .layout import HEADER, SECTION, Section, aligned
from .reader import parse

LONGEST_SEARCH = 4 << 20
"""Payload length in bytes up to which the byte is searched for; the search takes about a second there."""
_BYTE_CRCS = [zlib.crc32(bytes([value]), 0xFFFFFFFF) ^ 0xFFFFFFFF for value in range(256)]
_BY_TOP = {crc >> 24: value for value, crc in enumerate(_BYTE_CRCS)}


class ChangedByte(NamedTuple):
    """The byte whose change explains a wrong CRC-32 of the payload.

    Attributes:
        offset: in the file.
        expected, found: its value before and after the change.
        section: name of its section.
    """

    offset: int
    expected: int
    found: int
    section: str


def changed_byte(data: bytes) -> ChangedByte | None:
    """The byte of the payload that changed, or None if that cannot be all that happened.

    A change of one byte leaves a difference in the CRC-32 that tells its place. The gallery with the byte changed back
    must be whole.

    Args:
        data: a gallery whose payload has a wrong CRC-32.
    """
    header = HEADER.unpack(memoryview(data), 0)
    end = HEADER.size + header["payload_length"]
    if header["payload_length"] > LONGEST_SEARCH:
        return None
    difference = zlib.crc32(data[HEADER.size : end]) ^ header["payload_crc"]
    for offset in range(end - 1, HEADER.size - 1, -1):
        index = _BY_TOP[difference >> 24]
        difference = ((difference ^ _BYTE_CRCS[index]) << 8 & 0xFFFFFFFF) | index
        if 0 < difference < 256:
            return _confirmed(data, offset, data[offset] ^ difference)
    return None


def _confirmed(data: bytes, offset: int, expected: int) -> ChangedByte | None:
    whole = data[:offset] + bytes([expected]) + data[offset + 1 :]
    try:
        parse(whole, "the gallery")
    except GalleryError:
        return None
    return ChangedByte(offset, expected, data[offset], _section_at(whole, offset))


def _section_at(data: bytes, offset: int) -> str:
    start = HEADER.size
    while True:
        head = SECTION.unpack(memoryview(data), start)
        following = start + SECTION.size + aligned(head["length"])
        if offset < following:
            known = head["type"] in set(Section)
            return Section(head["type"]).name.lower() if known else f"section {head['type']:#06x}"
        start = following
