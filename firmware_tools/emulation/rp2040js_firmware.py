"""A firmware in rp2040js, an emulator of the RP2040 for node: from the UF2 files that a real board takes, over its serial lines."""

import base64
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np

from edge_siamese.errors import DataError, RuntimeMissingError

from ..boards import Board
from ..image.build import Firmware, profile_of
from ..image.elf import Elf
from ..image.formats import uf2
from ..protocol.framing import encode_frame
from ..protocol.kinds import MessageKind
from .results import Outcome, by_function, parse_sent

_SECONDS = 3600
_MAX_INSTRUCTIONS = 20 * 10**9
_FIND = "process.stdout.write(require.resolve('rp2040js'))"


def unsuited(board: Board) -> str | None:
    """Why rp2040js cannot run a firmware for a board; None if it can."""
    return None if profile_of(board).boot == "rp2040" else "it is no RP2040"


def missing() -> str | None:
    """What is not installed, as a sentence; None if nothing."""
    if shutil.which("node") is None:
        return (
            "node, which runs rp2040js, is not installed; on Debian: apt install nodejs npm, then npm install rp2040js"
        )
    done = subprocess.run(["node", "-e", _FIND], check=False, capture_output=True, env=_environment())
    return (
        None if done.returncode == 0 else "rp2040js is not installed; npm install rp2040js brings it into this folder"
    )


def require(board: Board) -> None:
    """Check that a firmware for a board can be run.

    Raises:
        DataError: the board has another chip.
        RuntimeMissingError: node or rp2040js is not installed.
    """
    if reason := unsuited(board):
        raise DataError(f"{board.name}: {reason}, so a firmware for it cannot be run in rp2040js")
    if sentence := missing():
        raise RuntimeMissingError(sentence)


def run(
    firmware: Firmware, frames: Sequence[bytes], galleries: Mapping[str, bytes], received: bytes, count: bool
) -> Outcome:
    """See `run_firmware`; instructions are always counted."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _write_job(firmware, frames, galleries, received, folder)
        _call(folder, firmware.board.name)
        messages = parse_sent((folder / "sent.bin").read_bytes())
        total = json.loads((folder / "total.json").read_text())["instructions"]
        sums = np.concatenate([[0], np.cumsum(np.frombuffer((folder / "counts.bin").read_bytes(), "<f8"))])
    spans = [(each, each.address - firmware.address) for each in Elf(firmware.elf).functions()]
    inside = [(each, at) for each, at in spans if 0 <= at < len(firmware.image)]
    numbers = [(each, int(sums[(at + each.size + 1) // 2] - sums[at // 2])) for each, at in inside]
    return messages, int(total), by_function(numbers)


def _write_job(
    firmware: Firmware, frames: Sequence[bytes], galleries: Mapping[str, bytes], received: bytes, folder: Path
) -> None:
    profile = profile_of(firmware.board)
    (folder / "firmware.uf2").write_bytes(uf2(firmware.image, firmware.address, profile.uf2 or 0))
    for name, gallery in galleries.items():
        data = uf2(gallery, firmware.board.slot(name).address, profile.uf2 or 0)
        (folder / f"slot_{name}.uf2").write_bytes(data)
    job = {
        "uf2": ["firmware.uf2", *(f"slot_{name}.uf2" for name in galleries)],
        "frames": base64.b64encode(b"".join(frames)).decode(),
        "received": base64.b64encode(received).decode(),
        "status": base64.b64encode(encode_frame(MessageKind.STATUS, 0, b"")).decode(),
        "frame_size": profile.frame_bytes,
        "code_size": profile.code_size,
        "most": _MAX_INSTRUCTIONS,
    }
    (folder / "job.json").write_text(json.dumps(job))


def _call(folder: Path, what: str) -> None:
    with as_file(files(__package__) / "rp2040js" / "run.cjs") as script:
        command = ["node", str(script), "job.json"]
        try:
            done = subprocess.run(
                command, cwd=folder, check=False, capture_output=True, text=True, timeout=_SECONDS, env=_environment()
            )
        except subprocess.TimeoutExpired:
            raise DataError(f"{what}: no end after {_SECONDS} seconds") from None
    if done.returncode:
        lines = done.stderr.strip().splitlines()
        raise DataError(f"{what}: {lines[-1][:200] if lines else f'node ended with code {done.returncode}'}")


def _environment() -> dict[str, str]:
    """Where node looks for packages: this folder's, and those installed for the machine."""
    known = [
        os.environ.get("NODE_PATH", ""),
        str(Path.cwd() / "node_modules"),
        "/usr/local/lib/node_modules",
        "/usr/lib/node_modules",
    ]
    return {**os.environ, "NODE_PATH": os.pathsep.join(filter(None, known))}
