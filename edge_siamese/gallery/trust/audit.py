"""Audit log of changed galleries: one JSON object a line, each with the hash of the line before.

A line that is changed, removed or moved breaks the chain. Lines cut off at the end do not: `verify_log` gives the last
hash, which somebody else has to keep. People are in the log by their UUIDs, so that an erased name is not in it.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ...errors import DataError
from ..container.content import GalleryContent
from ..container.lock import locked

FIRST_HASH = "0" * 64
_TAIL = 1 << 16


def append_entry(path: Path, event: str, **fields: Any) -> str:
    """Append an entry to a log, which is made if it does not exist.

    Args:
        path: of the log.
        event: what happened.
        fields: JSON values.

    Returns:
        The hash of the entry.

    Raises:
        DataError: the log's last entry cannot be read.
        OSError: the log cannot be written.
    """
    with locked(path):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "r+b") as log:
            before = _last_hash(log, path)
            entry = {"time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), "event": event, **fields}
            digest = _hash_of(entry, before)
            line = json.dumps(entry | {"previous": before, "hash": digest}, ensure_ascii=False, sort_keys=True)
            log.write(line.encode() + b"\n")
            log.flush()
            os.fsync(log.fileno())
    return digest


@contextmanager
def audited(path: Path | None, event: str, **fields: Any) -> Iterator[None]:
    """Append an entry before the block, and another one, ``failed``, if the block raises an exception.

    Args:
        path: of the log; None appends nothing.
        event, fields: see `append_entry`.
    """
    if path is None:
        yield
        return
    append_entry(path, event, **fields)
    try:
        yield
    except BaseException as error:
        append_entry(path, "failed", of=event, why=type(error).__name__, **fields)
        raise


def change_fields(gallery: Path, before: GalleryContent | None, after: GalleryContent) -> dict[str, Any]:
    """Fields of an entry about a changed gallery file: who came and who left, by UUID."""
    old, new = set(before.identifiers if before else ()), set(after.identifiers)
    return {
        "gallery": str(gallery),
        "sequence": after.sequence,
        "people": len(new),
        "added": sorted(map(str, new - old)),
        "removed": sorted(map(str, old - new)),
    }


def verify_log(path: Path) -> tuple[int, str]:
    """Check the chain of a log.

    Returns:
        The number of entries and the hash of the last one.

    Raises:
        DataError: the log cannot be read, or an entry was changed, removed or moved.
    """
    try:
        lines: Sequence[bytes] = path.read_bytes().splitlines()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error})", path=path) from error
    before = FIRST_HASH
    for number, line in enumerate(lines, start=1):
        entry = _entry_of(line, path, number)
        previous, digest = entry.pop("previous"), entry.pop("hash")
        if previous != before:
            raise DataError(f"{path}, line {number}: an entry before it was removed, added or changed", path=path)
        if digest != _hash_of(entry, before):
            raise DataError(f"{path}, line {number}: the entry was changed", path=path)
        before = digest
    return len(lines), before


def _last_hash(log: Any, path: Path) -> str:
    """The hash of the last whole line; what a killed writer left behind it is cut off."""
    size = log.seek(0, os.SEEK_END)
    log.seek(max(size - _TAIL, 0))
    tail = log.read()
    whole = tail.rfind(b"\n") + 1
    log.truncate(size - len(tail) + whole)
    log.seek(0, os.SEEK_END)
    lines = tail[:whole].splitlines()
    return str(_entry_of(lines[-1], path, None)["hash"]) if lines else FIRST_HASH


def _entry_of(line: bytes, path: Path, number: int | None) -> dict[str, Any]:
    where = f"{path}, line {number}" if number else f"{path}, the last line"
    try:
        entry = json.loads(line)
    except ValueError:
        entry = None
    if not isinstance(entry, dict) or not {"previous", "hash"} <= set(entry):
        raise DataError(f"{where}: expected an entry of an audit log, found something else", path=path)
    return entry


def _hash_of(entry: dict[str, Any], before: str) -> str:
    text = json.dumps(entry, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(f"{before}\n{text}".encode()).hexdigest()
