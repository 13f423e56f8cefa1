"""Random damage to galleries: bytes, lengths, sections and what follows them, mostly with right CRCs."""

from collections.abc import Callable

import numpy as np

from edge_siamese.gallery.container.layout import HEADER, SECTION, aligned

from .galleries import with_crcs

_TAILS = (b"", b"", b"", b"\xff" * 16, b"\xff" * 33, b"\xff" * 16 + b"\0", b"\x77\0\1\0" + bytes(12), b"\1")
_VALUES = (0, 1, 2, 4, 15, 16, 0x20, 0x7F, 0x80, 0xC2, 0xED, 0xFF)


def mutated(rng: np.random.Generator, data: bytes) -> bytes:
    """A gallery with one to three things wrong, or with none."""
    for _ in range(int(rng.integers(1, 4))):
        data = _MUTATIONS[int(rng.integers(len(_MUTATIONS)))](rng, data)
    return data


def _bytes(rng: np.random.Generator, data: bytes) -> bytes:
    """Other bytes anywhere but in the lengths and CRCs."""
    changed = bytearray(data)
    for _ in range(int(rng.integers(1, 4))):
        offset = int(rng.integers(len(data))) if len(data) else 0
        if offset < len(data) and offset not in range(40, 48):
            changed[offset] = _VALUES[int(rng.integers(len(_VALUES)))] if rng.random() < 0.5 else int(rng.integers(256))
    return _mended(bytes(changed))


def _flip(rng: np.random.Generator, data: bytes) -> bytes:
    """One bit, with the CRC of before."""
    if not data:
        return data
    offset = int(rng.integers(len(data)))
    return data[:offset] + bytes([data[offset] ^ 1 << int(rng.integers(8))]) + data[offset + 1 :]


def _cut(rng: np.random.Generator, data: bytes) -> bytes:
    return data[: int(rng.integers(len(data) + 1))]


def _extended(rng: np.random.Generator, data: bytes) -> bytes:
    return data + _TAILS[int(rng.integers(len(_TAILS)))]


def _sections(rng: np.random.Generator, data: bytes) -> bytes:
    """Sections dropped, doubled, exchanged, or of another length."""
    parts = _split(data)
    if len(parts) < 2:
        return data
    first, second = (int(index) for index in rng.integers(len(parts), size=2))
    kind = int(rng.integers(4))
    if kind == 0:
        del parts[first]
    elif kind == 1:
        parts.append(parts[first])
    elif kind == 2:
        parts[first], parts[second] = parts[second], parts[first]
    else:
        length = int.from_bytes(parts[first][4:8], "little") + int(rng.integers(-20, 21))
        parts[first] = parts[first][:4] + (length % 2**32).to_bytes(4, "little") + parts[first][8:]
    return with_crcs(data[: HEADER.size], b"".join(parts))


def _split(data: bytes) -> list[bytes]:
    """The sections of a payload, as far as they can be found."""
    parts, offset = [], HEADER.size
    while offset + SECTION.size <= len(data):
        length = SECTION.size + aligned(int.from_bytes(data[offset + 4 : offset + 8], "little"))
        if offset + length > len(data):
            break
        parts.append(data[offset : offset + length])
        offset += length
    return parts


def _mended(data: bytes) -> bytes:
    return with_crcs(data) if len(data) >= HEADER.size else data


_MUTATIONS: tuple[Callable[[np.random.Generator, bytes], bytes], ...] = (
    _bytes,
    _bytes,
    _flip,
    _cut,
    _extended,
    _sections,
)
