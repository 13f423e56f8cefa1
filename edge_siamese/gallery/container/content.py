"""What a gallery file holds, as the reader finds it and the writer takes it."""

import uuid
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ...operating_point import OperatingPoint


class Revision(NamedTuple):
    """One state of a gallery file. Every rewrite changes the header, and with it the CRC.

    Attributes:
        path: real path of the file.
        header_crc: CRC-32 of its header, which covers the sequence number and the CRC-32 of the payload.
    """

    path: str
    header_crc: int


@dataclass(frozen=True, eq=False)
class GalleryContent:
    """The content of a gallery file.

    Attributes:
        names: by identity index, sorted.
        identifiers: of the identities, by the same index; made from the name unless the file says otherwise.
        templates: int8 ``(T, D)``, sorted by identity; each person's most typical one first.
        identity_index: uint32 ``(T,)``: identity index of each template.
        zero_point: of the templates.
        embedder_digest: first 16 bytes of the embedder's SHA-256.
        operating_points: measured on this gallery, strictest first.
        metadata: see `metadata.describe`; ``people`` holds the same for each name.
        sequence: grows with every rewrite of the file.
        source: what messages call it.
        revision: state of the file it was read from or last written as; None when it is not of a file.
    """

    names: tuple[str, ...]
    identifiers: tuple[uuid.UUID, ...]
    templates: npt.NDArray[np.int8]
    identity_index: npt.NDArray[np.uint32]
    zero_point: int
    embedder_digest: bytes
    operating_points: tuple[OperatingPoint, ...] = ()
    metadata: dict[str, Any] = field(default_factory=dict)
    sequence: int = 1
    source: str = "the gallery"
    revision: Revision | None = None

    @property
    def dimension(self) -> int:
        return int(self.templates.shape[1])
