"""Images that the boot loader MCUboot starts: wrapped and signed by its own tool, ``imgtool``."""

import importlib.util
import subprocess
import sys
import tempfile
from pathlib import Path

from edge_siamese.errors import DataError, RuntimeMissingError
from edge_siamese.installation import install_command

HEADER_SIZE = 0x200
"""Bytes in front of a program by default; its vectors have to begin behind them."""


def imgtool_command() -> list[str]:
    """The command line of ``imgtool``.

    Raises:
        RuntimeMissingError: it is not installed.
    """
    if importlib.util.find_spec("imgtool") is None:
        raise RuntimeMissingError(f"MCUboot images need imgtool, which is not installed: {install_command('imgtool')}")
    return [sys.executable, "-m", "imgtool.main"]


def mcuboot_image(
    program: bytes, key: Path, version: str, slot_size: int, *, header_size: int = HEADER_SIZE, align: int = 8
) -> bytes:
    """Wrap and sign a program.

    Args:
        program: ``firmware.bin``, linked to run behind the header.
        key: private key of ``imgtool keygen``; MCUboot is built with its public key.
        version: such as ``1.2.0``; also the security counter, so that MCUboot rejects older ones if it is built to.
        slot_size: bytes of MCUboot's slots.
        header_size: bytes in front of the program.
        align: bytes that the flash writes at once.

    Raises:
        DataError: the program does not fit the slot, or ``imgtool`` rejects the key or the version.
        RuntimeMissingError: ``imgtool`` is not installed.
    """
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "program.bin"), Path(folder, "image.bin")
        source.write_bytes(program)
        command = [
            *imgtool_command(), "sign", "--key", str(key), "--version", version, "--security-counter", "auto",
            "--header-size", str(header_size), "--pad-header", "--slot-size", str(slot_size), "--align", str(align),
            str(source), str(target),
        ]  # fmt: skip
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if done.returncode or not target.exists():
            lines = [line for line in (done.stderr or done.stdout).splitlines() if line.strip()]
            why = lines[-1].removeprefix("Error: ") if lines else f"exit code {done.returncode}"
            raise DataError(f"imgtool cannot sign the program: {why}")
        return target.read_bytes()
