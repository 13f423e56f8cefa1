"""A firmware in QEMU: frames and messages are files that it reads and writes by semihosting."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from edge_siamese.errors import DataError, RuntimeMissingError

from ..boards import Board
from ..image.build import Firmware, profile_of
from ..image.elf import Elf
from .results import Outcome, by_function, compile_plugin, parse_sent

_TIMEOUT = 900


def unsuited(board: Board) -> str | None:
    """Why QEMU cannot run a firmware for a board; None if it can."""
    return None if profile_of(board).machine else "its file names no QEMU machine"


def missing() -> str | None:
    """What is not installed, as a sentence; None if nothing."""
    if shutil.which("qemu-system-arm"):
        return None
    return "qemu-system-arm is not installed; on Debian: apt install qemu-system-arm"


def require(board: Board) -> None:
    """Check that a firmware for a board can be run.

    Raises:
        DataError: the board's file names no machine.
        RuntimeMissingError: QEMU is not installed.
    """
    if reason := unsuited(board):
        raise DataError(f"{board.name}: {reason}, so a firmware for it cannot be run in QEMU")
    if sentence := missing():
        raise RuntimeMissingError(sentence)


def run(
    firmware: Firmware, frames: Sequence[bytes], galleries: Mapping[str, bytes], received: bytes, count: bool
) -> Outcome:
    """See `run_firmware`."""
    board, machine = firmware.board, profile_of(firmware.board).machine
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "firmware.elf").write_bytes(firmware.elf)
        (folder / "frames.bin").write_bytes(b"".join(frames))
        (folder / "received.bin").write_bytes(received)
        command = ["qemu-system-arm", "-M", str(machine), "-display", "none", "-monitor", "none", "-serial", "none"]
        command += ["-semihosting-config", "enable=on,target=native", "-kernel", "firmware.elf"]
        for slot, gallery in galleries.items():
            command += _loaded(board, slot, gallery, folder)
        if count:
            command += _counting(folder, firmware.elf)
        _call(command, folder, board.name)
        messages = parse_sent((folder / "sent.bin").read_bytes())
        return messages, *_counts(folder, firmware.elf, count=count)


def _loaded(board: Board, slot_name: str, gallery: bytes, folder: Path) -> list[str]:
    """Options that place a gallery in its slot."""
    slot = board.slot(slot_name)
    name = f"slot_{slot.name}.bin"
    (folder / name).write_bytes(gallery.ljust(slot.size, b"\xff"))
    return ["-device", f"loader,file={name},addr={slot.address:#x},force-raw=on"]


def _counting(folder: Path, elf: bytes) -> list[str]:
    ranges = "".join(f"{each.address:x} {each.address + each.size:x}\n" for each in Elf(elf).functions())
    (folder / "ranges.txt").write_text(ranges)
    compile_plugin("count.c", folder / "count.so")
    return ["-plugin", "./count.so"]


def _counts(folder: Path, elf: bytes, *, count: bool) -> tuple[int | None, dict[str, int]]:
    if not count:
        return None, {}
    total, *numbers = map(int, (folder / "counts.txt").read_text().split())
    return total, by_function(zip(Elf(elf).functions(), numbers, strict=True))


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
