"""AES-256-GCM encryption of a gallery's payload. Needs the package ``cryptography``.

The ciphertext is as long as the plain payload; the record before it holds key id, nonce and tag. The header stays
readable, and all of its fields but the CRCs are authenticated with the payload.
"""

import hashlib
import os
import zlib
from typing import TYPE_CHECKING, NoReturn

from ...errors import EncryptedGalleryError
from .layout import CRC_COVERED, ENCRYPTED, ENCRYPTION, HEADER
from .requirements import KEY_ID_BYTES
from .signature import crypto_missing, split_trailer
from .verdicts import GalleryVerdict

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
_NONCE_BYTES = 12


def encryption_key_id(key: bytes) -> bytes:
    """Id of an encryption key of 32 bytes."""
    return hashlib.sha256(key).digest()[:KEY_ID_BYTES]


def encrypted(data: bytes, key: bytes) -> bytes:
    """Encrypt a plain gallery file; its trailer is dropped.

    Args:
        data: the file.
        key: 32 bytes.

    Raises:
        RuntimeMissingError: the package cryptography is not installed.
    """
    body, _ = split_trailer(data)
    header = HEADER.unpack(memoryview(body), 0)
    header |= {"flags": ENCRYPTED, "payload_length": header["payload_length"] + ENCRYPTION.size}
    nonce = os.urandom(_NONCE_BYTES)
    sealed = _cipher(key).encrypt(nonce, body[HEADER.size :], _authenticated(HEADER.pack(**header)))
    ciphertext, tag = sealed[:-16], sealed[-16:]
    record = ENCRYPTION.pack(key_id=encryption_key_id(key), nonce=nonce, tag=tag)
    return with_payload(header, record + ciphertext)


def decrypted(data: bytes | memoryview, key: bytes, source: str) -> bytes:
    """Decrypt an encrypted gallery whose CRCs are right; the trailer is dropped.

    Args:
        data: header and payload.
        key: 32 bytes.
        source: name of the gallery in messages.

    Returns:
        A plain gallery file.

    Raises:
        EncryptedGalleryError: it was encrypted with another key, or changed since then.
        RuntimeMissingError: the package cryptography is not installed.
    """
    view = memoryview(data)
    header = HEADER.unpack(view, 0)
    if header["payload_length"] < ENCRYPTION.size:
        _reject(source, f"{header['payload_length']} bytes are too short for an encrypted payload")
    record = ENCRYPTION.unpack(view, HEADER.size)
    if any(record["zero"]):
        _reject(source, "reserved bytes of the encryption are not 0: it was changed since it was encrypted")
    if record["key_id"] != encryption_key_id(key):
        found = f"encrypted with the key {record['key_id'].hex()}, the key here is {encryption_key_id(key).hex()}"
        _reject(source, found)
    try:
        from cryptography.exceptions import InvalidTag
    except ImportError as error:
        raise crypto_missing("decryption") from error
    end = HEADER.size + header["payload_length"]
    sealed = bytes(view[HEADER.size + ENCRYPTION.size : end]) + record["tag"]
    try:
        plain = _cipher(key).decrypt(record["nonce"], sealed, _authenticated(bytes(view[: HEADER.size])))
    except InvalidTag:
        _reject(source, "it was changed since it was encrypted")
    header |= {"flags": header["flags"] & ~ENCRYPTED, "payload_length": len(plain)}
    return with_payload(header, plain)


def with_payload(header: dict[str, object], payload: bytes) -> bytes:
    """A gallery file of header fields and a payload, with their CRCs."""
    packed = HEADER.pack(**{**header, "payload_crc": zlib.crc32(payload)})[:CRC_COVERED]
    return packed + zlib.crc32(packed).to_bytes(4, "little") + payload


def _authenticated(header: bytes) -> bytes:
    """The bytes of the header that are authenticated: all but both CRCs."""
    return header[:44] + header[48:CRC_COVERED]


def _cipher(key: bytes) -> "AESGCM":
    try:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    except ImportError as error:
        raise crypto_missing("encryption") from error
    return AESGCM(key)


def _reject(source: str, why: str) -> NoReturn:
    raise EncryptedGalleryError(
        f"{source}: an encrypted gallery: {why}", verdict=GalleryVerdict.DECRYPTION, path=source
    )
