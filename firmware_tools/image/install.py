"""Installation of a Linux firmware over SSH or into a mounted card, into one of two directories that are switched by a rename."""

import hashlib
import io
import shutil
import subprocess
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from edge_siamese.errors import DataError, EdgeSiameseError, RuntimeMissingError

from ..boards import Board
from .build import PROGRAM, profile_of

BASE, UNIT = "/opt/edge-siamese", "/etc/systemd/system/edge-siamese-firmware.service"
_KEPT = {"firmware": (PROGRAM,), "gallery": ("slot_a.bin", "slot_b.bin")}
_TIMEOUT = 900


@dataclass(frozen=True)
class LinuxInstallation:
    """What is installed, and how.

    Attributes:
        command: that runs the script; the tar is its standard input.
        content: the tar.
        names: of the files in it.
    """

    command: list[str]
    content: bytes
    names: list[str]


def plan_installation(folder: Path, board: Board, parts: Sequence[str], to: str, line: str) -> LinuxInstallation:
    """Prepare an installation.

    Args:
        folder: of a build.
        board: whose firmware is a Linux program.
        parts: ``firmware``, ``gallery`` or both; what is left out is taken over from the firmware in use.
        to: the root of a mounted card, or ``user@host``.
        line: the device for messages.

    Raises:
        DataError: a file of the build cannot be read, or the root is no folder.
    """
    contents = {"unit.service": _unit(board, line)}
    if "firmware" in parts:
        contents[PROGRAM] = _read(folder / PROGRAM)
    if "gallery" in parts:
        contents["slot_a.bin"] = _read(folder / "gallery.bin")
    sums = "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in contents.items())
    contents["sums.txt"] = sums.encode()
    kept = [name for part, names in _KEPT.items() if part not in parts for name in names]
    return LinuxInstallation(_command(to, kept), _tar(contents), sorted(contents))


def run_installation(installation: LinuxInstallation) -> str:
    """Install, and return the directory that is in use now: ``a`` or ``b``.

    Raises:
        RuntimeMissingError: the program is not installed.
        EdgeSiameseError: it failed; the firmware in use stays.
    """
    command = installation.command
    if shutil.which(command[0]) is None:
        raise RuntimeMissingError(f"{command[0]} is not installed; --dry-run prints the command")
    try:
        done = subprocess.run(command, input=installation.content, capture_output=True, check=False, timeout=_TIMEOUT)
    except subprocess.TimeoutExpired:
        raise EdgeSiameseError(f"{command[0]}: no end after {_TIMEOUT} seconds; the firmware in use stays") from None
    if done.returncode:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        reason = lines[-1][:200] if lines else "no reason given"
        raise EdgeSiameseError(f"{command[0]} ended with code {done.returncode} ({reason}); the firmware in use stays")
    return done.stdout.decode().strip()[-1:]


def _command(to: str, kept: Sequence[str]) -> list[str]:
    script = (files("edge_siamese_firmware.linux") / "install.sh").read_text("utf-8")
    if "@" in to and not Path(to).exists():
        return ["ssh", to, f"sudo sh -c {_quoted(script)} install {BASE} {UNIT} {' '.join(kept)}".rstrip()]
    root = Path(to)
    if not root.is_dir():
        raise DataError(f"{to}: expected the root folder of a mounted card, or user@host", path=root)
    places = [str(root.resolve()) + place for place in (BASE, UNIT)]
    return ["sh", "-c", script, "install", *places, *kept]


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _unit(board: Board, line: str) -> bytes:
    profile = profile_of(board)
    text = (files("edge_siamese_firmware.linux") / "edge-siamese-firmware.service").read_text("utf-8")
    pixels = profile.width * profile.height
    values = {"WIDTH": profile.width, "HEIGHT": profile.height, "COLORS": pixels // 2, "LINE": line}
    for name, value in values.items():
        text = text.replace(f"@{name}@", str(value))
    return text.encode()


def _tar(contents: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, data in contents.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(data), 0o755 if name == PROGRAM else 0o644
            archive.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})", path=path) from error
