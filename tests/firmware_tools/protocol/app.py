"""The whole firmware on this machine, as a serial line."""

import ctypes
from dataclasses import dataclass, field

from edge_siamese_firmware.protocol.framing import FrameReader
from edge_siamese_firmware.protocol.messages import Message, parse_message

from ..runtime_c.engine_twin import SLOT_SIZE

_SENT_MAX = 65536


class PowerCutError(Exception):
    """The board lost its power."""


@dataclass
class App:
    """A board whose flash is memory. Its line answers at once.

    Attributes:
        library: the compiled firmware.
        lose: which sent messages, counted from 0, the line loses.
    """

    library: ctypes.CDLL
    lose: set[int] = field(default_factory=set)
    sent: int = 0
    arrived: bytes = b""
    cut_at: int = -1

    def boot(self, slot_a: bytes | None = None, slot_b: bytes | None = None) -> list[Message]:
        """Start the firmware, with other bytes in its slots where they are given."""
        for number, content in enumerate((slot_a, slot_b)):
            if content is not None:
                ctypes.memmove(self._flash(number), content.ljust(SLOT_SIZE, b"\xff"), SLOT_SIZE)
        self.cut_power(-1)
        self.library.twin_boot()
        return self.step(b"")

    def cut_power(self, at: int) -> None:
        """Cut the power in the middle of a flash operation, counted from now; -1 for never."""
        self.cut_at = at
        self.library.twin_cut(at)

    @property
    def operations(self) -> int:
        """Flash operations since `cut_power`."""
        return int(self.library.twin_operations())

    def slot(self, number: int) -> bytes:
        return ctypes.string_at(self._flash(number), SLOT_SIZE)

    def step(self, data: bytes, frame: bytes | None = None) -> list[Message]:
        """Let the firmware take bytes and perhaps a frame; its messages."""
        reader = FrameReader()
        messages = [parse_message(*found) for found in reader.feed(self._step(data, frame))]
        assert reader.rejected == 0
        return messages

    def send(self, data: bytes) -> None:
        self.sent += 1
        if self.sent - 1 not in self.lose:
            self.arrived += self._step(data)
        if self.cut_at >= 0 and self.operations > self.cut_at:
            raise PowerCutError

    def receive(self) -> bytes:
        data, self.arrived = self.arrived, b""
        return data

    def _step(self, data: bytes, frame: bytes | None = None) -> bytes:
        buffer = ctypes.create_string_buffer(_SENT_MAX)
        size = self.library.twin_step(data, len(data), frame, buffer)
        return buffer.raw[:size]

    def _flash(self, number: int) -> ctypes.c_void_p:
        self.library.twin_flash.restype = ctypes.c_void_p
        return ctypes.c_void_p(self.library.twin_flash(number))
