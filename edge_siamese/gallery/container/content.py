"""Data types for the content and the revision of a gallery file, and the squared norms of its templates."""

import uuid
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ... import matching
from ...operating_point import OperatingPoint

_ROWS_AT_ONCE = 4096


class Revision(NamedTuple):
    """One state of a gallery file. Every rewrite changes the header and its CRC.

    Attributes:
        path: real path of the file.
        header_crc: CRC-32 of the header, which contains the sequence number and the CRC-32 of the payload.
    """

    path: str
    header_crc: int


@dataclass(frozen=True, eq=False)
class GalleryContent:
    """The content of a gallery file.

    Attributes:
        names: sorted names, by identity index.
        identifiers: UUIDs, by identity index; derived from the names unless the file has others.
        templates: int8 ``(T, D)``, sorted by identity; each person's most representative template first.
        identity_index: uint32 ``(T,)``: identity index of each template.
        zero_point: zero point of the templates.
        embedder_digest: first 16 bytes of the embedder's SHA-256.
        operating_points: operating points measured on this gallery, strictest first.
        metadata: see `metadata.describe`; ``people`` has the same fields for each name.
        bits: bits of a template's value in the file: 8 or 4. Templates of 4 bits have the values of `packing.reduced`.
        sequence: number that increases with every rewrite of the file.
        source: name of the gallery in messages.
        revision: state of the file it was read from or last written to; None without a file.
        encrypted: whether the file it was read from is encrypted; it is written so again.
        signed_by: ids of the keys that signed the file it was read from, hex.
    """

    names: tuple[str, ...]
    identifiers: tuple[uuid.UUID, ...]
    templates: npt.NDArray[np.int8]
    identity_index: npt.NDArray[np.uint32]
    zero_point: int
    embedder_digest: bytes
    operating_points: tuple[OperatingPoint, ...] = ()
    metadata: dict[str, Any] = field(default_factory=dict)
    bits: int = 8
    sequence: int = 1
    source: str = "the gallery"
    revision: Revision | None = None
    encrypted: bool = False
    signed_by: tuple[str, ...] = ()

    @property
    def dimension(self) -> int:
        """Number of values of a template."""
        return int(self.templates.shape[1])


def squared_norms(templates: npt.NDArray[np.int8], zero_point: int) -> npt.NDArray[np.uint32]:
    """Squared norms uint32 ``(T,)`` of int8 ``(T, D)`` templates; D < 2**16 keeps them below 2**32."""
    norms = np.empty(len(templates), np.uint32)
    for start in range(0, len(templates), _ROWS_AT_ONCE):
        rows = slice(start, start + _ROWS_AT_ONCE)
        norms[rows] = matching.squared_norms(matching.centered(templates[rows], zero_point))
    return norms
