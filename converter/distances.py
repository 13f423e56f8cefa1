"""Distances between embeddings, small for alike ones: of pairs while training, of matrices when judging.

The losses see rows of Keras tensors, evaluation sees numpy matrices; both follow one definition. No square root is
taken, and nothing is divided, below `EPSILON`, so that gradients stay finite where two embeddings coincide or vanish.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from .registry import lookup

Matrix = npt.NDArray[np.floating]
Doubles = npt.NDArray[np.float64]

EPSILON = 1e-7
_VALUES_AT_ONCE = 1 << 24


def l1(a: Any, b: Any) -> Any:
    """Sum of absolute differences of the rows of two tensors ``(B, D)``, float32 ``(B,)``."""
    from keras import ops

    return ops.sum(ops.abs(ops.cast(a, "float32") - ops.cast(b, "float32")), axis=-1)


def squared_l2(a: Any, b: Any) -> Any:
    """Sum of squared differences of the rows of two tensors ``(B, D)``, float32 ``(B,)``."""
    from keras import ops

    return ops.sum(ops.square(ops.cast(a, "float32") - ops.cast(b, "float32")), axis=-1)


def l2(a: Any, b: Any) -> Any:
    """Euclidean distance of the rows of two tensors ``(B, D)``, float32 ``(B,)``, at least ``sqrt(EPSILON)``."""
    from keras import ops

    return ops.sqrt(ops.maximum(squared_l2(a, b), EPSILON))


def cosine(a: Any, b: Any) -> Any:
    """1 - cosine of the angle between the rows of two tensors ``(B, D)``, float32 ``(B,)``, 0 to 2.

    A row of zeros is at distance 1 of everything.
    """
    from keras import ops

    a, b = ops.cast(a, "float32"), ops.cast(b, "float32")
    squares = (ops.maximum(ops.sum(ops.square(rows), axis=-1), EPSILON) for rows in (a, b))
    lengths = [ops.sqrt(each) for each in squares]
    return 1.0 - ops.sum(a * b, axis=-1) / (lengths[0] * lengths[1])


DISTANCES: dict[str, Callable[[Any, Any], Any]] = {"l1": l1, "l2": l2, "squared_l2": squared_l2, "cosine": cosine}


def distance(name: str) -> Callable[[Any, Any], Any]:
    """The function of two tensors ``(B, D)``.

    Raises:
        DataError: there is no distance of that name.
    """
    return lookup("distance", name, DISTANCES)


def pairwise(name: str, a: Matrix, b: Matrix) -> npt.NDArray[np.float32]:
    """Distance of every row of `a` from every row of `b`.

    Args:
        name: of the distance.
        a, b: ``(N, D)`` and ``(M, D)``.

    Returns:
        float32 ``(N, M)``, computed in float64 some rows at a time.

    Raises:
        DataError: there is no distance of that name.
    """
    compute = lookup("distance", name, _PAIRWISE)
    distances = np.empty((len(a), len(b)), np.float32)
    at_once = max(1, _VALUES_AT_ONCE // max(1, b.size))
    others = b.astype(np.float64)
    for first in range(0, len(a), at_once):
        rows = slice(first, first + at_once)
        distances[rows] = compute(a[rows].astype(np.float64), others)
    return distances


def _l1(a: Doubles, b: Doubles) -> Doubles:
    return np.asarray(np.abs(a[:, None] - b[None]).sum(axis=-1))


def _squared_l2(a: Doubles, b: Doubles) -> Doubles:
    squares = np.square(a).sum(axis=1)[:, None] + np.square(b).sum(axis=1) - 2.0 * (a @ b.T)
    return np.asarray(np.maximum(squares, 0.0))


def _l2(a: Doubles, b: Doubles) -> Doubles:
    return np.asarray(np.sqrt(np.maximum(_squared_l2(a, b), EPSILON)))


def _cosine(a: Doubles, b: Doubles) -> Doubles:
    units = [rows / np.sqrt(np.maximum(np.square(rows).sum(axis=1, keepdims=True), EPSILON)) for rows in (a, b)]
    return np.asarray(1.0 - units[0] @ units[1].T)


_PAIRWISE: dict[str, Callable[[Doubles, Doubles], Doubles]] = {
    "l1": _l1,
    "l2": _l2,
    "squared_l2": _squared_l2,
    "cosine": _cosine,
}
