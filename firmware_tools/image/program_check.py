"""Check of a firmware that is a Linux program: it is for the board's processor, and the one that was built."""

import hashlib
import json
from pathlib import Path
from typing import Any

from edge_siamese.errors import DataError

from ..boards import Board
from .build import PROGRAM, profile_of
from .compare import CheckedImage

_MACHINES = {"aarch64": (2, 183), "arm": (1, 40)}  # class (1: 32 bits, 2: 64 bits) and machine in an ELF header


def check_program(folder: Path, board: Board) -> CheckedImage:
    """Read the program of a build again and compare it with the size and the SHA-256 that ``report.json`` has.

    Raises:
        DataError: a file cannot be read, the program is for another processor, or it is not the one that was built.
    """
    path, profile = folder / PROGRAM, profile_of(board)
    data, built = _read(path), _built(folder / "report.json")
    if built.get("board") != board.name:
        raise DataError(f"{folder}: expected a build for {board.name}, found one for {built.get('board')}", path=folder)
    expected = _MACHINES.get((profile.target or "").split("-")[0])
    found = (data[4], int.from_bytes(data[18:20], "little")) if data[:4] == b"\x7fELF" and len(data) > 20 else None
    if found is None or (expected and found != expected):
        raise DataError(f"{path}: expected a program for {profile.target}, found another file", path=path)
    if len(data) != built["flash"]["used"]:
        raise DataError(f"{path}: expected {built['flash']['used']:,} bytes, found {len(data):,}", path=path)
    if hashlib.sha256(data).hexdigest() != built["sha256"]:
        raise DataError(f"{path}: its SHA-256 is not the one in report.json: it was changed after the build", path=path)
    return CheckedImage(PROGRAM, profile.code, len(data), "firmware")


def _built(path: Path) -> dict[str, Any]:
    data = _read(path)
    try:
        report = json.loads(data)
        complete = isinstance(report["flash"]["used"], int) and isinstance(report["sha256"], str)
    except (ValueError, TypeError, KeyError):
        complete = False
    if not complete:
        raise DataError(f"{path}: expected the report of a build, with flash.used and sha256", path=path)
    return dict(report)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})", path=path) from error
