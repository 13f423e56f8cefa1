"""Frames on a serial line: COBS between zero bytes, so that a reader finds the next frame after any garbage.

A frame holds the version, the kind, a 16-bit number, the payload and the CRC-32 of all of these, little-endian.
"""

import struct
import zlib
from collections.abc import Iterator

from .kinds import MAX_PAYLOAD, VERSION

_HEAD = struct.Struct("<BBH")
_CRC = struct.Struct("<I")
_BLOCK = 254
_MAX_FRAME = _HEAD.size + MAX_PAYLOAD + _CRC.size
_MAX_ENCODED = _MAX_FRAME + _MAX_FRAME // 254 + 1


def encode_frame(kind: int, number: int, payload: bytes) -> bytes:
    """The bytes of one message on the line, with a zero byte before and behind.

    Raises:
        ValueError: the payload has more than `MAX_PAYLOAD` bytes.
    """
    if len(payload) > MAX_PAYLOAD:
        raise ValueError(f"a payload of {len(payload)} bytes; at most {MAX_PAYLOAD} fit")
    body = _HEAD.pack(VERSION, kind, number & 0xFFFF) + payload
    return b"\0" + _stuffed(body + _CRC.pack(zlib.crc32(body))) + b"\0"


class FrameReader:
    """Finds messages in bytes as they arrive.

    Attributes:
        rejected: frames that were no messages: damaged, too long or of another version.
    """

    def __init__(self) -> None:
        self._pending = bytearray()
        self._too_long = False
        self.rejected = 0

    def feed(self, data: bytes) -> Iterator[tuple[int, int, bytes]]:
        """Take more bytes; yields kind, number and payload of each message that they complete."""
        for byte in data:
            if byte:
                self._too_long = self._too_long or len(self._pending) >= _MAX_ENCODED
                if not self._too_long:
                    self._pending.append(byte)
                continue
            message = self._finished()
            if message is not None:
                yield message

    def _finished(self) -> tuple[int, int, bytes] | None:
        encoded, too_long = bytes(self._pending), self._too_long
        self._pending.clear()
        self._too_long = False
        message = None if too_long else _parsed(encoded)
        self.rejected += message is None and (too_long or bool(encoded))
        return message


def _parsed(encoded: bytes) -> tuple[int, int, bytes] | None:
    body = _unstuffed(encoded)
    if body is None or not _HEAD.size + _CRC.size <= len(body) <= _MAX_FRAME:
        return None
    content, crc = body[: -_CRC.size], _CRC.unpack(body[-_CRC.size :])[0]
    version, kind, number = _HEAD.unpack_from(content)
    if zlib.crc32(content) != crc or version != VERSION:
        return None
    return kind, number, content[_HEAD.size :]


def _stuffed(data: bytes) -> bytes:
    """COBS: every block of up to 254 bytes without zeros has its length before it, and a zero behind unless it is full."""
    blocks = bytearray()
    *parts, last = data.split(b"\0")
    for part in parts:
        full = len(part) // _BLOCK * _BLOCK
        blocks += _full_blocks(part[:full]) + bytes([len(part) - full + 1]) + part[full:]
    full = max(len(last) - 1, 0) // _BLOCK * _BLOCK
    return bytes(blocks) + _full_blocks(last[:full]) + bytes([len(last) - full + 1]) + last[full:]


def _full_blocks(data: bytes) -> bytes:
    return b"".join(b"\xff" + data[start : start + _BLOCK] for start in range(0, len(data), _BLOCK))


def _unstuffed(encoded: bytes) -> bytes | None:
    data, at = bytearray(), 0
    while at < len(encoded):
        code = encoded[at]
        block = encoded[at + 1 : at + code]
        if len(block) != code - 1:
            return None
        data += block
        at += code
        if code != 255 and at < len(encoded):
            data.append(0)
    return bytes(data)
