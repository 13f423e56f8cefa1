"""Semihosting calls of a firmware, with files in memory."""

import io
import struct
from collections.abc import Mapping
from typing import Protocol

from edge_siamese.errors import DataError

OPEN, WRITE, READ, EXIT = 0x01, 0x05, 0x06, 0x20
INSTRUCTION = b"\xab\xbe"
"""``bkpt 0xab``, with which a firmware asks for the host."""
_STOPPED = 0x20026
_FAULT = 99


class Memory(Protocol):
    """The memory of an emulated board."""

    def read(self, address: int, size: int) -> bytes:
        """Bytes at an address."""

    def write(self, address: int, data: bytes) -> None:
        """Put bytes at an address."""


class Host:
    """The host of a firmware: files that it reads, and those that it wrote.

    Args:
        readable: content by name of the files that exist.

    Attributes:
        written: what was written, by name.
        exit_code: that the firmware stopped with; None while it runs.
    """

    def __init__(self, readable: Mapping[str, bytes]) -> None:
        self._readable = readable
        self._open: list[tuple[str, io.BytesIO]] = []
        self.written: dict[str, bytearray] = {}
        self.exit_code: int | None = None

    def call(self, operation: int, argument: int, memory: Memory) -> int:
        """One call: its operation and the address of its argument block; returns the result.

        Raises:
            DataError: an operation that no firmware of this project uses.
        """
        words = struct.unpack("<3I", memory.read(argument, 12))
        if operation == OPEN:
            return self._opened(memory.read(words[0], words[2]).decode("ascii"))
        if operation == WRITE:
            self.written.setdefault(self._open[words[0]][0], bytearray()).extend(memory.read(words[1], words[2]))
            return 0
        if operation == READ:
            data = self._open[words[0]][1].read(words[2])
            memory.write(words[1], data)
            return int(words[2]) - len(data)
        if operation == EXIT:
            self.exit_code = words[1] if words[0] == _STOPPED else _FAULT
            return 0
        raise DataError(f"the firmware asked its host for the unknown operation {operation:#x}")

    def _opened(self, name: str) -> int:
        self._open.append((name, io.BytesIO(self._readable.get(name, b""))))
        return len(self._open) - 1
