"""Scores of a dataset's photos with the quality gate: rejected comparisons have the lowest score."""

import numpy as np
import numpy.typing as npt

from ..dataset_embeddings import DatasetEmbeddings, Numbers
from ..matching import NO_SCORE
from ..quality.conditions import Condition, shipped_conditions
from ..quality.gate import QualityLimits

_LIMITS = QualityLimits()


class GatedScores:
    """Scores as the gate lets them count: -1 for a rejected comparison, lowered for two faces with glasses.

    A comparison is rejected if a face is rejected, or if both faces are in one condition that strangers can share.
    """

    def __init__(self, embedded: DatasetEmbeddings) -> None:
        self._embedded = embedded
        qualities = embedded.qualities
        self._rejected = np.array([bool(quality and quality.rejection(_LIMITS)) for quality in qualities])
        self._suspected = {
            condition: np.array([bool(quality and condition in quality.suspected) for quality in qualities])
            for condition in Condition
        }
        self._rule = shipped_conditions().glasses_rule(embedded.embedder)
        present = self._rule.present(embedded.embeddings, embedded.zero_point) if self._rule else False
        self._glasses = np.asarray(present & embedded.found)

    def __call__(self, rows: Numbers, columns: Numbers) -> npt.NDArray[np.int16]:
        """Q15 scores, int16 ``(R, C)``, of the photos `rows` compared with the photos `columns`."""
        scores = self._embedded.scores(rows, columns)
        if self._rule:
            scores = self._rule.lowered(scores, self._glasses[rows], self._glasses[columns])
        return np.where(self.rejected(rows, columns), NO_SCORE, scores).astype(np.int16)

    def rejected(self, rows: Numbers, columns: Numbers) -> npt.NDArray[np.bool_]:
        """Which comparisons are rejected, bool ``(R, C)``."""
        rejected = self._rejected[rows][:, None] | self._rejected[columns]
        for faces in self._suspected.values():
            rejected |= faces[rows][:, None] & faces[columns]
        return np.asarray(rejected)
