"""Search of a gallery: the Q15 scores of probes with every template, as fast as the number of templates allows.

All ways give the scores of `matching.scores_q15`; only duration and memory differ. At first, few templates are kept as floats
and many are compared in place, a block at a time. After so many probes that it pays, `tflite.dot_products` is prepared.
"""

import numpy as np
import numpy.typing as npt

from ..matching import EXACT_ROOTS, centered, dot_products, quotients, quotients_of_one, scores_q15, squared_norms
from ..tflite.dot_products import DotProducts, open_dot_products

Int8 = npt.NDArray[np.int8]
_KEPT_NUMBERS = 1 << 22  # 16 MB of float32
_PROBES_BEFORE_PREPARING = 32
_FEW_PROBES = 16  # from here on a matrix product is faster than as many single products
_WORTH_PREPARING = 256
_BLOCK = 4096


class TemplateSearch:
    """Scores probes with the templates of a gallery.

    Args:
        templates: int8 ``(T, D)``, which must not change.
        zero_point: of the templates.
    """

    def __init__(self, templates: Int8, zero_point: int) -> None:
        self._templates, self._zero_point = templates, zero_point
        self._probes = 0
        self._floats = centered(templates, zero_point) if templates.size <= _KEPT_NUMBERS else None
        self._norms = squared_norms(self._floats) if self._floats is not None else None
        self._prepared: _Prepared | None = None
        self._unprepared = True

    def scores(self, probes: Int8) -> npt.NDArray[np.int16]:
        """Q15 scores int16 ``(P, T)`` of int8 ``(P, D)`` probes."""
        if len(probes) < _FEW_PROBES:
            self._probes += len(probes)
            if self._probes > _PROBES_BEFORE_PREPARING and len(self._templates) >= _WORTH_PREPARING:
                self.prepare()
            if self._prepared is not None and len(probes):
                rows = [self._prepared.scores(probe) for probe in probes]
                return np.stack(rows) if len(rows) > 1 else rows[0][None]
            if self._floats is not None and self._norms is not None:
                vectors = centered(probes, self._zero_point)
                return quotients(dot_products(vectors, self._floats), squared_norms(vectors), self._norms)
        return scores_q15(probes, self._templates, self._zero_point)

    def prepare(self) -> bool:
        """Prepare fast products now, which otherwise happens after some probes. Returns whether the runtime has them."""
        if self._unprepared:
            self._unprepared = False
            products = open_dot_products(self._templates)
            if products is not None:
                self._prepared = _Prepared(products, self._templates, self._zero_point)
                self._floats = self._norms = None
        return self._prepared is not None


class _Prepared:
    """Fast products, with the sums and squared norms of the templates."""

    def __init__(self, products: DotProducts, templates: Int8, zero_point: int) -> None:
        self._products, self._zero_point = products, zero_point
        count = len(templates)
        self._norms, self._offsets = np.empty(count), np.zeros(count)
        for start in range(0, count, _BLOCK):
            rows = slice(start, start + _BLOCK)
            floats = centered(templates[rows], zero_point)
            self._norms[rows] = squared_norms(floats)
            if zero_point:  # (a - z) . (b - z) = a . b - z sum(a) - z sum(b - z)
                self._offsets[rows] = zero_point * floats.sum(axis=1, dtype=np.float64)
        self._count, self._smallest, self._largest = count, float(self._norms.min()), float(self._norms.max())

    def scores(self, probe: Int8) -> npt.NDArray[np.int16]:
        """Q15 scores int16 ``(T,)`` of int8 ``(D,)``."""
        values = centered(probe[None], self._zero_point)[0]
        squared = float(values @ values)
        shift = self._zero_point * float(probe.sum(dtype=np.int64)) if self._zero_point else 0.0
        plain = self._smallest > 0 and 0 < squared * self._largest < EXACT_ROOTS
        scores, room = np.empty(self._count, np.int16), np.empty((2, self._products.largest_block))
        for rows, dots in self._products.blocks(probe):
            exact = dots - (self._offsets[rows] + shift) if self._zero_point else dots
            if plain:
                quotients_of_one(exact, squared, self._norms[rows], scores[rows], room)
            else:
                scores[rows] = quotients(exact[None], np.array([squared]), self._norms[rows])[0]
        return scores
