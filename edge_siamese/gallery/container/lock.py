"""File lock for the changes of a gallery file by several programs.

The lock is on ``.NAME.lock`` in the same folder and belongs to the process: the system releases it when the process ends.
The lock file is deleted with the lock; a lock file left by a killed process does not block other processes.
"""

import errno
import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ...errors import GalleryError

PATIENCE_S = 30.0
"""Seconds to wait for another program; a change of a gallery takes milliseconds."""
_POLL_S = 0.02
_LONGEST_FILE_NAME = 255


@contextmanager
def locked(path: Path, *, patience: float = PATIENCE_S, clock: Callable[[], float] = time.monotonic) -> Iterator[None]:
    """Hold the lock of a file during the block. The lock is not reentrant.

    Args:
        path: the file; only its folder must exist.
        patience: seconds to wait for another holder.
        clock: monotonic clock in seconds.

    Raises:
        GalleryError: another program held the lock for longer than `patience`.
        OSError: the lock file cannot be created; the error names `path`.
    """
    lock = _lock_path(Path(os.path.realpath(path)))
    deadline = clock() + patience
    while True:
        descriptor = _open(lock, path)
        if _acquired(descriptor, lock):
            break
        os.close(descriptor)
        if clock() >= deadline:
            raise GalleryError(
                f"{path}: another program has been changing it for {patience:g} s ({lock} is locked); nothing is written",
                path=path,
            )
        time.sleep(_POLL_S)
    try:
        yield
    finally:
        with suppress(FileNotFoundError):
            lock.unlink()
        os.close(descriptor)


def _lock_path(path: Path) -> Path:
    name = f".{path.name}.lock"
    if len(os.fsencode(name)) > _LONGEST_FILE_NAME:
        name = f".{path.name.encode('utf-8', 'surrogateescape').hex()[:64]}.lock"
    return path.parent / name


def _open(lock: Path, path: Path) -> int:
    try:
        return os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error


def _acquired(descriptor: int, lock: Path) -> bool:
    """Try to lock. Returns False if another process holds the lock or deleted the lock file."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EWOULDBLOCK, errno.EACCES, errno.EINTR):
            return False
        raise OSError(error.errno, error.strerror, str(lock)) from error
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(lock))
    except FileNotFoundError:
        return False
