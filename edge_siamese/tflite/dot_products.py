"""Exact dot products with many int8 vectors, by the runtime's kernel for a fully connected layer.

NumPy has no fast product of int8 arrays. A fully connected layer with int8 weights is one: the XNNPACK kernels read a byte for
each number, with the processor's dot-product instructions. The layer quantizes its float input row by row from the row's
smallest and largest value; two more inputs, -128 and 127 with weights 0, make that scale 1 and the zero point 0, so that
int8 numbers pass unchanged. Kernels for Arm processors without dot-product instructions add two products in 16 bits, which
two of -128 by -128 overflow: a vector with several -128 is multiplied with -127 there, and the rest is subtracted. `open_dot_products` compares the result with exact ones, since runtimes without this kind of layer
round the input.
"""

import struct
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import EdgeSiameseError
from .runtime import TfliteNetwork, load_network

Int8 = npt.NDArray[np.int8]
_RANGE = (-128, 127)
_LOWEST, _LOWEST_BYTE = -128, b"\x80"
_MAX_DIMENSION = 1000  # sums below 2**24 are exact in float32
_ROWS_AT_ONCE = 1 << 16
_FLOAT32, _INT8 = 0, 9  # TensorType
_FULLY_CONNECTED, _FULLY_CONNECTED_OPTIONS = 9, 8
_VERSION, _TFLITE_SCHEMA = 9, 3


class DotProducts:
    """Dot products of one int8 vector with every row of a matrix.

    Args:
        networks: layers of consecutive blocks of rows.
        blocks: the rows of each block, int8 ``(n, D)``.
    """

    def __init__(self, networks: list[TfliteNetwork], blocks: list[Int8]) -> None:
        self._networks, self._blocks = networks, blocks

    @property
    def largest_block(self) -> int:
        """Largest number of rows in a block."""
        return max(len(block) for block in self._blocks)

    def blocks(self, vector: Int8) -> Iterator[tuple[slice, npt.NDArray[np.float32]]]:
        """Rows and their exact dot products float32 ``(n,)`` with int8 ``(D,)``, block by block."""
        values = np.empty((1, len(vector) + len(_RANGE)), np.float32)
        values[0, : len(vector)] = vector
        values[0, len(vector) :] = _RANGE
        several = vector.tobytes().count(_LOWEST_BYTE) > 1
        if several:
            lowest = np.flatnonzero(vector == _LOWEST)
            values[0, lowest] = _LOWEST + 1
        start = 0
        for network, block in zip(self._networks, self._blocks, strict=True):
            dots = next(iter(network.run(values).values()))[0]
            if several:
                dots = dots - block[:, lowest].sum(axis=1, dtype=np.float32)
            yield slice(start, start + len(block)), dots
            start += len(block)


def open_dot_products(matrix: Int8) -> DotProducts | None:
    """Prepare a matrix int8 ``(N, D)``; takes twice its size in memory.

    Returns:
        None if the installed runtime has no exact kernel, or no dot product of D numbers is exact in float32.
    """
    if matrix.shape[1] > _MAX_DIMENSION or not len(matrix):
        return None
    networks, blocks = [], []
    try:
        for start in range(0, len(matrix), _ROWS_AT_ONCE):
            block = matrix[start : start + _ROWS_AT_ONCE]
            networks.append(load_network(layer(block), float_too=True))
            blocks.append(block)
            if not start and not _exact(DotProducts(networks, blocks), block):
                return None
    except EdgeSiameseError:
        return None
    return DotProducts(networks, blocks)


def _exact(products: DotProducts, block: Int8) -> bool:
    probes = np.random.default_rng(0).integers(-128, 128, (3, block.shape[1]), np.int8)
    few = block[:256].astype(np.int64)
    return all(np.array_equal(next(products.blocks(row))[1][:256], few @ row.astype(np.int64)) for row in probes)


