"""A firmware in unicorn, an emulator that pip installs; it has the cores M0+ to M33, and any board's memory map."""

import ctypes
import importlib.util
import struct
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from edge_siamese.errors import DataError, RuntimeMissingError
from edge_siamese.installation import install_command

from ..boards import Board
from ..image.build import Firmware, profile_of
from ..image.elf import Elf
from .results import Outcome, by_function, compile_plugin, parse_sent
from .semihosting import INSTRUCTION, Host

_CORES = {
    "cortex-m0": "M0", "cortex-m0plus": "M0", "cortex-m3": "M3", "cortex-m4": "M4", "cortex-m7": "M7", "cortex-m33": "M33",
}  # fmt: skip
_PAGE = 4096
_SYSTEM = (0xE0000000, 0xE0100000)
_NOWHERE = 0xFFFFFFFE
_SECONDS = 900
_ERASED = b"\xff"


def unsuited(board: Board) -> str | None:
    """Why unicorn cannot run a firmware for a board; None if it can."""
    profile_of(board)
    return None if board.cpu in _CORES else f"unicorn has no {board.cpu}"


def missing() -> str | None:
    """What is not installed, as a sentence; None if nothing."""
    if importlib.util.find_spec("unicorn"):
        return None
    return "unicorn is not installed: " + install_command("edge-siamese[firmware]")


def require(board: Board) -> None:
    """Check that a firmware for a board can be run.

    Raises:
        DataError: unicorn has not its core.
        RuntimeMissingError: unicorn is not installed.
    """
    if reason := unsuited(board):
        raise DataError(f"{board.name}: {reason}, so a firmware for it cannot be run in unicorn")
    if sentence := missing():
        raise RuntimeMissingError(sentence)


def run(
    firmware: Firmware, frames: Sequence[bytes], galleries: Mapping[str, bytes], received: bytes, count: bool
) -> Outcome:
    """See `run_firmware`."""
    host = Host({"frames.bin": b"".join(frames), "received.bin": received})
    machine = _Machine(firmware.board, host)
    for segment in Elf(firmware.elf).segments():
        machine.write(segment.address, segment.data)
    for name, gallery in galleries.items():
        slot = firmware.board.slot(name)
        machine.write(slot.address, gallery.ljust(slot.size, _ERASED))
    counter = _Counter(machine.engine, firmware) if count else None
    machine.boot(profile_of(firmware.board).vectors)
    messages = parse_sent(bytes(host.written.get("sent.bin", b"")))
    return (messages, *counter.counts()) if counter else (messages, None, {})


