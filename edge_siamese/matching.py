"""Scores: the cosine of two int8 embeddings in integers, the same number on every board.

``score_q15 = clamp(trunc(dot * 32768 / isqrt(na * nb)), -32768, 32767)`` with ``dot``, ``na``, ``nb`` the exact dot
product and squared norms after the zero point is taken off. People see ``score_q15 / 32768``.
"""

import math

import numpy as np
import numpy.typing as npt

from .errors import DataError
from .faces import Embedding

Q15 = 32768
NO_SCORE = -Q15
# float32 holds every integer up to 2**24, and |q - zero_point| <= 255: D * 255**2 stays exact up to here.
_EXACT_IN_FLOAT32 = 2**24 // 255**2


def scores_q15(probes: npt.NDArray[np.int8], templates: npt.NDArray[np.int8], zero_point: int) -> npt.NDArray[np.int16]:
    """Score every probe against every template.

    Args:
        probes: int8 ``(P, D)``.
        templates: int8 ``(T, D)``.
        zero_point: of both.

    Returns:
        int16 ``(P, T)`` scores in Q15; -32768 where either vector is zero.

    Raises:
        DataError: the two have different dimensions.
    """
    if probes.shape[1] != templates.shape[1]:
        raise DataError(f"embeddings of {probes.shape[1]} and {templates.shape[1]} dimensions cannot be compared")
    exact = np.dtype(np.float32 if probes.shape[1] <= _EXACT_IN_FLOAT32 else np.float64)
    a, b = (np.subtract(vectors, zero_point, dtype=exact) for vectors in (probes, templates))
    dots = (a @ b.T).astype(np.int64)
    squared = np.multiply.outer(_squared_norms(a), _squared_norms(b))
    return _quotients(dots, squared)


def score_q15(a: Embedding, b: Embedding) -> int:
    """Score two embeddings of the same embedder; see `scores_q15`.

    Raises:
        DataError: they are of different embedders.
    """
    if a.embedder != b.embedder:
        raise DataError(
            f"embeddings of different embedders cannot be compared: {a.embedder} and {b.embedder}",
            expected=a.embedder,
            found=b.embedder,
        )
    return int(scores_q15(a.values[None], b.values[None], a.zero_point)[0, 0])


def as_float(score: int | None) -> float | None:
    """A Q15 score as people read it, -1 to 1; None stays None."""
    return None if score is None else score / Q15


def threshold_q15(score: float) -> int:
    """The smallest Q15 score that is at least `score` (-1 to 1)."""
    return min(max(math.ceil(score * Q15), NO_SCORE), Q15 - 1)


def _squared_norms(vectors: npt.NDArray[np.floating]) -> npt.NDArray[np.int64]:
    return np.asarray((vectors * vectors).sum(axis=1, dtype=np.float64), np.int64)


def _quotients(dots: npt.NDArray[np.int64], squared: npt.NDArray[np.int64]) -> npt.NDArray[np.int16]:
    roots = np.sqrt(squared.astype(np.float64)).astype(np.int64)
    roots -= roots * roots > squared  # the float root of a large square may be one too large ...
    roots += (roots + 1) * (roots + 1) <= squared  # ... or one too small
    safe = np.maximum(roots, 1)
    scores = np.sign(dots) * (np.abs(dots) * Q15 // safe)  # trunc, towards zero as C divides
    return np.where(roots > 0, np.clip(scores, NO_SCORE, Q15 - 1), NO_SCORE).astype(np.int16)
