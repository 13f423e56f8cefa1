"""Where an encryption key comes from: a file, the environment, a systemd credential, or a command.

A source is written as ``file:PATH``, ``env:NAME``, ``credential:NAME`` or ``command:PROGRAM ARGUMENTS``. A command is the
hook for a TPM or a secure element: it prints the key. A key is 32 bytes, raw or as 64 hex digits.
"""

import os
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

from ...errors import DataError
from ..container.encryption import KEY_BYTES
from .keys import read_private, write_private

COMMAND_TIMEOUT_S = 30.0
"""Seconds that a command may take."""


def read_key(source: str) -> bytes:
    """The key of a source, 32 bytes.

    Raises:
        DataError: the source is written incorrectly, has no key, or something else than a key.
    """
    kind, colon, rest = source.partition(":")
    if not colon or kind not in _READERS or not rest:
        known = ", ".join(f"{name}:..." for name in _READERS)
        raise DataError(f"source of a key: expected one of {known}, found {source!r}")
    return _decoded(_READERS[kind](rest), source)


def generate_key(path: Path) -> None:
    """Write a new key to a file that only its owner may read, as 64 hex digits.

    Raises:
        OSError: the file exists or cannot be written.
    """
    write_private(path, os.urandom(KEY_BYTES).hex().encode() + b"\n")


def _decoded(data: bytes, source: str) -> bytes:
    """The key from raw bytes or hex digits; messages never contain what was read."""
    if len(data) == KEY_BYTES:
        return data
    try:
        key = bytes.fromhex(data.decode("ascii").strip())
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise DataError(
            f"{source}: expected a key of {KEY_BYTES} bytes or {2 * KEY_BYTES} hex digits, found another text"
        )
    return key


def _from_file(name: str) -> bytes:
    return read_private(Path(name))


def _from_environment(name: str) -> bytes:
    value = os.environ.get(name)
    if value is None:
        raise DataError(f"env:{name}: expected a key in this environment variable, found none")
    return os.fsencode(value)


def _from_credential(name: str) -> bytes:
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    if folder is None:
        raise DataError(f"credential:{name}: expected a service with LoadCredential={name}:..., found no credentials")
    path = Path(folder, name)
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"credential:{name}: cannot be read ({error.strerror or error})", path=path) from error


def _from_command(line: str) -> bytes:
    try:
        words = shlex.split(line)
        done = subprocess.run(words, check=False, capture_output=True, timeout=COMMAND_TIMEOUT_S)
    except ValueError as error:
        raise DataError(f"command:{line}: expected a command line, found one that cannot be read ({error})") from error
    except OSError as error:
        raise DataError(f"command:{line}: cannot be started ({error.strerror or error})") from error
    except subprocess.TimeoutExpired as error:
        raise DataError(f"command:{line}: gave no key within {COMMAND_TIMEOUT_S:g} s") from error
    if done.returncode:
        raise DataError(f"command:{line}: ended with exit code {done.returncode} and gave no key")
    return done.stdout


_READERS: dict[str, Callable[[str], bytes]] = {
    "file": _from_file,
    "env": _from_environment,
    "credential": _from_credential,
    "command": _from_command,
}
