"""Identification of faces with a gallery: scores, decisions and operating points."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, overload

import numpy as np
import numpy.typing as npt

from ..decision import Decision, Outcome, Reason, decide_scores, doubted, undecided
from ..errors import DataError, ExpiredGalleryError, OperatingPointError, OtherEmbedderError
from ..faces import Embedding, Face
from ..matching import NO_SCORE, paired_scores_q15
from ..operating_point import (
    DEFAULT_TARGET_FPIR,
    OperatingPoint,
    accepted_threshold,
    choose_operating_point,
    require_rate,
)
from ..quality.conditions import shipped_conditions
from ..quality.glasses import GlassesRule
from .container.content import GalleryContent
from .container.verdicts import GalleryVerdict
from .metadata import is_overdue, last_day, today
from .search import TemplateSearch

if TYPE_CHECKING:
    from ..tflite.model_card import ModelCard

MATCHES_OF_A_MEAN = 3
"""FMR of the mean of three to ten photos divided by the FMR of one photo, at thresholds for an FMR of 1e-3 to 1e-4: 1.6 to
2.6, measured on the validation people."""
_SCORES_AT_ONCE, _PAIRS_AT_ONCE = 1 << 24, 1 << 14


@dataclass(frozen=True, eq=False)
class IdentifyingGallery(GalleryContent):
    """Base class of `Gallery` with scoring and decisions; see `GalleryContent` for the attributes."""

    @cached_property
    def _starts(self) -> npt.NDArray[np.intp]:
        """Index of each identity's first template."""
        return np.searchsorted(self.identity_index, np.arange(len(self.names)))

    @cached_property
    def search(self) -> TemplateSearch:
        """Scores of probes with every template; `TemplateSearch.prepare` makes it fast before the first probe."""
        return TemplateSearch(self.templates, self.zero_point)

    @cached_property
    def _glasses(self) -> tuple[GlassesRule, npt.NDArray[np.bool_]] | None:
        """The glasses rule of the embedder, and which templates have glasses; None without a rule or such a template."""
        rule = shipped_conditions().glasses_rule(self.embedder_digest.hex())
        if rule is None or len(rule.direction) != self.dimension:
            return None
        wearing = rule.present(self.templates, self.zero_point)
        return (rule, wearing) if wearing.any() else None

    def scores(self, embedding: Embedding) -> dict[str, int]:
        """Q15 score of every name: the best score of its templates.

        Raises:
            GalleryError: the embedding is of another embedder.
        """
        self.require_digest(embedding.embedder)
        return dict(zip(self.names, self.scores_of(embedding.values[None])[0].tolist(), strict=True))

    def scores_of(self, probes: npt.NDArray[np.int8]) -> npt.NDArray[np.int16]:
        """Q15 scores int16 ``(P, N)`` of int8 ``(P, D)`` probes of the same embedder.

        The score of a probe and a template that both have glasses is lowered; see `quality.glasses`.
        """
        scores = np.empty((len(probes), len(self.names)), np.int16)
        at_once = max(_SCORES_AT_ONCE // max(len(self.templates), 1), 1)
        for start in range(0, len(probes) if self.names else 0, at_once):
            scores[start : start + at_once] = self._scores_of_few(probes[start : start + at_once])
        return scores

    def scores_of_pairs(self, rows: npt.NDArray[np.intp], columns: npt.NDArray[np.intp]) -> npt.NDArray[np.int16]:
        """Q15 scores int16 ``(n,)`` of pairs of the gallery's own templates, given by two rows each."""
        scores = np.empty(len(rows), np.int16)
        for start in range(0, len(rows), _PAIRS_AT_ONCE):
            block = slice(start, start + _PAIRS_AT_ONCE)
            first, second = self.templates[rows[block]], self.templates[columns[block]]
            scores[block] = paired_scores_q15(first, second, self.zero_point)
        if self._glasses is not None:
            rule, wearing = self._glasses
            lowered = np.maximum(scores.astype(np.int32) - rule.raise_q15, NO_SCORE).astype(np.int16)
            scores = np.where(wearing[rows] & wearing[columns], lowered, scores)
        return scores

    def _scores_of_few(self, probes: npt.NDArray[np.int8]) -> npt.NDArray[np.int16]:
        of_templates = self.search.scores(probes)
        if self._glasses is not None:
            rule, wearing = self._glasses
            of_templates = rule.lowered(of_templates, rule.present(probes, self.zero_point), wearing)
        if len(self.names) == len(self.templates):
            return of_templates
        return np.maximum.reduceat(of_templates, self._starts, axis=1)

    @overload
    def identify(
        self,
        faces: Face | Embedding,
        *,
        operating_point: OperatingPoint | None = None,
        threshold: float | None = None,
        target_fpir: float = DEFAULT_TARGET_FPIR,
    ) -> Decision: ...

    @overload
    def identify(
        self,
        faces: Sequence[Face | Embedding],
        *,
        operating_point: OperatingPoint | None = None,
        threshold: float | None = None,
        target_fpir: float = DEFAULT_TARGET_FPIR,
    ) -> list[Decision]: ...

    def identify(
        self,
        faces: Face | Embedding | Sequence[Face | Embedding],
        *,
        operating_point: OperatingPoint | None = None,
        threshold: float | None = None,
        target_fpir: float = DEFAULT_TARGET_FPIR,
    ) -> Decision | list[Decision]:
        """Identify faces: match, unknown or undecided with a reason.

        If two people reach the threshold with nearly the same score, the decision is undecided (`Reason.AMBIGUOUS`). A face
        that `FaceEngine.analyze` rejected is undecided.

        Args:
            faces: an embedded face or an embedding, or a list of them.
            operating_point: operating point to apply; by default that of the method `operating_point` for `target_fpir`.
            threshold: score from -1 to 1, instead of an operating point.
            target_fpir: accepted false positive identification rate over the whole gallery, 0 to 1.

        Returns:
            A decision, or a list of decisions for a list.

        Raises:
            GalleryError: an embedding is of another embedder.
            OperatingPointError: neither the gallery nor the embedder has an operating point, and none was passed.
            DataError: a face is not embedded, or the threshold is not a score from -1 to 1.
        """
        if isinstance(faces, Face | Embedding):
            return self._identify([faces], accepted_threshold(operating_point, threshold), target_fpir)[0]
        return self._identify(list(faces), accepted_threshold(operating_point, threshold), target_fpir)

    def _identify(self, faces: list[Face | Embedding], threshold_q15: int | None, target_fpir: float) -> list[Decision]:
        embeddings = [_embedding_of(face) for face in faces]
        if not embeddings:
            return []
        for embedding in embeddings:
            self.require_digest(embedding.embedder)
        if threshold_q15 is None:
            threshold_q15 = self.operating_point(embeddings[0], target_fpir).threshold_q15
        scores = self.scores_of(np.stack([embedding.values for embedding in embeddings]))
        decisions = [self.decide(row, threshold_q15) for row in scores]
        return [_gated(face, decision) for face, decision in zip(faces, decisions, strict=True)]

    def decide(self, scores: npt.NDArray[np.integer], threshold_q15: int, *, day: date | None = None) -> Decision:
        """Decide from one score of every person.

        A person past the retention date is compared but not named; the decision is undecided (`Reason.OVERDUE`).

        Args:
            scores: Q15 scores ``(N,)`` of `scores_of`, or fused over time.
            threshold_q15: a best score below this threshold is unknown.
            day: date for the retention; default: today in UTC.
        """
        decision = decide_scores(self.names, scores, threshold_q15)
        if decision.identity is None or not self.is_overdue(decision.identity, day or today()):
            return decision
        return replace(decision, outcome=Outcome.UNDECIDED, reason=Reason.OVERDUE, identity=None)

    def require(self, card: "ModelCard") -> None:
        """Check that the gallery was made with this embedder and may be used today.

        Raises:
            OtherEmbedderError: the gallery was made with another embedder; the message has both digests.
            ExpiredGalleryError: its last day is over.
        """
        self.require_digest(card.digest)
        if (card.dimension, card.zero_point) != (self.dimension, self.zero_point):
            raise OtherEmbedderError(
                f"{self.source}: templates of dimension {self.dimension} and zero point {self.zero_point}, "
                f"the embedder has {card.dimension} and {card.zero_point}",
                verdict=GalleryVerdict.OTHER_EMBEDDER,
                path=self.source,
                expected=(self.dimension, self.zero_point),
                found=(card.dimension, card.zero_point),
            )
        if is_overdue(self.metadata, None, today()):
            raise ExpiredGalleryError(
                f"{self.source}: an expired gallery: its last day was {last_day(self.metadata)}, today is {today()}",
                verdict=GalleryVerdict.EXPIRED,
                path=self.source,
            )

    def required_fmr(self, target_fpir: float = DEFAULT_TARGET_FPIR, attempts: int = 1) -> float:
        """False match rate of one comparison that is required for a false positive identification rate of `target_fpir`.

        A gallery's own operating points are measured on comparisons with a person, a model's on comparisons with one photo.
        A stranger is compared with every template, and a template may be the mean of several photos.

        Args:
            target_fpir: share of strangers that may be named, 0 to 1.
            attempts: number of attempts of one stranger over which this share holds.

        Raises:
            DataError: the rate is not above 0 and below 1, or there is no attempt.
        """
        require_rate(target_fpir, "target FPIR")
        if attempts < 1:
            raise DataError(f"attempts: expected 1 or more, found {attempts}", expected="1 or more", found=attempts)
        return target_fpir / max(self.comparisons, 1) / attempts

    @property
    def comparisons(self) -> int:
        """Number of comparisons of one stranger that can be false matches; see `required_fmr`."""
        return len(self.names) if self.operating_points else MATCHES_OF_A_MEAN * len(self.templates)

    def operating_point(
        self, card: "ModelCard | Embedding", target_fpir: float = DEFAULT_TARGET_FPIR, attempts: int = 1
    ) -> OperatingPoint:
        """The operating point for identification: one of the gallery's own, if it has any, otherwise one of the model's.

        It is the one with the largest target FMR up to `required_fmr`. If none is strict enough, it is the strictest; its
        `target_fmr` is then above `required_fmr`, which the caller has to report.

        Raises:
            OperatingPointError: neither the gallery nor the model has an operating point.
        """
        points = self.operating_points or card.operating_points
        if not points:
            raise OperatingPointError(
                f"neither {self.source} nor its embedder has an operating point: run 'edge-siamese gallery calibrate'"
            )
        return choose_operating_point(points, self.required_fmr(target_fpir, attempts))

    def is_overdue(self, name: str, day: date) -> bool:
        """Whether the retention of a person, or of the whole gallery, ended before `day`."""
        return is_overdue(self.metadata, None, day) or is_overdue(self.metadata, name, day)

    def overdue(self, day: date) -> tuple[str, ...]:
        """Names of the people whose retention ended before `day`; all names if the gallery's own retention ended."""
        return tuple(name for name in self.names if self.is_overdue(name, day))

    def require_digest(self, embedder: str) -> None:
        """Check that the gallery was made with the embedder of this digest.

        Raises:
            GalleryError: the gallery was made with another embedder.
        """
        own = self.embedder_digest.hex()
        if embedder[: len(own)] != own:
            raise OtherEmbedderError(
                f"{self.source}: made with the embedder {own}, the embedder here is {embedder[: len(own)]}; "
                "a gallery serves only the embedder that made it",
                verdict=GalleryVerdict.OTHER_EMBEDDER,
                path=self.source,
                expected=own,
                found=embedder[: len(own)],
            )


def _embedding_of(face: Face | Embedding) -> Embedding:
    if isinstance(face, Embedding):
        return face
    if not isinstance(face, Face):
        raise DataError(f"identify: expected a Face or an Embedding, found {type(face).__name__}")
    if face.embedding is None:
        raise DataError("identify: expected an embedded face, found one without; FaceEngine.analyze embeds faces")
    return face.embedding


def _gated(face: Face | Embedding, decision: Decision) -> Decision:
    """The decision, or an undecided decision if the face has a rejection or doubt."""
    if isinstance(face, Embedding):
        return decision
    return undecided(face.rejection) if face.rejection else doubted(decision, face.doubt)
