"""Glasses rule: strangers who wear alike glasses need a higher score.

Embeddings of faces with glasses point in a common direction, which raises the scores of strangers who wear alike glasses. A
face has glasses if the match score of its embedding and this direction, in the arithmetic of `matching`, reaches a level.
The threshold for two such faces is raised; all other comparisons are as usual. A gallery does the same by lowering the score
of a probe and a template that both have glasses.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import DataError
from ..matching import NO_SCORE, Q15, scores_q15

MAX_RAISE_Q15 = Q15 // 4
"""Largest plausible raise of a threshold: a score of 0.25."""


@dataclass(frozen=True, eq=False)
class GlassesRule:
    """The rule for one embedder.

    Attributes:
        direction: int8 ``(D,)`` in the form of an embedding of this embedder.
        level_q15: a face has glasses if its score with the direction is at least this.
        raise_q15: raise of the threshold for two faces with glasses.
    """

    direction: npt.NDArray[np.int8]
    level_q15: int
    raise_q15: int

    def present(self, embeddings: npt.NDArray[np.int8], zero_point: int) -> npt.NDArray[np.bool_]:
        """Which of int8 ``(N, D)`` embeddings have glasses: bool ``(N,)``."""
        return np.asarray(scores_q15(embeddings, self.direction[None], zero_point)[:, 0] >= self.level_q15)

    def lowered(
        self,
        scores: npt.NDArray[np.int16],
        probes: npt.NDArray[np.bool_],
        templates: npt.NDArray[np.bool_],
    ) -> npt.NDArray[np.int16]:
        """Scores ``(P, T)``, lowered by the raise where both the probe ``(P,)`` and the template ``(T,)`` have glasses."""
        if not probes.any() or not templates.any():
            return scores
        change = np.where(probes[:, None] & templates, self.raise_q15, 0)
        return np.maximum(scores - change, NO_SCORE).astype(np.int16)

    def to_json(self) -> dict[str, Any]:
        return {
            "direction": base64.b64encode(self.direction.tobytes()).decode(),
            "level_q15": self.level_q15,
            "raise_q15": self.raise_q15,
        }

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> "GlassesRule":
        """Read the fields that `to_json` wrote.

        Raises:
            DataError: a value is missing or out of range.
        """
        try:
            direction = np.frombuffer(base64.b64decode(fields["direction"], validate=True), np.int8)
            level, raised = fields["level_q15"], fields["raise_q15"]
            if not (len(direction) and isinstance(level, int) and -Q15 <= level < Q15):
                raise ValueError(f"level {level!r}")
            if not (isinstance(raised, int) and 0 <= raised <= MAX_RAISE_Q15):
                raise ValueError(f"raise {raised!r}")
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(f"expected a glasses rule, found a bad {error}") from error
        return cls(direction, level, raised)
