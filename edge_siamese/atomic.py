"""Atomic file writes."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

TEMPORARY_PREFIX = ".edge-siamese-"
"""Beginning of the names of temporary files; one that stays was left by a killed process."""


@contextmanager
def write_atomically(path: Path) -> Iterator[IO[bytes]]:
    """Open a temporary file that replaces `path` when the block ends without an exception.

    `path` always contains either the old bytes or the new bytes: the temporary file is flushed to the disk before the
    rename, the folder after it. An exception deletes the temporary file. A replaced file keeps its permissions. If `path`
    is a symbolic link, the file it points to is replaced.

    Raises:
        OSError: the file cannot be written; the error names `path`, not the temporary file.
    """
    target = Path(os.path.realpath(path))
    with _naming(path, target):
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=TEMPORARY_PREFIX)
        try:
            with os.fdopen(handle, "wb") as stream:
                yield stream
                stream.flush()
                os.fsync(stream.fileno())
            os.chmod(temporary, _mode_of(target))
            os.replace(temporary, target)
        except BaseException:
            with suppress(FileNotFoundError):
                os.unlink(temporary)
            raise
        _sync_folder(target.parent)


@contextmanager
def _naming(path: Path, target: Path) -> Iterator[None]:
    """Re-raise an OSError about the temporary file, the folder or no file as an error about `path`."""
    try:
        yield
    except OSError as error:
        name = os.fsdecode(error.filename) if isinstance(error.filename, str | bytes) else ""
        of_writing = not name or Path(name).name.startswith(TEMPORARY_PREFIX) or name == str(target.parent)
        if error.errno is None or not of_writing:
            raise
        raise OSError(error.errno, error.strerror, str(path)) from error


def _mode_of(target: Path) -> int:
    return target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
