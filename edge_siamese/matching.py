"""Match scores: the cosine of two int8 embeddings in integer arithmetic, identical on every board.

``score_q15 = clamp(trunc(dot * 32768 / isqrt(na * nb)), -32768, 32767)`` with ``dot``, ``na``, ``nb`` the exact dot
product and squared norms after the zero point is subtracted. As a float the score is ``score_q15 / 32768``.
"""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from .errors import DataError
from .faces import Embedding

Q15 = 32768
NO_SCORE = -Q15
# float32 holds every integer up to 2**24, and |q - zero_point| <= 255: D * 255**2 stays exact up to here.
_EXACT_IN_FLOAT32 = 2**24 // 255**2
# The rounded float64 root of an integer below 2**52 is never above the true root's next integer.
EXACT_ROOTS = 2**52
_TEMPLATES_AT_ONCE, _PROBES_AT_ONCE, _FEW_PROBES = (
    4096,
    128,
    4,
)  # a tile of templates is converted in the processor's cache

Int8 = npt.NDArray[np.int8]


def scores_q15(probes: npt.NDArray[np.int8], templates: npt.NDArray[np.int8], zero_point: int) -> npt.NDArray[np.int16]:
    """Score every probe against every template.

    Args:
        probes: int8 ``(P, D)``.
        templates: int8 ``(T, D)``.
        zero_point: zero point of all embeddings.

    Returns:
        int16 ``(P, T)`` scores in Q15; -32768 if either vector is zero.

    Raises:
        DataError: an array is not int8 ``(n, D)``, or the dimensions differ.
    """
    for name, vectors in (("probes", probes), ("templates", templates)):
        if vectors.dtype != np.int8 or vectors.ndim != 2:
            found = f"{vectors.dtype} {vectors.shape}"
            raise DataError(
                f"{name}: expected int8 embeddings (n, D), found {found}", expected="int8 (n, D)", found=found
            )
    if probes.shape[1] != templates.shape[1]:
        raise DataError(f"embeddings of {probes.shape[1]} and {templates.shape[1]} dimensions cannot be compared")
    scores = np.empty((len(probes), len(templates)), np.int16)
    a = centered(probes, zero_point)
    a_squared = squared_norms(a)
    room = np.empty((min(len(templates), _TEMPLATES_AT_ONCE), templates.shape[1]), a.dtype)
    for start in range(0, len(templates), _TEMPLATES_AT_ONCE):
        columns = slice(start, start + _TEMPLATES_AT_ONCE)
        b = centered(templates[columns], zero_point, room)
        b_squared = squared_norms(b)
        for first in range(0, len(probes), _PROBES_AT_ONCE):
            rows = slice(first, first + _PROBES_AT_ONCE)
            scores[rows, columns] = quotients(dot_products(a[rows], b), a_squared[rows], b_squared)
    return scores


def paired_scores_q15(first: Int8, second: Int8, zero_point: int) -> npt.NDArray[np.int16]:
    """Q15 scores int16 ``(n,)`` of the rows of two arrays int8 ``(n, D)``, pair by pair; see `scores_q15`."""
    a, b = centered(first, zero_point), centered(second, zero_point)
    dots, squared = np.einsum("nd,nd->n", a, b), squared_norms(a) * squared_norms(b)
    scores: npt.NDArray[np.int16] = quotients(dots[None], np.ones(1), squared)[0]
    return scores


def score_q15(a: Embedding, b: Embedding) -> int:
    """Q15 score of two embeddings of the same embedder; see `scores_q15`.

    Raises:
        DataError: the embeddings are of different embedders.
    """
    if a.embedder != b.embedder:
        raise DataError(
            f"embeddings of different embedders cannot be compared: {a.embedder} and {b.embedder}",
            expected=a.embedder,
            found=b.embedder,
        )
    return int(scores_q15(a.values[None], b.values[None], a.zero_point)[0, 0])


def as_float(score: int | None) -> float | None:
    """A Q15 score as a float from -1 to 1; None for None."""
    return None if score is None else score / Q15


def threshold_q15(score: float) -> int:
    """The smallest Q15 score that is at least `score` (-1 to 1)."""
    return min(max(math.ceil(score * Q15), NO_SCORE), Q15 - 1)