def layer(weights: Int8) -> bytes:
    """A .tflite with one fully connected layer, float32 ``(1, D + 2)`` to ``(1, N)``, for int8 ``(N, D)`` weights of scale 1."""
    count, dimension = weights.shape[0], weights.shape[1] + len(_RANGE)
    padded = np.zeros((count, dimension), np.int8)
    padded[:, : weights.shape[1]] = weights
    scale = _TableFields({2: _vector("f", 1.0), 3: _vector("q", 0)})
    tensors = [
        _TableFields({0: _vector("i", 1, dimension), 1: ("b", _FLOAT32), 2: ("I", 0), 3: _text("x")}),
        _TableFields({0: _vector("i", count, dimension), 1: ("b", _INT8), 2: ("I", 1), 3: _text("w"), 4: scale}),
        _TableFields({0: _vector("i", 1, count), 1: ("b", _FLOAT32), 2: ("I", 0), 3: _text("y")}),
    ]
    operator = _TableFields(
        {
            1: _vector("i", 0, 1, -1),
            2: _vector("i", 2),
            3: ("B", _FULLY_CONNECTED_OPTIONS),
            4: _TableFields({3: ("B", 1)}),  # asymmetric quantization of the input
        }
    )
    graph = _TableFields({0: tensors, 1: _vector("i", 0), 2: _vector("i", 2), 3: [operator]})
    code = _TableFields({0: ("b", _FULLY_CONNECTED), 2: ("i", _VERSION), 3: ("i", _FULLY_CONNECTED)})
    model = _TableFields(
        {
            0: ("I", _TFLITE_SCHEMA),
            1: [code],
            2: [graph],
            4: [_TableFields({}), _TableFields({0: _Vector(padded.data, count * dimension)})],
        }
    )
    return _flatbuffer(model)


class _Vector:
    """A FlatBuffers vector: its bytes and the number of elements."""

    def __init__(self, data: bytes | memoryview, count: int) -> None:
        self.data, self.count = data, count


class _TableFields:
    """A FlatBuffers table: by field number a ``(code, value)`` of `struct`, or another object."""

    def __init__(self, fields: dict[int, Any]) -> None:
        self.fields = fields


def _vector(code: str, *values: float) -> _Vector:
    return _Vector(struct.pack(f"<{len(values)}{code}", *values), len(values))


def _text(text: str) -> _Vector:
    return _Vector(text.encode() + b"\0", len(text))


def _flatbuffer(root: _TableFields) -> bytes:
    """Write a root table: every object after the one that refers to it."""
    out = bytearray(struct.pack("<I4s", 0, b"TFL3"))
    waiting: list[tuple[int, Any]] = [(0, root)]
    while waiting:
        reference, item = waiting.pop(0)
        if isinstance(item, _TableFields):
            at, references = _write_table(out, item)
        else:
            at, references = _write_vector(out, item)
        struct.pack_into("<I", out, reference, at - reference)
        waiting += references
    return bytes(out)


def _write_table(out: bytearray, table: _TableFields) -> tuple[int, list[tuple[int, Any]]]:
    count = max(table.fields, default=-1) + 1
    offsets = {field: 4 + 4 * place for place, field in enumerate(sorted(table.fields))}
    size = 4 + 4 * len(offsets)
    vtable = struct.pack(f"<{2 + count}H", 4 + 2 * count, size, *(offsets.get(field, 0) for field in range(count)))
    out.extend(vtable + bytes(-(len(out) + len(vtable)) % 4))
    start = len(out) - len(vtable) - (-len(vtable) % 4)
    at = len(out)
    out.extend(struct.pack("<i", at - start) + bytes(size - 4))
    references = []
    for field, value in table.fields.items():
        place = at + offsets[field]
        if isinstance(value, tuple):
            struct.pack_into("<" + value[0], out, place, value[1])
        else:
            references.append((place, value))
    return at, references


def _write_vector(out: bytearray, vector: Any) -> tuple[int, list[tuple[int, Any]]]:
    if isinstance(vector, list):  # of tables
        out.extend(bytes(-len(out) % 4))
        at = len(out)
        out.extend(struct.pack("<I", len(vector)) + bytes(4 * len(vector)))
        return at, [(at + 4 + 4 * place, item) for place, item in enumerate(vector)]
    out.extend(bytes(-(len(out) + 4) % 16))
    at = len(out)
    out.extend(struct.pack("<I", vector.count))
    out.extend(vector.data)
    out.extend(bytes(-len(out) % 4))
    return at, []
