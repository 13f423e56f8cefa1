"""Key files: Ed25519 keys as PEM, private ones with a passphrase, and the list of revoked keys."""

import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from ...atomic import write_atomically
from ...errors import DataError
from ..container.requirements import KEY_ID_BYTES
from ..container.signature import crypto_missing, key_id_of

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

PUBLIC_SUFFIX = ".pub"
PASSPHRASE_VARIABLE = "EDGE_SIAMESE_PASSPHRASE"
_KEY_ID = re.compile(rf"[0-9a-fA-F]{{{2 * KEY_ID_BYTES}}}")
_OTHERS = 0o077


def passphrase_from_environment() -> str | None:
    """The passphrase of private keys from ``EDGE_SIAMESE_PASSPHRASE``, or None."""
    return os.environ.get(PASSPHRASE_VARIABLE) or None


def generate_signing_key(path: Path, passphrase: str | None) -> str:
    """Write a new private key to `path` and its public key beside it, with the suffix ``.pub``.

    Args:
        path: file of the private key, which must not exist; only its owner may read it.
        passphrase: encrypts the private key; None leaves it plain.

    Returns:
        The id of the key, hex.

    Raises:
        DataError: one of the files exists.
        OSError: a file cannot be written.
        RuntimeMissingError: the package cryptography is not installed.
    """
    try:
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    except ImportError as error:
        raise crypto_missing("making keys") from error
    public_path = path.with_name(path.name + PUBLIC_SUFFIX)
    for each in (path, public_path):
        if each.exists():
            raise DataError(
                f"{each}: there is a file already, which is kept; expected the name of a new one", path=each
            )
    private, pem = Ed25519PrivateKey.generate(), serialization.Encoding.PEM
    protection: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if passphrase is not None:
        protection = serialization.BestAvailableEncryption(passphrase.encode())
    write_private(path, private.private_bytes(pem, serialization.PrivateFormat.PKCS8, protection))
    public = private.public_key()
    with write_atomically(public_path) as stream:
        stream.write(public.public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo))
    raw: bytes = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return key_id_of(raw).hex()


def write_private(path: Path, data: bytes) -> None:
    """Write a new file that only its owner may read.

    Raises:
        OSError: the file exists or cannot be written.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


def load_signing_key(path: Path, passphrase: Callable[[], str | None]) -> "Ed25519PrivateKey":
    """Read a private key.

    Args:
        path: a PEM file.
        passphrase: called if the key is encrypted; returns None if there is no passphrase.

    Raises:
        DataError: the file is no private Ed25519 key, others can read it, or the passphrase is missing or wrong.
        RuntimeMissingError: the package cryptography is not installed.
    """
    try:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key
    except ImportError as error:
        raise crypto_missing("signing") from error
    data = read_private(path)
    try:
        key = load_pem_private_key(data, None)
    except TypeError:
        word = passphrase()
        if word is None:
            raise DataError(
                f"{path}: the key has a passphrase, and there is none in {PASSPHRASE_VARIABLE}", path=path
            ) from None
        try:
            key = load_pem_private_key(data, word.encode())
        except ValueError as error:
            raise DataError(f"{path}: the passphrase is wrong", path=path) from error
    except ValueError as error:
        raise DataError(f"{path}: expected a private key in PEM, found something else", path=path) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise DataError(f"{path}: expected an Ed25519 key, found {type(key).__name__}", path=path)
    return key


def read_private(path: Path) -> bytes:
    """The bytes of a file that only its owner may read.

    Raises:
        DataError: the file cannot be read, or others can read it.
    """
    try:
        mode, data = path.stat().st_mode & 0o777, path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error})", path=path) from error
    if mode & _OTHERS:
        raise DataError(f"{path}: a secret key that others can use (mode {mode:04o}): chmod 600 {path}", path=path)
    return data


def load_public_key(path: Path) -> bytes:
    """Read a public key; returns its 32 raw bytes.

    Raises:
        DataError: the file is no public Ed25519 key.
        RuntimeMissingError: the package cryptography is not installed.
    """
    try:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
    except ImportError as error:
        raise crypto_missing("verifying signatures") from error
    try:
        key = load_pem_public_key(path.read_bytes())
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error})", path=path) from error
    except ValueError as error:
        raise DataError(f"{path}: expected a public key in PEM, found something else", path=path) from error
    if not isinstance(key, Ed25519PublicKey):
        raise DataError(f"{path}: expected an Ed25519 key, found {type(key).__name__}", path=path)
    raw: bytes = key.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return raw


def load_public_keys(paths: Iterable[Path]) -> dict[bytes, bytes]:
    """Public keys by key id, from files and from the ``*.pub`` files of folders.

    Raises:
        DataError: a path does not exist, or a file is no public Ed25519 key.
    """
    files = [file for path in paths for file in (sorted(path.glob(f"*{PUBLIC_SUFFIX}")) if path.is_dir() else [path])]
    keys = [load_public_key(file) for file in files]
    return {key_id_of(key): key for key in keys}


def load_revoked_keys(path: Path) -> frozenset[bytes]:
    """Ids of revoked keys, from a text file with one hex id a line; ``#`` begins a comment.

    Raises:
        DataError: the file cannot be read, or a line is no key id.
    """
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: cannot be read ({getattr(error, 'strerror', None) or error})", path=path) from error
    found = set()
    for number, line in enumerate(lines, start=1):
        word = line.partition("#")[0].strip()
        if word and not _KEY_ID.fullmatch(word):
            raise DataError(
                f"{path}, line {number}: expected a key id of {2 * KEY_ID_BYTES} hex digits, found {word!r}", path=path
            )
        if word:
            found.add(bytes.fromhex(word))
    return frozenset(found)