def centered(vectors: Int8, zero_point: int, room: npt.NDArray[Any] | None = None) -> npt.NDArray[Any]:
    """``vectors - zero_point`` in the float type in which dot products of such vectors are exact.

    Args:
        vectors: int8 ``(n, D)``.
        zero_point: of the vectors.
        room: memory for the result, at least ``(n, D)`` of that type; None to allocate.

    Returns:
        float32 ``(n, D)`` up to D = 258, float64 above.
    """
    exact = np.dtype(np.float32 if vectors.shape[1] <= _EXACT_IN_FLOAT32 else np.float64)
    result = np.empty(vectors.shape, exact) if room is None else room[: len(vectors)]
    np.copyto(result, vectors)
    if zero_point:
        result -= zero_point
    return result


def squared_norms(vectors: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Exact squared norms float64 ``(n,)`` of `centered` vectors ``(n, D)``."""
    return np.asarray(np.einsum("nd,nd->n", vectors, vectors), np.float64)


def dot_products(a: npt.NDArray[Any], b: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Exact dot products ``(P, T)`` of `centered` vectors ``(P, D)`` and ``(T, D)``."""
    if len(a) > _FEW_PROBES:
        return np.asarray(a @ b.T)
    # BLAS would use every core for each of these, which takes longer where other programs run.
    return np.stack([np.einsum("td,d->t", b, row) for row in a]) if len(a) else np.empty((0, len(b)), a.dtype)


def quotients(
    dots: npt.NDArray[np.floating], a_squared: npt.NDArray[np.float64], b_squared: npt.NDArray[np.float64]
) -> npt.NDArray[np.int16]:
    """Q15 scores int16 ``(P, T)`` of exact dot products ``(P, T)`` and squared norms ``(P,)`` and ``(T,)``; see the module."""
    squared = np.multiply.outer(a_squared, b_squared)
    if squared.size == 0 or a_squared.max() * b_squared.max() >= EXACT_ROOTS:
        return _integer_quotients(dots.astype(np.int64), squared.astype(np.int64))
    roots = np.floor(np.sqrt(squared, out=squared), out=squared)
    zero = roots == 0
    scores = np.multiply(dots, float(Q15), dtype=np.float64)
    np.divide(scores, np.maximum(roots, 1.0, out=roots), out=scores)
    np.clip(scores, NO_SCORE, Q15 - 1, out=scores)
    scores[zero] = NO_SCORE
    return np.asarray(scores.astype(np.int16))  # truncates towards zero, like C


def quotients_of_one(
    dots: npt.NDArray[np.floating],
    a_squared: float,
    b_squared: npt.NDArray[np.float64],
    scores: npt.NDArray[np.int16],
    room: npt.NDArray[np.float64],
) -> None:
    """`quotients` of one vector with n others, none of them zero, without allocating memory.

    Args:
        dots: exact dot products ``(n,)``.
        a_squared: squared norm; its product with the largest of `b_squared` is below 2**52.
        b_squared: squared norms ``(n,)``.
        scores: receives the Q15 scores ``(n,)``.
        room: ``(2, m)`` with m at least n.
    """
    values, roots = room[:, : len(dots)]
    np.multiply(b_squared, a_squared, out=roots)
    np.floor(np.sqrt(roots, out=roots), out=roots)
    np.copyto(values, dots)
    np.divide(np.multiply(values, float(Q15), out=values), roots, out=values)
    np.maximum(np.minimum(values, Q15 - 1.0, out=values), float(NO_SCORE), out=values)
    np.copyto(scores, values, casting="unsafe")


def _integer_quotients(dots: npt.NDArray[np.int64], squared: npt.NDArray[np.int64]) -> npt.NDArray[np.int16]:
    roots = np.sqrt(squared.astype(np.float64)).astype(np.int64)
    roots -= roots * roots > squared  # the float root of a large square may be one too large ...
    roots += (roots + 1) * (roots + 1) <= squared  # ... or one too small
    safe = np.maximum(roots, 1)
    scores = np.sign(dots) * (np.abs(dots) * Q15 // safe)  # trunc: towards zero, like C
    return np.where(roots > 0, np.clip(scores, NO_SCORE, Q15 - 1), NO_SCORE).astype(np.int16)
