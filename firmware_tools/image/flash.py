"""Flashing: images are checked, written by a program that knows the board, read back and compared."""

import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from edge_siamese.errors import DataError, EdgeSiameseError

from ..boards import Board
from .build import profile_of
from .check import check_images
from .flashers import Flasher

_FILES = {"firmware": "firmware.bin", "gallery": "gallery.bin"}
_TIMEOUT = 900


@dataclass(frozen=True)
class Write:
    """One image that is written.

    Attributes:
        part: ``firmware`` or ``gallery``.
        file: of the image.
        address, size: of its bytes.
    """

    part: str
    file: Path
    address: int
    size: int


def plan_writes(folder: Path, board: Board, parts: Sequence[str]) -> list[Write]:
    """What is written for the parts; nothing else of the flash is.

    Raises:
        DataError: an image is missing, differs from the build, or shares erase pages with another part.
    """
    checked = {(image.part, image.name): image for image in check_images(folder, board)}
    writes = []
    for part in parts:
        image = checked.get((part, _FILES[part]))
        if image is None:
            raise DataError(f"{folder}: there is no {_FILES[part]}, so the {part} cannot be flashed", path=folder)
        write = Write(part, folder / image.name, image.address, image.size)
        _require_own_pages(write, board)
        writes.append(write)
    return writes


def run_writes(writes: Sequence[Write], flasher: Flasher) -> None:
    """Write the images one after the other, and read each back.

    Raises:
        EdgeSiameseError: the program failed, or the flash holds something else afterwards.
    """
    for write in writes:
        command = flasher.command(flasher.write, str(write.file), write.address, write.size)
        _call(command, f"the {write.part} may be half-written: run it again")
        _compare(write, flasher)


def _require_own_pages(write: Write, board: Board) -> None:
    """The pages that are erased for an image hold nothing of another part."""
    profile = profile_of(board)
    begin, end = _pages(write.address, write.address + write.size, board)
    others = {"gallery slot " + slot.name: (slot.address, slot.end) for slot in board.slots}
    others["the firmware"] = (profile.code, profile.code + profile.code_size)
    for name, (first, last) in others.items():
        if begin < last and first < end and not (first <= write.address < last):
            raise DataError(f"the {write.part}: its pages {begin:#x} to {end:#x} are shared with {name}")


def _pages(begin: int, end: int, board: Board) -> tuple[int, int]:
    """The whole erase pages that hold a span."""
    spans = []
    for region in board.flash:
        if region.address < end and begin < region.end:
            first, last = max(begin, region.address) - region.address, min(end, region.end) - region.address
            spans.append(region.address + first // region.erase * region.erase)
            spans.append(region.address + -(-last // region.erase) * region.erase)
    return min(spans), max(spans)


def _compare(write: Write, flasher: Flasher) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "read.bin"
        command = flasher.command(flasher.read, str(path), write.address, write.size)
        _call(command, f"the {write.part} was written and not compared")
        try:
            found = path.read_bytes()
        except OSError:
            raise EdgeSiameseError(
                f"{flasher.program} read nothing back: the {write.part} was written and not compared"
            ) from None
    expected = write.file.read_bytes()
    different = next((at for at, byte in enumerate(expected) if found[at : at + 1] != bytes([byte])), None)
    if different is not None:
        raise EdgeSiameseError(
            f"the flash differs from the {write.part} at {write.address + different:#x} after it was written: write it again"
        )


def _call(command: list[str], consequence: str) -> None:
    try:
        done = subprocess.run(command, check=False, timeout=_TIMEOUT, capture_output=True, text=True, errors="replace")
    except subprocess.TimeoutExpired:
        raise EdgeSiameseError(f"{command[0]}: no end after {_TIMEOUT} seconds; {consequence}") from None
    if done.returncode:
        lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
        reason = f" ({lines[-1][:200]})" if lines else ""
        raise EdgeSiameseError(f"{command[0]} ended with code {done.returncode}{reason}; {consequence}")
