"""Open-set identification: some classes are enrolled, the others are strangers that must not be named.

Rates follow ISO/IEC 19795-1: FPIR is the share of images of strangers that get a name; the detection and
identification rate (DIR) is the share of images of enrolled classes that get the correct name, at a threshold.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from edge_siamese.errors import DataError
from edge_siamese.evaluation.metrics import ErrorCurve, error_curve
from edge_siamese.evaluation.open_set import OpenSetSplit
from edge_siamese.intervals import Proportion, pairs_to_report

from .identification import class_scores, identify, representatives
from .scoring import Labels, Score, Scores, indices_by_class

REPORTED_FPIRS = (0.1, 0.01)


def draw_open_set(
    score: Score, labels: Labels, *, strangers: float = 0.25, templates: int = 1, seed: int = 0
) -> OpenSetSplit:
    """Draw strangers among the classes; enroll representatives of half of the images of every other class.

    Args:
        score: function used to choose the representatives, among the images of that half only.
        labels: class of each image, ``(N,)``.
        strangers: share of the classes that are strangers; classes with a single image are always strangers.
        templates: number of enrolled images per class.
        seed: seed of the draws.

    Raises:
        DataError: there are fewer than two classes to enroll, or no strangers.
    """
    rng = np.random.default_rng(seed)
    images = {number: rng.permutation(indices) for number, indices in indices_by_class(labels).items()}
    several = rng.permutation([number for number, indices in images.items() if len(indices) > 1])
    enrolled = set(several[round(strangers * len(several)) :].tolist())
    if len(enrolled) < 2 or len(enrolled) == len(images):
        raise DataError(
            "an open-set trial: expected at least two classes with two images, and another class as a stranger; "
            f"found {len(several)} with two or more, of {len(images)}"
        )
    split = OpenSetSplit.assign(images, enrolled, lambda indices: np.array_split(indices, 2)[0])
    candidates = split.enrolled
    chosen = representatives(lambda a, b: score(candidates[a], candidates[b]), labels[candidates], templates)
    return replace(split, enrolled=candidates[chosen])


@dataclass(frozen=True, eq=False)
class OpenSetScores:
    """Best scores of an open-set trial.

    Attributes:
        right: bool ``(P,)``: the class of the image has the highest score.
        known: float32 ``(P,)`` best scores of images of enrolled classes.
        strangers: float32 ``(S,)`` best scores of images of strangers.
        enrolled: number of enrolled classes.
    """

    right: npt.NDArray[np.bool_]
    known: Scores
    strangers: Scores
    enrolled: int

    @classmethod
    def measure(cls, score: Score, labels: Labels, split: OpenSetSplit) -> Self:
        found = identify(score, labels, split.enrolled, split.known)
        strangers = class_scores(score, labels, split.enrolled, split.strangers).max(axis=1)
        return cls(found.ranks == 1, found.scores.max(axis=1), strangers, len(found.classes))

    @property
    def auc(self) -> float:
        """Probability that the best score of an enrolled class exceeds that of a stranger, whether the name is correct or not."""
        return error_curve(self.known, self.strangers).auc

    @cached_property
    def _curve(self) -> ErrorCurve:
        """Error curve with FPIR as FMR and 1 - DIR as FNMR; a wrong name counts as a miss at every threshold."""
        return error_curve(np.where(self.right, self.known, -np.inf), self.strangers)

    def threshold_at_fpir(self, fpir: float) -> float:
        """Return the smallest threshold at which the FPIR is at most `fpir`.

        Raises:
            DataError: there are too few images of strangers for this FPIR.
        """
        if len(self.strangers) < pairs_to_report(fpir):
            raise DataError(_rejection(fpir, len(self.strangers)))
        return self._curve.threshold_at_fmr(fpir)

    def at(self, threshold: float) -> dict[str, Any]:
        """Return the counts of all outcomes at a threshold; exact intervals assume independent images."""
        named = self.known >= threshold
        known, strangers = len(self.known), len(self.strangers)
        return {
            "threshold": float(threshold),
            "known_named_rightly": Proportion(int((named & self.right).sum()), known).to_json(),
            "known_named_wrongly": Proportion(int((named & ~self.right).sum()), known).to_json(),
            "known_rejected": Proportion(int((~named).sum()), known).to_json(),
            "strangers_rejected": Proportion(int((self.strangers < threshold).sum()), strangers).to_json(),
        }

    def to_json(self, threshold: float) -> dict[str, Any]:
        """Return `at` for the threshold, which was set on other classes, and DIR at every FPIR with enough strangers."""
        enough = {fpir: len(self.strangers) >= pairs_to_report(fpir) for fpir in REPORTED_FPIRS}
        return self.at(threshold) | {
            "enrolled": self.enrolled,
            "auc": self.auc,
            "dir_at_fpir": {f"{fpir:g}": self._curve.tar_at_fmr(fpir) if enough[fpir] else None for fpir in enough},
            "dir_at_fpir_rejected": {
                f"{fpir:g}": _rejection(fpir, len(self.strangers)) for fpir, said in enough.items() if not said
            },
        }


def _rejection(fpir: float, found: int) -> str:
    return f"an FPIR of {fpir:g} needs at least {pairs_to_report(fpir):,} images of strangers, found {found:,}"
