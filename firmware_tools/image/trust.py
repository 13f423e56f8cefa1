"""Trusted keys in a firmware: it accepts only galleries that they signed."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from edge_siamese.errors import DataError
from edge_siamese.gallery.trust.keys import load_public_keys, load_revoked_keys

from ..gallery_image.c_keys import NAME as KEYS
from ..gallery_image.c_keys import keys_header
from .build import FirmwareSources
from .config import CONFIG

_END = "#endif\n"


def with_trust(
    sources: FirmwareSources, trusted: Sequence[Path], revoked: Path | None = None, *, required: bool
) -> FirmwareSources:
    """Add trusted keys to a firmware, whose board code must have ``es_board_verify``.

    Args:
        sources: of the firmware.
        trusted: files of public keys, or folders of ``*.pub``.
        revoked: file with ids of revoked keys.
        required: whether a gallery without the signature of a trusted key is rejected.

    Raises:
        DataError: a key cannot be read, or signatures are required and no key is trusted.
        RuntimeMissingError: the package cryptography is not installed.
    """
    keys = load_public_keys(trusted)
    rejected = load_revoked_keys(revoked) if revoked else frozenset()
    if required and not set(keys) - rejected:
        raise DataError("signatures are required, and no key is trusted: the firmware would reject every gallery")
    config = sources.files[CONFIG]
    define = f"#define ES_SIGNATURE_REQUIRED {int(required)} /* by es_keys.h and es_board_verify */\n\n"
    head, _, tail = config.rpartition(_END)
    return replace(
        sources, files={**sources.files, CONFIG: head + define + _END + tail, KEYS: keys_header(keys, rejected)}
    )
