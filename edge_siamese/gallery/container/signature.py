"""Ed25519 signatures in the trailer of a gallery file.

What is signed is `MESSAGE_PREFIX` and the SHA-256 of header and payload, 48 bytes in all: a microcontroller hashes in flash
and verifies a short message. Needs the package ``cryptography``, except for reading which keys signed.
"""

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from ...errors import RuntimeMissingError, UntrustedGalleryError
from ...installation import install_command
from .layout import HEADER, SECTION, SIGNATURE, Section, aligned
from .requirements import KEY_ID_BYTES, Requirements
from .verdicts import GalleryVerdict

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

MESSAGE_PREFIX = b"ESG1 signature\0\0"


class KeySignature(NamedTuple):
    """One signature record.

    Attributes:
        key_id: first 16 bytes of the SHA-256 of the public key.
        signature: 64 bytes.
    """

    key_id: bytes
    signature: bytes


def key_id_of(public: bytes) -> bytes:
    """Id of a raw public key of 32 bytes."""
    return hashlib.sha256(public).digest()[:KEY_ID_BYTES]


def message_of(signed: bytes | memoryview) -> bytes:
    """The message that is signed.

    Args:
        signed: header and payload of a gallery.
    """
    return MESSAGE_PREFIX + hashlib.sha256(signed).digest()


def split_trailer(data: bytes) -> tuple[bytes, bytes]:
    """Header with payload, and what follows them, of a whole gallery file."""
    end = HEADER.size + HEADER.unpack(memoryview(data), 0)["payload_length"]
    return data[:end], data[end:]


def signatures_in(value: memoryview | bytes) -> list[KeySignature]:
    """Decode the value of a section of signatures, a multiple of the record's size."""
    view = memoryview(value)
    return [KeySignature(**SIGNATURE.unpack(view, offset)) for offset in range(0, len(view), SIGNATURE.size)]


def signed(data: bytes, private: "Ed25519PrivateKey", *, keep: bool = False) -> bytes:
    """Sign a gallery file.

    Args:
        data: the file; unknown sections of its trailer are dropped.
        private: the key.
        keep: keep the signatures of other keys.

    Returns:
        The file with the signature in its trailer.
    """
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    body, trailer = split_trailer(data)
    public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    own = KeySignature(key_id_of(public), private.sign(message_of(body)))
    others = [other for other in _of_trailer(trailer) if other.key_id != own.key_id] if keep else []
    value = b"".join(SIGNATURE.pack(**each._asdict()) for each in (*others, own))
    head = SECTION.pack(type=Section.SIGNATURES, flags=0, length=len(value))
    return body + head + value.ljust(aligned(len(value)), b"\0")


def _of_trailer(trailer: bytes) -> list[KeySignature]:
    """The signatures of a checked trailer."""
    view, start = memoryview(trailer), 0
    while start + SECTION.size <= len(view):
        head = SECTION.unpack(view, start)
        value = start + SECTION.size
        if head["type"] == Section.SIGNATURES:
            return signatures_in(view[value : value + head["length"]])
        start = value + aligned(head["length"])
    return []


def check_signatures(
    source: str, body: bytes | memoryview, signatures: list[KeySignature], requirements: Requirements
) -> None:
    """Check that a trusted key signed the gallery, if that is required, and that no trusted signature is wrong.

    Args:
        source: name of the gallery in messages.
        body: header and payload.
        signatures: of the trailer.
        requirements: keys, and whether a signature is required.

    Raises:
        UntrustedGalleryError: a signature is missing, wrong, or of an unknown or revoked key.
        RuntimeMissingError: the package cryptography is not installed.
    """
    trusted = {key: public for key, public in requirements.trusted.items() if key not in requirements.revoked}
    ours = [each for each in signatures if each.key_id in trusted]
    if ours:
        for each in ours:
            if not _is_valid(trusted, each, message_of(body)):
                _reject(
                    source,
                    GalleryVerdict.SIGNATURE,
                    f"the signature of key {each.key_id.hex()} is not for this content",
                )
        return
    revoked = [each for each in signatures if each.key_id in requirements.revoked]
    if revoked:
        _reject(source, GalleryVerdict.REVOKED_KEY, f"signed by key {revoked[0].key_id.hex()}, which is revoked")
    if not requirements.require_signature:
        return
    if not signatures:
        _reject(source, GalleryVerdict.UNSIGNED, "not signed, and the policy requires the signature of a trusted key")
    _reject(
        source,
        GalleryVerdict.UNKNOWN_KEY,
        f"signed by key {signatures[0].key_id.hex()}, which is none of the {len(trusted)} trusted keys",
    )


def _is_valid(trusted: Mapping[bytes, bytes], signature: KeySignature, message: bytes) -> bool:
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ImportError as error:
        raise crypto_missing("verifying signatures") from error
    try:
        Ed25519PublicKey.from_public_bytes(trusted[signature.key_id]).verify(signature.signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _reject(source: str, verdict: GalleryVerdict, why: str) -> None:
    raise UntrustedGalleryError(f"{source}: an untrusted gallery: {why}", verdict=verdict, path=source)


def crypto_missing(purpose: str) -> RuntimeMissingError:
    """The error without the package cryptography."""
    return RuntimeMissingError(
        f"{purpose} needs cryptography, which is not installed: {install_command('edge-siamese[crypto]')}"
    )
