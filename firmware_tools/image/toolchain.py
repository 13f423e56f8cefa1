"""Compilers for boards: arm-none-eabi-gcc if it is installed, otherwise zig from the package ziglang."""

import importlib.util
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from edge_siamese.errors import DataError, RuntimeMissingError

_TIMEOUT = 900
_COMMON = (
    "-std=c99",
    "-O2",
    "-Wall",
    "-Wextra",
    "-ffunction-sections",
    "-fdata-sections",
    "-fno-strict-aliasing",
    "-I.",
)
_OVERFLOW = re.compile(r"region [`'](\w+)' overflowed by (\d+) bytes")
_REGIONS = {"CODE": "flash for code and constants", "RAM": "memory", "VECTORS": "room for the vector table"}


@dataclass(frozen=True)
class Toolchain:
    """A compiler and linker for Cortex-M.

    Attributes:
        name: ``arm-none-eabi-gcc`` or ``zig``.
        command: how it is called.
        version: as it says.
    """

    name: str
    command: tuple[str, ...]
    version: str

    def flags(self, board_flags: Sequence[str]) -> list[str]:
        """Flags of this compiler for a board's flags, which are gcc's."""
        if self.name != "zig":
            return ["-mthumb", *board_flags]
        cpu = next((flag.removeprefix("-mcpu=") for flag in board_flags if flag.startswith("-mcpu=")), "cortex-m3")
        return ["-target", "thumb-freestanding-eabi", f"-mcpu={cpu.replace('-', '_')}", "-fno-sanitize=undefined"]

    def link_flags(self) -> list[str]:
        """Flags for the linker alone."""
        if self.name == "zig":
            return ["-nostartfiles", "-Wl,--gc-sections", "-Wl,-n"]
        return ["-nostdlib", "-Wl,--gc-sections", "-Wl,-n", "-lgcc"]


def find_toolchain(name: str | None = None) -> Toolchain:
    """The first toolchain that is installed, or the one of a name.

    Raises:
        RuntimeMissingError: none is installed, or not that one; the message says how to install one.
    """
    gcc = shutil.which("arm-none-eabi-gcc")
    if gcc and name in {None, "arm-none-eabi-gcc"}:
        return Toolchain("arm-none-eabi-gcc", (gcc,), _version([gcc, "-dumpfullversion"]))
    if importlib.util.find_spec("ziglang") and name in {None, "zig"}:
        zig = (sys.executable, "-m", "ziglang")
        return Toolchain("zig", (*zig, "cc"), _version([*zig, "version"]))
    wanted = f"{name} is not installed" if name else "no compiler for Cortex-M is installed"
    raise RuntimeMissingError(
        f"{wanted}: 'apt install gcc-arm-none-eabi' (Debian) or 'pip install ziglang' brings one; sources can be made "
        "without it by --sources-only"
    )


def find_linux_toolchain(target: str, flags: Sequence[str], name: str | None = None) -> Toolchain:
    """A compiler of programs for a Linux target such as ``aarch64-linux-musl``, or for this machine if it is ``host``.

    Raises:
        RuntimeMissingError: none is installed, or not that one; the message says how to install one.
    """
    gcc = {"host": shutil.which("cc") or shutil.which("gcc")}.get(target) or (
        shutil.which("aarch64-linux-gnu-gcc") if target.startswith("aarch64") else None
    )
    if gcc and name in {None, "gcc"}:
        return Toolchain("gcc", (gcc,), _version([gcc, "-dumpfullversion"]))
    if importlib.util.find_spec("ziglang") and name in {None, "zig"}:
        zig = (sys.executable, "-m", "ziglang")
        place = () if target == "host" else ("-target", target, *flags)
        return Toolchain("zig", (*zig, "cc", *place, "-fno-sanitize=undefined"), _version([*zig, "version"]))
    raise RuntimeMissingError(
        f"no compiler for {target} is installed: 'pip install ziglang' brings one"
        + (", and 'apt install gcc-aarch64-linux-gnu libc6-dev-arm64-cross' (Debian)" if "aarch64" in target else "")
    )


def build_program(toolchain: Toolchain, folder: Path, sources: Sequence[str], name: str) -> Path:
    """Compile and link sources in a folder to a static Linux program.

    Raises:
        DataError: a source cannot be compiled; the sentence says what.
    """
    other = {"-std=c99": "-std=gnu11", "-O2": "-O3"}  # the system's headers; vector instructions instead of few bytes
    flags = [other.get(flag, flag) for flag in _COMMON]
    _compile(toolchain, folder, [*flags, "-static", *sources, "-Wl,--gc-sections", "-o", name])
    return folder / name


def build_elf(
    toolchain: Toolchain, folder: Path, sources: Sequence[str], board_flags: Sequence[str], script: str
) -> Path:
    """Compile and link sources in a folder to ``firmware.elf``.

    Raises:
        DataError: the firmware does not fit the board, or a source cannot be compiled; the sentence says by how much or what.
    """
    link = ["-T", script, "-o", "firmware.elf", *toolchain.link_flags()]
    _compile(toolchain, folder, [*_COMMON, *toolchain.flags(board_flags), *sources, *link])
    return folder / "firmware.elf"


def _compile(toolchain: Toolchain, folder: Path, arguments: Sequence[str]) -> None:
    try:
        done = subprocess.run(
            [*toolchain.command, *arguments], cwd=folder, check=False, capture_output=True, text=True, timeout=_TIMEOUT
        )
    except subprocess.TimeoutExpired:
        raise DataError(f"{toolchain.name}: no end after {_TIMEOUT} seconds") from None
    if done.returncode:
        raise DataError(_reason(done.stderr, toolchain.name))


def _reason(output: str, compiler: str) -> str:
    overflows = [
        f"{int(size):,} bytes more {_REGIONS.get(region, region)}" for region, size in _OVERFLOW.findall(output)
    ]
    if overflows:
        return f"the firmware does not fit the board: it needs {' and '.join(dict.fromkeys(overflows))} than the board's file gives"
    lines = [
        line.strip()
        for line in output.splitlines()
        if "error" in line or "undefined reference" in line or "assert" in line.lower()
    ]
    return f"{compiler} cannot build the firmware: {lines[0] if lines else output.strip()[-300:] or 'no reason given'}"


def _version(command: Sequence[str]) -> str:
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)
    return done.stdout.strip() or "unknown version"
