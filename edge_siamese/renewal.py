"""Renewable templates: a keyed orthogonal transform of int8 embeddings (the "renewable" of ISO/IEC 24745).

A transformed embedding scores like the plain one against embeddings of the same key, and like a stranger against plain ones
and those of another key. A stolen gallery is made useless by a new key: `rotate` changes the key without photos. With the key
the transform can be reversed; it protects a gallery only while its key is kept elsewhere (`docs/gallery.md`).

The transform of D = 4^m numbers after the zero point is subtracted, in integers, the same in Python and C (``es_renewal.c``)::

    v = x * 64
    three times: v = signs * v[permutation]; v = hadamard(v); v = (v + 2^(m - 1)) >> m     # floor
    y = v * 127 / max(abs(v)), rounded half away from zero                                  # zero point 0

Permutations and signs come from SHAKE-256 of the key. Scores do not depend on the length of a vector, so the last line only
uses the range of int8. Key and embedder together make a new embedder digest, so galleries of another key are refused as
those of another embedder are.
"""

import hashlib
import os
import secrets
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from .errors import DataError
from .faces import Embedding
from .tflite.model_card import ModelCard

ROUNDS = 3
ZERO_POINT = 0
"""Zero point of transformed embeddings."""
_SECRET_BYTES, _FRACTION_BITS, _LARGEST = 32, 6, 127
_TITLE = "edge-siamese renewal key 1"

Int8 = npt.NDArray[np.int8]
Int32 = npt.NDArray[np.int32]


@dataclass(frozen=True)
class RenewalKey:
    """A secret that determines a transform.

    Attributes:
        secret: 32 random bytes.
    """

    secret: bytes

    def __post_init__(self) -> None:
        if len(self.secret) != _SECRET_BYTES:
            raise DataError(f"a renewal key: expected {_SECRET_BYTES} bytes, found {len(self.secret)}")

    def __repr__(self) -> str:
        return f"RenewalKey({self.identifier})"

    @property
    def identifier(self) -> str:
        """16 bytes in hex that name the key and do not reveal it."""
        return hashlib.sha256(b"edge-siamese renewal key id" + self.secret).hexdigest()[:32]

    @classmethod
    def generate(cls) -> "RenewalKey":
        """A new random key."""
        return cls(secrets.token_bytes(_SECRET_BYTES))

    @classmethod
    def read(cls, path: Path) -> "RenewalKey":
        """Read a key file.

        Raises:
            DataError: the file cannot be read or is not a key file.
        """
        try:
            title, digits = path.read_text("ascii").splitlines()[:2]
            if title != _TITLE:
                raise ValueError(title)
            return cls(bytes.fromhex(digits))
        except OSError as error:
            raise DataError(f"{path}: cannot be read ({error.strerror or error})", path=path) from error
        except ValueError as error:
            raise DataError(
                f"{path}: expected a renewal key of 'edge-siamese gallery renew --make-key'", path=path
            ) from error

    def write(self, path: Path) -> None:
        """Write a key file that only its owner may read.

        Raises:
            DataError: the file exists or cannot be written.
        """
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="ascii") as stream:
                stream.write(f"{_TITLE}\n{self.secret.hex()}\n")
        except FileExistsError as error:
            raise DataError(f"{path}: exists already; a key file is not replaced", path=path) from error
        except OSError as error:
            raise DataError(f"{path}: cannot be written ({error.strerror})", path=path) from error

    def transform(self, embeddings: Int8, zero_point: int) -> Int8:
        """Transform int8 ``(N, D)`` embeddings with a zero point to int8 ``(N, D)`` with zero point 0.

        Raises:
            DataError: D is not a power of 4.
        """
        return _to_int8(_forward(_lifted(embeddings, zero_point), self))

    def rotate(self, embeddings: Int8, old: "RenewalKey") -> Int8:
        """Change the key of int8 ``(N, D)`` embeddings that `old` transformed.

        Raises:
            DataError: D is not a power of 4.
        """
        return _to_int8(_forward(_backward(_lifted(embeddings, ZERO_POINT), old), self))

    def digest(self, embedder: str) -> str:
        """Digest of an embedder with this key, in hex, from the embedder's digest in hex or the first 16 bytes of it."""
        return hashlib.sha256(b"edge-siamese renewal" + bytes.fromhex(embedder[:32] + self.identifier)).hexdigest()

    def card(self, card: ModelCard) -> ModelCard:
        """Card of an embedder with this key. The operating points stay: the transform keeps the scores."""
        return replace(card, digest=self.digest(card.digest), zero_point=ZERO_POINT)

    def embedding(self, plain: Embedding) -> Embedding:
        """Transform one embedding."""
        values = self.transform(plain.values[None], plain.zero_point)[0]
        return replace(plain, values=values, zero_point=ZERO_POINT, embedder=self.digest(plain.embedder))

    def table(self, dimension: int) -> bytes:
        """Permutations and signs for C: for each round D bytes, then D / 8 bytes whose bit ``i % 8`` of byte ``i / 8`` is 1
        for a negative sign.

        Raises:
            DataError: D is not a power of 4, or above 256.
        """
        if dimension > 256:
            raise DataError(f"a transform in C has at most 256 numbers, found {dimension}")
        rounds = _rounds(self.secret, dimension)
        return b"".join(
            permutation.astype(np.uint8).tobytes() + np.packbits(signs < 0, bitorder="little").tobytes()
            for permutation, signs in rounds
        )


