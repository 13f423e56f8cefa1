"""What a reader requires of a gallery besides being whole: signature, key, age."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

KEY_ID_BYTES = 16


@dataclass(frozen=True)
class Requirements:
    """Requirements of a reader; by default none.

    Attributes:
        trusted: names of trusted public keys, raw Ed25519 of 32 bytes each, by key id.
        revoked: ids of revoked keys; a revoked key is not trusted.
        require_signature: whether a gallery without a signature of a trusted key is rejected.
        decryption_key: gives the AES-256 key, 32 bytes; None if there is none.
        min_sequence: lowest accepted sequence number.
        day: today, for galleries with a last day; None if an expired gallery is read as well.
    """

    trusted: Mapping[bytes, bytes] = field(default_factory=dict)
    revoked: frozenset[bytes] = frozenset()
    require_signature: bool = False
    decryption_key: Callable[[], bytes] | None = None
    min_sequence: int = 0
    day: date | None = None


NO_REQUIREMENTS = Requirements()
