"""Open-set identification: some people are enrolled, others are strangers and must not be named.

Rates are those of ISO/IEC 19795-1: FPIR is the share of strangers' images that are given a name; the detection and
identification rate (DIR) is the share of known people's images given the right one, at a threshold.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from edge_siamese.errors import DataError
from edge_siamese.evaluation.metrics import ErrorCurve, error_curve
from edge_siamese.intervals import Proportion, pairs_to_report

from .identification import class_scores, identify, representatives
from .scoring import Indices, Labels, Score, Scores, indices_by_class

REPORTED_FPIRS = (0.1, 0.01)


@dataclass(frozen=True, eq=False)
class OpenSetSplit:
    """Who plays whom: rows of the images `enrolled`, of other images of the `known`, and of `strangers`."""

    enrolled: Indices
    known: Indices
    strangers: Indices

    @classmethod
    def draw(cls, score: Score, labels: Labels, *, strangers: float = 0.25, templates: int = 1, seed: int = 0) -> Self:
        """Draw strangers among the classes, and enroll of all others the representatives of a half of their images.

        Args:
            score: by which representatives are chosen, among the images of that half only.
            labels: class of each image, ``(N,)``.
            strangers: share of the classes; with them goes every class of a single image.
            templates: how many images are enrolled of each.
            seed: of the draws.

        Raises:
            DataError: fewer than two classes to enroll, or no stranger.
        """
        rng = np.random.default_rng(seed)
        images = {number: rng.permutation(indices) for number, indices in indices_by_class(labels).items()}
        several = rng.permutation([number for number, indices in images.items() if len(indices) > 1])
        enrolled = set(several[round(strangers * len(several)) :].tolist())
        outside = [indices for number, indices in images.items() if number not in enrolled]
        if len(enrolled) < 2 or not outside:
            raise DataError(
                "an open-set trial: expected at least two classes with two images, and another class as a stranger; "
                f"found {len(several)} with two or more, of {len(images)}"
            )
        halves = [np.array_split(indices, 2) for number, indices in images.items() if number in enrolled]
        candidates, known = (np.sort(np.concatenate(side)) for side in zip(*halves, strict=True))
        chosen = representatives(lambda a, b: score(candidates[a], candidates[b]), labels[candidates], templates)
        return cls(candidates[chosen], known, np.sort(np.concatenate(outside)))


@dataclass(frozen=True, eq=False)
class OpenSet:
    """Best scores of an open-set trial.

    Attributes:
        right: bool ``(P,)``: the known image's own class scores highest.
        known: float32 ``(P,)`` best score of images of known people.
        strangers: float32 ``(S,)`` best score of images of strangers.
        enrolled: how many classes are enrolled.
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
        """Chance that a known image's best score exceeds a stranger's, whoever it names."""
        return error_curve(self.known, self.strangers).auc

    @cached_property
    def _curve(self) -> ErrorCurve:
        """FPIR as the FMR, and 1 - DIR as the FNMR: who is named wrongly is missed at every threshold."""
        return error_curve(np.where(self.right, self.known, -np.inf), self.strangers)

    def threshold_at_fpir(self, fpir: float) -> float:
        """The smallest threshold at which no more than that share of strangers is named.

        Raises:
            DataError: there are too few strangers' images to say.
        """
        if len(self.strangers) < pairs_to_report(fpir):
            raise DataError(_rejection(fpir, len(self.strangers)))
        return self._curve.threshold_at_fmr(fpir)

    def at(self, threshold: float) -> dict[str, Any]:
        """What happens at a threshold: counts of every answer, with exact intervals that take images as independent."""
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
        """`at` the threshold, which was set on other people, and DIR at the FPIRs that the strangers suffice for."""
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
