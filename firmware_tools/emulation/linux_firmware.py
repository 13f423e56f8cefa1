"""A firmware that is a Linux program: in qemu-user, or on this machine itself."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from edge_siamese.errors import DataError, RuntimeMissingError

from ..boards import Board
from ..image.build import PROGRAM, Firmware, profile_of
from .results import Outcome, compile_plugin, parse_sent

_TIMEOUT = 900
_EMULATORS = {"aarch64": ("qemu-aarch64",), "arm": ("qemu-arm",)}
_PROCESSORS = {
    "arm1176jzf-s": "arm1176",
    "cortex-a7": "cortex-a7",
}  # 32 bits: nothing newer than the board has is emulated


def unsuited(board: Board) -> str | None:
    """Why the firmware of a board is no program; None if it is one."""
    return None if profile_of(board).target else "its firmware is no Linux program"


def missing() -> str | None:
    """What is not installed, as a sentence; None if nothing."""
    if all(shutil.which(command[0]) for command in _EMULATORS.values()):
        return None
    return "qemu-aarch64 and qemu-arm are not installed; on Debian: apt install qemu-user"


def require(board: Board) -> None:
    """Check that a firmware for a board can be run.

    Raises:
        DataError: it is no Linux program.
        RuntimeMissingError: qemu-user is not installed.
    """
    if reason := unsuited(board):
        raise DataError(f"{board.name}: {reason}, so it cannot be run in qemu-user")
    command = _command(board)
    if command and shutil.which(command[0]) is None:
        raise RuntimeMissingError(f"{command[0]} is not installed; on Debian: apt install qemu-user")


def run(
    firmware: Firmware, frames: Sequence[bytes], galleries: Mapping[str, bytes], received: bytes, count: bool
) -> Outcome:
    """See `run_firmware`; instructions are those of the whole program, and on this machine itself they are not counted."""
    board = firmware.board
    emulator = _command(board)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        program = folder / PROGRAM
        program.write_bytes(firmware.elf)
        program.chmod(0o700)
        (folder / "frames.bin").write_bytes(b"".join(frames))
        for slot, gallery in galleries.items():
            (folder / f"slot_{slot}.bin").write_bytes(gallery)
        if count and emulator:
            compile_plugin("count.c", folder / "count.so")
            emulator += ["-plugin", "./count.so"]
        command = [*emulator, f"./{PROGRAM}", "slot_a.bin", "slot_b.bin", "--frames", "frames.bin"]
        messages = parse_sent(_call(command, folder, received, board.name))
        total = int((folder / "counts.txt").read_text().split()[0]) if count and emulator else None
    return messages, total, {}


def _command(board: Board) -> list[str]:
    """The emulator's command; nothing for a program of this machine."""
    target = profile_of(board).target or ""
    processor = _PROCESSORS.get(board.cpu)
    return [*_EMULATORS.get(target.split("-")[0], ()), *(("-cpu", processor) if processor else ())]


def _call(command: Sequence[str], folder: Path, received: bytes, what: str) -> bytes:
    environment = {**os.environ, "EDGE_SIAMESE_COUNTS": "counts.txt"}
    try:
        done = subprocess.run(
            command, cwd=folder, check=False, capture_output=True, timeout=_TIMEOUT, input=received, env=environment
        )
    except subprocess.TimeoutExpired:
        raise DataError(f"{what}: no end after {_TIMEOUT} seconds") from None
    if done.returncode:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise DataError(f"{what}: ended with code {done.returncode}{f' ({lines[-1][:200]})' if lines else ''}")
    return done.stdout
