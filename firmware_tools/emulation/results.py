"""What all emulators of a firmware share: its messages, counts by function, and a C compiler of this machine."""

import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Iterable
from importlib.resources import as_file, files
from pathlib import Path

from edge_siamese.errors import DataError, RuntimeMissingError

from ..image.elf import Function
from ..protocol.framing import FrameReader
from ..protocol.messages import Message, parse_message

Outcome = tuple[list[Message], int | None, dict[str, int]]
"""Messages, instructions in all, and instructions by function."""
_PLUGIN_FLAGS = ("-O2", "-fPIC", "-shared")
_COMPILING = 120


def parse_sent(sent: bytes) -> list[Message]:
    """The messages in what a firmware sent.

    Raises:
        DataError: a message is damaged.
    """
    reader = FrameReader()
    messages = [parse_message(*found) for found in reader.feed(sent)]
    if reader.rejected:
        raise DataError(f"the firmware sent {reader.rejected} damaged messages")
    return messages


def by_function(functions: Iterable[tuple[Function, int]]) -> dict[str, int]:
    """Instructions by name, most first; functions of the same name count together."""
    sums: dict[str, int] = {}
    for function, number in functions:
        if number:
            sums[function.name] = sums.get(function.name, 0) + number
    return dict(sorted(sums.items(), key=lambda item: -item[1]))


def compile_plugin(name: str, out: Path) -> None:
    """Compile a source of ``plugin/`` to a library of this machine.

    Raises:
        RuntimeMissingError: there is no C compiler.
        DataError: it failed.
    """
    with as_file(files(__package__) / "plugin" / name) as source:
        command = [*host_compiler(), *_PLUGIN_FLAGS, str(source), "-o", str(out)]
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=_COMPILING)
    if done.returncode:
        raise DataError(f"the counting plugin cannot be compiled: {done.stderr.strip()[:200] or 'no reason given'}")


def host_compiler() -> list[str]:
    """How a C compiler of this machine is called.

    Raises:
        RuntimeMissingError: there is none.
    """
    if compiler := shutil.which("cc") or shutil.which("gcc"):
        return [compiler]
    if importlib.util.find_spec("ziglang"):
        return [sys.executable, "-m", "ziglang", "cc"]
    raise RuntimeMissingError(
        "counting instructions needs a C compiler (cc, or zig by 'pip install ziglang'), which is not installed; "
        "--no-count leaves it out"
    )
