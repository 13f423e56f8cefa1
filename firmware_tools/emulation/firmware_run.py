"""Run a firmware in QEMU: feed it frames and messages, and read its messages and instruction counts."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path

from edge_siamese.errors import DataError, RuntimeMissingError

from ..boards import Board
from ..image.build import Firmware, profile_of
from ..image.elf import Elf
from ..protocol.framing import FrameReader
from ..protocol.messages import Message, parse_message

_TIMEOUT = 900
_PLUGIN_FLAGS = ("-O2", "-fPIC", "-shared")


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


def run_firmware(
    firmware: Firmware,
    frames: Sequence[bytes],
    galleries: Mapping[str, bytes],
    *,
    received: bytes = b"",
    count: bool = True,
) -> FirmwareRun:
    """Boot a firmware, let it take frames, and stop behind the last one.

    Args:
        firmware: for a board with a QEMU machine.
        frames: in the board's format.
        galleries: what lies in the slots ``a`` and ``b``.
        received: bytes that the board receives over its serial line.
        count: count instructions; needs a C compiler of this machine.

    Raises:
        RuntimeMissingError: QEMU is not installed, or the compiler.
        DataError: the board has no QEMU machine, a gallery does not fit its slot, or the firmware stopped with an error.
    """
    board, machine = firmware.board, machine_of(firmware.board)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "firmware.elf").write_bytes(firmware.elf)
        (folder / "frames.bin").write_bytes(b"".join(frames))
        (folder / "received.bin").write_bytes(received)
        command = ["qemu-system-arm", "-M", machine, "-display", "none", "-monitor", "none", "-serial", "none"]
        command += ["-semihosting-config", "enable=on,target=native", "-kernel", "firmware.elf"]
        for slot, gallery in galleries.items():
            command += _loaded(board, slot, gallery, folder)
        if count:
            command += _counting(folder, firmware.elf)
        _call(command, folder, board.name)
        messages = _messages((folder / "sent.bin").read_bytes())
        return FirmwareRun(messages, *_counts(folder, firmware.elf, count=count))


def machine_of(board: Board) -> str:
    """QEMU's machine for a board.

    Raises:
        DataError: the board's file names none.
        RuntimeMissingError: QEMU is not installed.
    """
    machine = profile_of(board).machine
    if machine is None:
        raise DataError(f"{board.name}: its file names no QEMU machine, so a firmware for it cannot be run here")
    if shutil.which("qemu-system-arm") is None:
        raise RuntimeMissingError("qemu-system-arm is not installed; on Debian: apt install qemu-system-arm")
    return machine


def _loaded(board: Board, slot_name: str, gallery: bytes, folder: Path) -> list[str]:
    """Options that place a gallery in its slot; QEMU does not check that it fits."""
    slot = board.slot(slot_name)
    if len(gallery) > slot.size:
        raise DataError(
            f"the gallery of {len(gallery):,} bytes does not fit slot {slot.name} of {board.name}, {slot.size:,} bytes"
        )
    name = f"slot_{slot.name}.bin"
    (folder / name).write_bytes(gallery.ljust(slot.size, b"\xff"))
    return ["-device", f"loader,file={name},addr={slot.address:#x},force-raw=on"]


def _counting(folder: Path, elf: bytes) -> list[str]:
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise RuntimeMissingError("counting instructions needs a C compiler (cc), which is not installed")
    ranges = "".join(f"{each.address:x} {each.address + each.size:x}\n" for each in Elf(elf).functions())
    (folder / "ranges.txt").write_text(ranges)
    with as_file(files(__package__) / "plugin" / "count.c") as source:
        _call([compiler, *_PLUGIN_FLAGS, str(source), "-o", "count.so"], folder, "the counting plugin")
    return ["-plugin", "./count.so"]


def _counts(folder: Path, elf: bytes, *, count: bool) -> tuple[int | None, dict[str, int]]:
    if not count:
        return None, {}
    total, *numbers = map(int, (folder / "counts.txt").read_text().split())
    by_function: dict[str, int] = {}
    for function, number in zip(Elf(elf).functions(), numbers, strict=True):
        if number:
            by_function[function.name] = by_function.get(function.name, 0) + number
    return total, dict(sorted(by_function.items(), key=lambda item: -item[1]))


def _messages(sent: bytes) -> list[Message]:
    reader = FrameReader()
    messages = [parse_message(*found) for found in reader.feed(sent)]
    if reader.rejected:
        raise DataError(f"the firmware sent {reader.rejected} damaged messages")
    return messages


def _call(command: Sequence[str], folder: Path, what: str) -> None:
    environment = {**os.environ, "EDGE_SIAMESE_RANGES": "ranges.txt", "EDGE_SIAMESE_COUNTS": "counts.txt"}
    try:
        done = subprocess.run(
            command, cwd=folder, check=False, capture_output=True, text=True, timeout=_TIMEOUT, env=environment
        )
    except subprocess.TimeoutExpired:
        raise DataError(f"{what}: no end after {_TIMEOUT} seconds") from None
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        reason = "a fault of the processor" if done.returncode == 99 else f"exit code {done.returncode}"
        raise DataError(f"{what}: stopped with {reason}{f' ({lines[0][:200]})' if lines else ''}")
