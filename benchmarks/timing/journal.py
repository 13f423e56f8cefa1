"""File of raw samples, written while a measurement runs: JSON lines.

The first line describes the run, each further line holds the samples of one label and block or a state of the host, and
the last says that the run ended. A file without that last line, or whose last line is cut, is of a run that was killed; its samples are
read, and the run is partial.
"""

import json
import os
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO

from edge_siamese.envelope import envelope
from edge_siamese.errors import DataError

from .measuring import Measurement
from .monitor import HostState
from .samples import LatencySamples

COMMAND, SCHEMA_VERSION = "bench-samples", 1
_KILLED = "the run was killed"


class Journal:
    """Writes the samples of a run as they are measured, so that they outlive the process; synchronized once a second.

    Args:
        path: the file; a file of that name is replaced.
        about: what the run is, for its report.

    Raises:
        OSError: the file cannot be written.
    """

    def __init__(self, path: Path, about: dict[str, Any]) -> None:
        self._synced, self._lock = 0.0, threading.Lock()
        self._stream: TextIO = path.open("w", encoding="utf-8")
        self._write(envelope(COMMAND, {"about": about}, schema_version=SCHEMA_VERSION))

    def add(self, samples: LatencySamples) -> None:
        """Write the samples of one block."""
        blocks = sorted(set(samples.block.tolist()))
        for number in blocks:
            values = samples.ns[samples.block == number].tolist()
            self._write({"label": samples.label, "block": number, "ns": values})

    def add_state(self, state: HostState) -> None:
        """Write a state of the host; may be called from another thread."""
        self._write({"host_state": state.to_json()})

    def finish(self, partial: str = "", **more: Any) -> None:
        """Write that the run ended, and why it is partial if it is."""
        self._write({"finished": True, "partial": partial} | more)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()

    def _write(self, entry: dict[str, Any]) -> None:
        line = json.dumps(entry, ensure_ascii=False, allow_nan=False) + "\n"
        with self._lock:
            self._stream.write(line)
            self._stream.flush()
            if time.monotonic() - self._synced > 1:
                os.fsync(self._stream.fileno())
                self._synced = time.monotonic()


def read_journal(path: Path) -> tuple[dict[str, Any], Measurement]:
    """What a run is about, with what was added when it finished, and its samples.

    Raises:
        DataError: the file is not a journal, or is damaged before its last line.
        OSError: it cannot be read.
    """
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    entries = []
    for number, line in enumerate(lines, 1):
        try:
            entries.append(json.loads(line))
        except ValueError as error:
            if number < len(lines) or number == 1:
                raise DataError(
                    f"{path}: line {number}: expected a JSON object, found {line[:40]!r}", path=path
                ) from error
    expected = f"edge-siamese/{COMMAND}/{SCHEMA_VERSION}"
    found = entries[0].get("schema") if entries and isinstance(entries[0], dict) else None
    if found != expected or not isinstance(entries[0].get("about"), dict):
        raise DataError(f"{path}: expected raw samples, schema {expected}, found {found}", path=path)
    parts = [entry for entry in entries[1:] if isinstance(entry, dict)]
    added = {"host_states": [entry["host_state"] for entry in parts if "host_state" in entry]}
    added |= parts[-1] if parts and parts[-1].get("finished") else {}
    for name in ("finished", "partial"):
        added.pop(name, None)
    return entries[0]["about"] | added, _measurement(path, entries[1:])


def _measurement(path: Path, entries: list[Any]) -> Measurement:
    parts: dict[str, list[LatencySamples]] = {}
    partial = _KILLED
    for number, entry in enumerate(entries, 2):
        try:
            if entry.get("finished"):
                partial = entry["partial"]
            if entry.get("finished") or "host_state" in entry:
                continue
            label, values = entry["label"], entry["ns"]
            taken = LatencySamples.of(label, values, [entry["block"]] * len(values))
        except (AttributeError, KeyError, TypeError, ValueError, OverflowError) as error:
            raise DataError(
                f"{path}: line {number}: expected label, block and ns of samples ({error!r})", path=path
            ) from error
        parts.setdefault(label, []).append(taken)
    try:
        return Measurement({label: LatencySamples.joined(label, found) for label, found in parts.items()}, partial)
    except ValueError as error:
        raise DataError(f"{path}: {error}", path=path) from error
