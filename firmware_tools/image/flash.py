"""Flashing: the commands that write the images of a build folder, after a check of every byte and of the flash map."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from edge_siamese.errors import DataError, EdgeSiameseError, RuntimeMissingError

from ..boards import Board
from .build import profile_of
from .check import check_images

_FILES = {"firmware": "firmware.bin", "gallery": "gallery.bin"}


def flash_commands(folder: Path, board: Board, parts: Sequence[str]) -> list[list[str]]:
    """The commands for the parts, ``firmware`` and ``gallery``; nothing else of the flash is written.

    Raises:
        DataError: an image is missing, differs from the build, or the board's file names no program.
    """
    tool = profile_of(board).flash_tool
    if not tool:
        raise DataError(f"{board.name}: its file names no program that writes its flash (flash_tool)")
    checked = {(image.part, image.name): image for image in check_images(folder, board)}
    commands = []
    for part in parts:
        image = checked.get((part, _FILES[part]))
        if image is None:
            raise DataError(f"{folder}: there is no {_FILES[part]}, so the {part} cannot be flashed", path=folder)
        values = {"file": str(folder / image.name), "address": f"{image.address:#010x}"}
        commands.append([word.format(**values) for word in tool])
    return commands


def run_flash_commands(commands: Sequence[Sequence[str]]) -> None:
    """Run the commands one after the other.

    Raises:
        RuntimeMissingError: the program is not installed.
        EdgeSiameseError: it failed; the message says which part may be half-written.
    """
    for command in commands:
        if shutil.which(command[0]) is None:
            raise RuntimeMissingError(
                f"{command[0]}, which writes this board's flash, is not installed; --dry-run prints the command"
            )
        done = subprocess.run(command, check=False)
        if done.returncode:
            raise EdgeSiameseError(
                f"{' '.join(command)} ended with code {done.returncode}; its part of the flash may be half-written: run it again"
            )