@cache
def _rounds(secret: bytes, dimension: int) -> tuple[tuple[npt.NDArray[np.intp], Int32], ...]:
    """Permutation and signs of each round."""
    if dimension < 4 or 4 ** _exponent(dimension) != dimension:
        raise DataError(f"a renewable template has 4, 16, 64, 256 or 1,024 numbers, found {dimension}")
    each = 9 * dimension  # 8 bytes for a place in the order, one for a sign
    stream = hashlib.shake_256(b"edge-siamese renewal table" + secret).digest(ROUNDS * each)
    rounds = []
    for start in range(0, len(stream), each):
        places = np.frombuffer(stream, "<u8", dimension, start)
        signs = np.frombuffer(stream, np.uint8, dimension, start + 8 * dimension)
        rounds.append((np.argsort(places, kind="stable"), np.where(signs & 1, -1, 1).astype(np.int32)))
    return tuple(rounds)


def _exponent(dimension: int) -> int:
    return (dimension.bit_length() - 1) // 2


def _lifted(embeddings: Int8, zero_point: int) -> Int32:
    return (embeddings.astype(np.int32) - zero_point) << _FRACTION_BITS


def _forward(values: Int32, key: RenewalKey) -> Int32:
    for permutation, signs in _rounds(key.secret, values.shape[1]):
        values = _hadamard(signs * values[:, permutation])
    return values


def _backward(values: Int32, key: RenewalKey) -> Int32:
    for permutation, signs in reversed(_rounds(key.secret, values.shape[1])):
        turned = signs * _hadamard(values)
        values = np.empty_like(turned)
        values[:, permutation] = turned
    return values


def _hadamard(values: Int32) -> Int32:
    """Orthonormal Walsh-Hadamard transform of rows ``(N, D)``, rounded."""
    count, dimension = values.shape
    half = 1
    while half < dimension:
        pairs = values.reshape(count, dimension // (2 * half), 2, half)
        values = np.stack([pairs[:, :, 0] + pairs[:, :, 1], pairs[:, :, 0] - pairs[:, :, 1]], axis=2)
        half *= 2
    shift = _exponent(dimension)
    return np.asarray((values.reshape(count, dimension) + (1 << (shift - 1))) >> shift, np.int32)


def _to_int8(values: Int32) -> Int8:
    """Scale rows so that the largest absolute number becomes 127."""
    sizes = np.abs(values).astype(np.int64)
    largest = np.maximum(sizes.max(axis=1, keepdims=True), 1)
    scaled = (2 * sizes * _LARGEST + largest) // (2 * largest)
    return np.asarray(np.sign(values) * scaled, np.int8)
