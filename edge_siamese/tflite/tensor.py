"""Tensors of a .tflite graph: shape, type, quantization and constant values."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import ModelError

_NUMPY = {
    "FLOAT32": "<f4", "FLOAT16": "<f2", "FLOAT64": "<f8", "INT8": "i1", "UINT8": "u1", "INT16": "<i2", "UINT16": "<u2",
    "INT32": "<i4", "UINT32": "<u4", "INT64": "<i8", "UINT64": "<u8", "BOOL": "?",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Quantization:
    """Affine quantization: real = scale * (stored - zero point).

    Attributes:
        scales: float32, ``(1,)`` for the whole tensor or ``(C,)`` for C channels.
        zero_points: int64, same shape as `scales`.
        axis: dimension of the channels; only meaningful with more than one scale.
    """

    scales: npt.NDArray[np.float32]
    zero_points: npt.NDArray[np.int64]
    axis: int

    @property
    def per_channel(self) -> bool:
        return len(self.scales) > 1

    @property
    def scale(self) -> float:
        """The scale of the whole tensor, or of its first channel."""
        return float(self.scales[0])

    @property
    def zero_point(self) -> int:
        return int(self.zero_points[0])


@dataclass(frozen=True, eq=False)
class Tensor:
    """A tensor of the main graph.

    Attributes:
        index: index in the file and in the interpreter.
        name: name; may be empty.
        shape: shape; -1 for a dimension that is only known at run time.
        dtype: element type as in the schema: ``"FLOAT32"``, ``"INT8"``...
        quantization: None for tensors that are not quantized.
        data: bytes of a constant, a uint8 view of the file; None for a computed tensor.
        is_variable: whether the tensor keeps its state between runs.
        is_sparse: whether a constant is in the sparse format, so that `data` is not the plain array.
    """

    index: int
    name: str
    shape: tuple[int, ...]
    dtype: str
    quantization: Quantization | None
    data: npt.NDArray[np.uint8] | None
    is_variable: bool = False
    is_sparse: bool = False

    @property
    def is_constant(self) -> bool:
        return self.data is not None

    @property
    def size(self) -> int:
        """Number of elements; zero or negative if the shape is not fully known."""
        return math.prod(self.shape)

    @property
    def values(self) -> npt.NDArray[Any]:
        """Elements of a constant as a read-only view of the file, in the tensor's shape.

        Raises:
            ModelError: the tensor is computed, sparse or not numeric, or its size does not match its shape.
        """
        if self.data is None or self.is_sparse or self.dtype not in _NUMPY:
            raise ModelError(f"tensor {self.index} ({self.name}) is no constant of numbers")
        dtype = np.dtype(_NUMPY[self.dtype])
        if self.data.nbytes != self.size * dtype.itemsize:
            raise ModelError(
                f"tensor {self.index} ({self.name}) of shape {self.shape} has {self.data.nbytes} bytes, "
                f"expected {self.size * dtype.itemsize}"
            )
        return self.data.view(dtype).reshape(self.shape)
