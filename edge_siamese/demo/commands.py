"""Runs the demo's steps as ``edge-siamese`` commands in subprocesses."""

import importlib.util
import json
import shlex
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import EdgeSiameseError

Echo = Callable[[str], None]


@dataclass
class CommandRunner:
    """Runs ``edge-siamese`` commands, prints them and records their duration.

    Attributes:
        folder: folder of the demo's files.
        echo: prints a line.
        commands: the command lines and their duration in seconds.
    """

    folder: Path
    echo: Echo
    commands: list[tuple[str, float]] = field(default_factory=list)

    def run(self, *arguments: str | Path) -> list[dict[str, Any]]:
        """Run ``edge-siamese ARGUMENTS --json``; return its JSON documents.

        Raises:
            EdgeSiameseError: the command failed; the message is the command's.
        """
        words = [str(word) for word in arguments]
        shown = f"edge-siamese {shlex.join(words)}"
        self.echo(f"$ {shown}")
        started = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-m", "edge_siamese", *words, "--json"], capture_output=True, text=True, check=False
        )
        self.commands.append((shown, time.monotonic() - started))
        with (self.folder / "commands.log").open("a") as log:
            log.write(f"$ {shown}\n{done.stderr}\n")
        if done.returncode:
            lines = [line for line in done.stderr.splitlines() if line.startswith(("edge-siamese:", "Error:"))]
            reason = lines[-1].partition(":")[2].strip() if lines else f"exit code {done.returncode}"
            raise EdgeSiameseError(f"{shown}: {reason} (full output in {self.folder / 'commands.log'})")
        return [json.loads(line) for line in done.stdout.splitlines()]


def training_is_possible() -> bool:
    """Whether TensorFlow and the other packages of the converter are installed."""
    return all(importlib.util.find_spec(package) for package in ("tensorflow", "rich", "edge_siamese_converter"))
