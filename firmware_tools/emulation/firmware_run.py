"""Run a firmware in an emulator: feed it frames and messages, and read its messages and instruction counts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from edge_siamese.errors import DataError

from ..boards import Board
from ..image.build import Firmware, profile_of
from ..protocol.messages import Message
from . import linux_firmware, qemu_firmware, rp2040js_firmware, unicorn_firmware

Emulator = Literal["qemu", "unicorn", "rp2040js", "qemu-user"]
EMULATORS: tuple[Emulator, ...] = get_args(Emulator)
_RUNNERS = {
    "qemu": qemu_firmware,
    "unicorn": unicorn_firmware,
    "rp2040js": rp2040js_firmware,
    "qemu-user": linux_firmware,
}


@dataclass(frozen=True, eq=False)
class FirmwareRun:
    """What a firmware did.

    Attributes:
        messages: in the order sent.
        instructions: executed in all; None if they were not counted.
        by_function: executed instructions by function, most first; empty if they were not counted.
    """

    messages: list[Message]
    instructions: int | None
    by_function: dict[str, int]


def find_emulator(board: Board, name: Emulator | None = None) -> Emulator:
    """The emulator of a name if it can run the board, or the first that can and is installed.

    Raises:
        DataError: none can run this board; the message says why.
        RuntimeMissingError: the program or package is not installed.
    """
    profile_of(board)
    if name is not None:
        _RUNNERS[name].require(board)
        return name
    suited = [each for each in EMULATORS if _RUNNERS[each].unsuited(board) is None]
    for each in suited:
        if _RUNNERS[each].missing() is None:
            return each
    if not suited:
        raise DataError(f"{board.name}: {unicorn_firmware.unsuited(board)}, so a firmware for it cannot be run here")
    _RUNNERS[suited[0]].require(board)
    return suited[0]


def run_firmware(
    firmware: Firmware,
    frames: Sequence[bytes],
    galleries: Mapping[str, bytes],
    *,
    emulator: Emulator = "qemu",
    received: bytes = b"",
    count: bool = True,
) -> FirmwareRun:
    """Boot a firmware, let it take frames, and stop behind the last one.

    Args:
        firmware: built for the emulator (`firmware_sources`).
        frames: in the board's format.
        galleries: what lies in the slots ``a`` and ``b``.
        emulator: which one.
        received: bytes that the board receives over its serial line.
        count: count instructions; QEMU and unicorn need a C compiler of this machine for it.

    Raises:
        RuntimeMissingError: the emulator is not installed, or the compiler.
        DataError: the emulator does not know the board, a gallery does not fit its slot, or the firmware stopped with an error.
    """
    for slot_name, gallery in galleries.items():
        _require_fit(firmware.board, slot_name, gallery)
    _RUNNERS[emulator].require(firmware.board)
    return FirmwareRun(*_RUNNERS[emulator].run(firmware, frames, galleries, received, count))


def _require_fit(board: Board, slot_name: str, gallery: bytes) -> None:
    """No emulator checks that a gallery fits."""
    slot = board.slot(slot_name)
    if len(gallery) > slot.size:
        raise DataError(
            f"the gallery of {len(gallery):,} bytes does not fit slot {slot.name} of {board.name}, {slot.size:,} bytes"
        )
