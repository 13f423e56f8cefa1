"""Minimal FlatBuffers reader for .tflite files.

Field numbers are those of the published TFLite schema and of the TFLite Metadata schema.
"""

import struct
from collections.abc import Iterator

IDENTIFIER = b"TFL3"
_MODEL_SUBGRAPHS, _MODEL_BUFFERS, _MODEL_METADATA, _MODEL_SIGNATURES = 2, 4, 6, 7


class Table:
    """A FlatBuffers table inside a byte string. Offsets beyond the data raise ``struct.error`` or ``IndexError``."""

    def __init__(self, data: bytes, position: int) -> None:
        self.data, self.position = data, position
        self.vtable = position - self._int("<i", position)

    @classmethod
    def root(cls, data: bytes) -> "Table":
        return cls(data, struct.unpack_from("<I", data, 0)[0])

    def table(self, field: int) -> "Table | None":
        at = self._field(field)
        return Table(self.data, at + self._int("<I", at)) if at else None

    def tables(self, field: int) -> Iterator["Table"]:
        for at in self._elements(field, 4):
            yield Table(self.data, at + self._int("<I", at))

    def string(self, field: int) -> str:
        return self.octets(field).decode("utf-8")

    def octets(self, field: int, size: int = 1) -> bytes:
        """The bytes of a vector whose elements have `size` bytes."""
        span = self.span(field, size)
        return self.data[span.start : span.stop]

    def span(self, field: int, size: int = 1) -> range:
        """Positions of a vector's elements in the data; empty if the vector is absent."""
        return self._elements(field, size)

    def number(self, field: int, form: str = "<I", default: int = 0) -> int:
        at = self._field(field)
        return self._int(form, at) if at else default

    def _field(self, field: int) -> int:
        """Absolute position of a field; 0 if it is absent."""
        if 4 + 2 * field >= self._int("<H", self.vtable):
            return 0
        offset = self._int("<H", self.vtable + 4 + 2 * field)
        return self.position + offset if offset else 0

    def _elements(self, field: int, size: int) -> range:
        at = self._field(field)
        if not at:
            return range(0)
        start = at + self._int("<I", at)
        count = self._int("<I", start)
        if start + 4 + count * size > len(self.data):
            raise struct.error("vector beyond the end")
        return range(start + 4, start + 4 + count * size, size)

    def _int(self, form: str, at: int) -> int:
        if at < 0:
            raise struct.error("negative offset")
        return int(struct.unpack_from(form, self.data, at)[0])


def metadata_buffer(model: bytes, name: str) -> bytes | None:
    """The bytes of a model's metadata buffer with the given name, or None."""
    root = Table.root(model)
    for entry in root.tables(_MODEL_METADATA):
        if entry.string(0) == name:
            return list(root.tables(_MODEL_BUFFERS))[entry.number(1)].octets(0)
    return None


def output_indices(model: bytes) -> dict[str, int]:
    """Tensor indices of the outputs of the first signature, by name."""
    for signature in Table.root(model).tables(_MODEL_SIGNATURES):
        return {output.string(0): output.number(1) for output in signature.tables(1)}
    return {}
