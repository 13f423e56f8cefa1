"""Who a face is: scores against a gallery, and decisions from them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, overload

import numpy as np
import numpy.typing as npt

from ..decision import Decision, Outcome, Reason, decide_scores, doubted, undecided
from ..errors import DataError, OperatingPointError, OtherEmbedderError
from ..faces import Embedding, Face
from ..matching import scores_q15
from ..operating_point import (
    DEFAULT_TARGET_FPIR,
    OperatingPoint,
    accepted_threshold,
    choose_operating_point,
    require_rate,
)
from .container.content import GalleryContent
from .metadata import is_overdue, today

if TYPE_CHECKING:
    from ..tflite.model_card import ModelCard

# How often the mean of three to ten photos matches a stranger for each time that one photo does, at thresholds
# of an FMR of 1e-3 to 1e-4: 1.6 to 2.6, measured on the validation people.
_MATCHES_OF_A_MEAN = 3


@dataclass(frozen=True, eq=False)
class IdentifyingGallery(GalleryContent):
    """The half of `Gallery` that scores and decides; see there and `GalleryContent` for the attributes."""

    @cached_property
    def _starts(self) -> npt.NDArray[np.intp]:
        """Index of each identity's first template."""
        return np.searchsorted(self.identity_index, np.arange(len(self.names)))

    def scores(self, embedding: Embedding) -> dict[str, int]:
        """Q15 score of every name: the best of its templates.

        Raises:
            GalleryError: the embedding is of another embedder.
        """
        self._require_digest(embedding.embedder)
        return dict(zip(self.names, self.scores_of(embedding.values[None])[0].tolist(), strict=True))

    def scores_of(self, probes: npt.NDArray[np.int8]) -> npt.NDArray[np.int16]:
        """Q15 scores int16 ``(P, N)`` of int8 ``(P, D)`` probes of the same embedder."""
        if not self.names:
            return np.empty((len(probes), 0), np.int16)
        of_templates = scores_q15(probes, self.templates, self.zero_point)
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
        """Who it is, that it is nobody of the gallery, or why it cannot be told.

        Two people who both reach the threshold and score nearly the same are `Reason.AMBIGUOUS`. A face that
        `FaceEngine.analyze` rejected is undecided.

        Args:
            faces: one embedded face or embedding, or a list of them, which is scored at once.
            operating_point: where to accept; by default what `operating_point` finds for `target_fpir`.
            threshold: a bare score from -1 to 1 in its place.
            target_fpir: accepted rate of strangers named, over the whole gallery.

        Returns:
            A decision, or a list of them for a list.

        Raises:
            GalleryError: an embedding is of another embedder.
            OperatingPointError: neither the gallery nor the embedder has an operating point, and none was passed.
            DataError: a face is not embedded, or the threshold is no score from -1 to 1.
        """
        if isinstance(faces, Face | Embedding):
            return self._identify([faces], accepted_threshold(operating_point, threshold), target_fpir)[0]
        return self._identify(list(faces), accepted_threshold(operating_point, threshold), target_fpir)

    def _identify(self, faces: list[Face | Embedding], threshold_q15: int | None, target_fpir: float) -> list[Decision]:
        embeddings = [_embedding_of(face) for face in faces]
        if not embeddings:
            return []
        for embedding in embeddings:
            self._require_digest(embedding.embedder)
        if threshold_q15 is None:
            threshold_q15 = self.operating_point(embeddings[0], target_fpir).threshold_q15
        scores = self.scores_of(np.stack([embedding.values for embedding in embeddings]))
        decisions = [self.decide(row, threshold_q15) for row in scores]
        return [_gated(face, decision) for face, decision in zip(faces, decisions, strict=True)]

    def decide(self, scores: npt.NDArray[np.integer], threshold_q15: int, *, day: date | None = None) -> Decision:
        """Who it is, from one score of every person.

        A person kept beyond their last day is compared, so that they do not count as a stranger, and is not named: the
        decision is `Reason.OVERDUE`.

        Args:
            scores: Q15 ``(N,)``, as `scores_of` gives them or fused over time.
            threshold_q15: a best score below it is nobody known.
            day: today in UTC unless given.
        """
        decision = decide_scores(self.names, scores, threshold_q15)
        if decision.identity is None or not self.is_overdue(decision.identity, day or today()):
            return decision
        return replace(decision, outcome=Outcome.UNDECIDED, reason=Reason.OVERDUE, identity=None)

    def require(self, card: "ModelCard") -> None:
        """Make sure that the gallery was made with this embedder.

        Raises:
            GalleryError: with both digests.
        """
        self._require_digest(card.digest)
        if (card.dimension, card.zero_point) != (self.dimension, self.zero_point):
            raise OtherEmbedderError(
                f"{self.source}: templates of dimension {self.dimension} and zero point {self.zero_point}, "
                f"the embedder has {card.dimension} and {card.zero_point}",
                path=self.source,
                expected=(self.dimension, self.zero_point),
                found=(card.dimension, card.zero_point),
            )

    def required_fmr(self, target_fpir: float = DEFAULT_TARGET_FPIR) -> float:
        """False match rate that one comparison may have, so that a stranger is named at most at `target_fpir`.

        The gallery's own operating points were measured on comparisons with a person, a model's on comparisons with one
        photo. A stranger meets every template, and a template may be the mean of several photos.
        """
        require_rate(target_fpir, "target FPIR")
        comparisons = len(self.names) if self.operating_points else _MATCHES_OF_A_MEAN * len(self.templates)
        return target_fpir / max(comparisons, 1)

    def operating_point(
        self, card: "ModelCard | Embedding", target_fpir: float = DEFAULT_TARGET_FPIR
    ) -> OperatingPoint:
        """The operating point to identify at: the gallery's own, if it has any, before the model's.

        It is the loosest whose target FMR is at most `required_fmr`. When none is strict enough it is the strictest;
        its `target_fmr` is then above `required_fmr`, which the caller tells the user.

        Raises:
            OperatingPointError: neither the gallery nor the model has one.
        """
        points = self.operating_points or card.operating_points
        if not points:
            raise OperatingPointError(
                f"neither {self.source} nor its embedder has an operating point: run 'edge-siamese gallery calibrate'"
            )
        return choose_operating_point(points, self.required_fmr(target_fpir))

    def is_overdue(self, name: str, day: date) -> bool:
        """Whether a person is kept on `day` beyond their last day or the gallery's."""
        return is_overdue(self.metadata, None, day) or is_overdue(self.metadata, name, day)

    def overdue(self, day: date) -> tuple[str, ...]:
        """Names of the people kept on `day` beyond their last day; everybody when the gallery's own is over."""
        return tuple(name for name in self.names if self.is_overdue(name, day))

    def _require_digest(self, embedder: str) -> None:
        own = self.embedder_digest.hex()
        if embedder[: len(own)] != own:
            raise OtherEmbedderError(
                f"{self.source}: made with the embedder {own}, the embedder here is {embedder[: len(own)]}; "
                "a gallery serves only the embedder that made it",
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
    """The decision, or why there is none about this face."""
    if isinstance(face, Embedding):
        return decision
    return undecided(face.rejection) if face.rejection else doubted(decision, face.doubt)