class _Machine:
    """A board: its core, its flash and its memory."""

    def __init__(self, board: Board, host: Host) -> None:
        import unicorn
        from unicorn import arm_const

        self._board, self._host, self._registers = board, host, arm_const
        self.engine = unicorn.Uc(unicorn.UC_ARCH_ARM, unicorn.UC_MODE_THUMB | unicorn.UC_MODE_MCLASS)
        self.engine.ctl_set_cpu_model(getattr(arm_const, f"UC_CPU_ARM_CORTEX_{_CORES[board.cpu]}"))
        for begin, end in _mapped(board):
            self.engine.mem_map(begin, end - begin)
        self.engine.hook_add(unicorn.UC_HOOK_INTR, self._interrupted)
        self._fault: type[Exception] = unicorn.UcError
        self._error: DataError | None = None

    def read(self, address: int, size: int) -> bytes:
        return bytes(self.engine.mem_read(address, size))

    def write(self, address: int, data: bytes) -> None:
        self.engine.mem_write(address, data)

    def boot(self, vectors: int) -> None:
        """Run from the reset vector until the firmware stops.

        Raises:
            DataError: it did not end, faulted, or stopped with an error.
        """
        stack, reset = struct.unpack("<II", self.read(vectors, 8))
        self.engine.reg_write(self._registers.UC_ARM_REG_SP, stack)
        try:
            self.engine.emu_start(reset | 1, _NOWHERE, timeout=_SECONDS * 10**6)
        except self._fault as error:
            at = self.engine.reg_read(self._registers.UC_ARM_REG_PC)
            raise DataError(
                f"{self._board.name}: stopped with a fault of the processor at {at:#x} ({error})"
            ) from error
        if self._error:
            raise self._error
        if self._host.exit_code is None:
            raise DataError(f"{self._board.name}: no end after {_SECONDS} seconds")
        if self._host.exit_code:
            raise DataError(f"{self._board.name}: stopped with exit code {self._host.exit_code}")

    def _interrupted(self, engine: Any, number: int, _user: Any) -> None:
        registers = self._registers
        at = engine.reg_read(registers.UC_ARM_REG_PC)
        try:
            if self.read(at, 2) != INSTRUCTION:
                raise DataError(
                    f"{self._board.name}: stopped with a fault of the processor at {at:#x} (interrupt {number})"
                )
            operation, argument = (engine.reg_read(each) for each in (registers.UC_ARM_REG_R0, registers.UC_ARM_REG_R1))
            engine.reg_write(registers.UC_ARM_REG_R0, self._host.call(operation, argument, self))
        except DataError as error:  # an exception cannot leave through the emulator
            return self._stop(error)
        except self._fault as error:
            return self._stop(DataError(f"{self._board.name}: asked its host with a wrong address ({error})"))
        if self._host.exit_code is not None:
            engine.emu_stop()
        engine.reg_write(registers.UC_ARM_REG_PC, (at + len(INSTRUCTION)) | 1)
        return None

    def _stop(self, error: DataError) -> None:
        self._error = error
        self.engine.emu_stop()


def _mapped(board: Board) -> list[tuple[int, int]]:
    """Whole pages of flash, memory and system registers, without overlaps."""
    profile = profile_of(board)
    spans = [(region.address, region.end) for region in board.flash]
    spans += [(profile.ram, profile.ram + profile.ram_size), _SYSTEM]
    merged: list[tuple[int, int]] = []
    for first, last in sorted(spans):
        begin, end = first // _PAGE * _PAGE, -(-last // _PAGE) * _PAGE
        if merged and begin <= merged[-1][1]:
            begin, end = merged[-1][0], max(end, merged.pop()[1])
        merged.append((begin, end))
    return merged


class _Counter:
    """Counts instructions by the function in which a block of code begins.

    The hook is compiled C: called in Python for each block, it would take minutes.
    """

    def __init__(self, engine: Any, firmware: Firmware) -> None:
        from unicorn import UC_HOOK_BLOCK
        from unicorn.unicorn_py3.unicorn import uclib

        size = len(firmware.image) // 2 + 1
        self._firmware = firmware
        self._instructions, self._sizes, self._lengths = (
            np.zeros(size, "u8"),
            np.zeros(size, "u4"),
            np.zeros(size, "u4"),
        )
        self._code = np.frombuffer(firmware.image, np.uint8)
        arrays = (self._code, self._instructions, self._sizes, self._lengths)
        self._places = np.array([firmware.address, len(firmware.image), *(each.ctypes.data for each in arrays)], "u8")
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "count.so"
            compile_plugin("count_blocks.c", path)
            self._library = ctypes.CDLL(str(path))
        self._hook = ctypes.c_size_t()
        everywhere = (ctypes.c_uint64(1), ctypes.c_uint64(0))
        function = ctypes.cast(self._library.count_block, ctypes.c_void_p)
        uclib.uc_hook_add(
            engine._uch, ctypes.byref(self._hook), UC_HOOK_BLOCK, function, self._places.ctypes.data, *everywhere
        )

    def counts(self) -> tuple[int, dict[str, int]]:
        """Instructions in all, and by function."""
        sums = np.concatenate([[0], np.cumsum(self._instructions)])
        functions = Elf(self._firmware.elf).functions()
        spans = [(each.address - self._firmware.address, each.size) for each in functions]
        numbers = [int(sums[(at + size + 1) // 2] - sums[at // 2]) for at, size in spans]
        return int(sums[-1]), by_function(zip(functions, numbers, strict=True))
