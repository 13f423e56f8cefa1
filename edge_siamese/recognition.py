"""Face recognition on photos: verification of two photos (1:1) and identification with a gallery (1:N).

The engine, the command line and the preview page use it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from .decision import Decision, Outcome, Reason, decide, doubted, undecided
from .errors import NoFaceError
from .faces import Embedding, Face
from .frames import RGB
from .gallery.metadata import today
from .matching import Q15, score_q15
from .operating_point import OperatingPoint
from .orientation import OrientedFaces, detect_oriented
from .protocols import FaceAnalyzer
from .quality.conditions import shipped_conditions
from .quality.gate import CAUSES, Quality, QualityLimits, measure_crop
from .quality.glasses import GlassesRule

if TYPE_CHECKING:
    from .gallery import Gallery

_LIMITS = QualityLimits()
_POOR = 50.0


@dataclass(frozen=True, eq=False)
class EmbeddedFace:
    """A face of a photo with its embedding and quality.

    Attributes:
        face: the detected face.
        embedding: embedding of the aligned crop.
        quality: quality of the aligned crop.
        turn: counterclockwise rotation in degrees that makes the photo upright: 0, 90, 180 or 270.
        doubtful_turn: whether the photo's orientation is doubtful.
    """

    face: Face
    embedding: Embedding
    quality: Quality
    turn: int = 0
    doubtful_turn: bool = False

    @classmethod
    def at(cls, engine: FaceAnalyzer, image: RGB, face: Face, found: OrientedFaces | None = None) -> "EmbeddedFace":
        """Align, measure and embed one face of an image; `found` has the orientation of the image."""
        crop, found = engine.align(image, face), found or OrientedFaces([face])
        return cls(face, engine.embed_crop(crop), measure_crop(crop, face), found.turn, found.doubtful)

    @property
    def rejection(self) -> Reason | None:
        """Reason why the face cannot be compared, or None."""
        return Reason.POSE if self.doubtful_turn else self.quality.rejection(_LIMITS)

    @cached_property
    def glasses(self) -> GlassesRule | None:
        """The glasses rule of the embedder if the face has glasses, otherwise None."""
        rule = shipped_conditions().glasses_rule(self.embedding.embedder)
        if rule is None or len(rule.direction) != len(self.embedding.values):
            return None
        return rule if rule.present(self.embedding.values[None], self.embedding.zero_point)[0] else None

    @property
    def doubt(self) -> Reason | None:
        """Reason why a low score does not mean a different person, or None."""
        return self.rejection or self.quality.doubt(_LIMITS)

    def as_face(self) -> Face:
        """The face with its embedding, rejection, doubt and turn."""
        return replace(self.face, embedding=self.embedding, rejection=self.rejection, doubt=self.doubt, turn=self.turn)

    def decide(self, decision: Decision) -> Decision:
        """The decision, or an undecided decision if the face has a rejection or doubt."""
        return undecided(self.rejection) if self.rejection else doubted(decision, self.doubt)

    def remarks(self) -> list[str]:
        """Remarks for the user about the face's orientation and quality; empty for a good face."""
        turned = (
            [f"the photo is not upright; it was turned by {self.turn} degrees counterclockwise"] if self.turn else []
        )
        return turned + self._quality_remarks()

    def _quality_remarks(self) -> list[str]:
        if self.rejection:
            return [f"{CAUSES[self.rejection]} to be compared"]
        if self.doubt:
            return [f"{CAUSES[self.doubt]} to say that it is somebody else"]
        poor = self.quality.score < _POOR
        return [f"the photo is poor (quality {self.quality.score:.0f} of 100), which lowers scores"] if poor else []


def embedded_faces(engine: FaceAnalyzer, image: RGB) -> list[EmbeddedFace]:
    """Detect, align, measure and embed every face of a photo in any orientation; largest first."""
    found = detect_oriented(engine, image)
    return [EmbeddedFace.at(engine, image, face, found) for face in found.faces]


@dataclass(frozen=True, eq=False)
class ProbeFace:
    """The largest face of a photo, for a comparison.

    Attributes:
        name: name of the photo in messages.
        embedded: the largest face.
        faces: number of faces in the photo.
    """

    name: str
    embedded: EmbeddedFace
    faces: int

    @classmethod
    def on(cls, engine: FaceAnalyzer, image: RGB, name: str) -> "ProbeFace":
        """Detect and embed the largest face of a uint8 ``(H, W, 3)`` image.

        Raises:
            NoFaceError: no face found.
        """
        found = detect_oriented(engine, image)
        if not found.faces:
            raise NoFaceError(f"{name}: no face found", path=name)
        return cls(name, EmbeddedFace.at(engine, image, found.faces[0], found), len(found.faces))

    def remarks(self) -> list[str]:
        """Remarks for the user about the photo, without its name."""
        several = [f"{self.faces} faces found, the largest is used"] if self.faces > 1 else []
        return several + self.embedded.remarks()


@dataclass(frozen=True, eq=False)
class ComparisonResult:
    """Result of comparing two images.

    Attributes:
        first, second: the largest face of each image.
        score_q15: score of the two faces; `score` is the same as a float.
        threshold_q15: the images match if the score is at least this; `threshold` is the same as a float. It is raised if
            both faces have glasses, because strangers who wear alike glasses have higher scores.
        operating_point: operating point of the threshold; None if the caller passed a threshold.
        raise_q15: the raise for glasses, contained in `threshold_q15`; 0 without.
    """

    first: ProbeFace
    second: ProbeFace
    score_q15: int
    threshold_q15: int
    operating_point: OperatingPoint | None = None
    raise_q15: int = 0

    @classmethod
    def of(cls, first: ProbeFace, second: ProbeFace, operating_point: OperatingPoint) -> "ComparisonResult":
        """Compare two faces at an operating point."""
        return cls.at(first, second, operating_point.threshold_q15, operating_point)

    @classmethod
    def at(
        cls, first: ProbeFace, second: ProbeFace, threshold_q15: int, operating_point: OperatingPoint | None
    ) -> "ComparisonResult":
        """Compare two faces at a threshold, which is that of the operating point if there is one."""
        score = score_q15(first.embedded.embedding, second.embedded.embedding)
        rule = first.embedded.glasses and second.embedded.glasses
        raised = rule.raise_q15 if rule else 0
        return cls(first, second, score, min(threshold_q15 + raised, Q15 - 1), operating_point, raised)

    @property
    def score(self) -> float:
        """Score of the two faces, -1 to 1."""
        return self.score_q15 / Q15

    @property
    def threshold(self) -> float:
        """The images match if the score is at least this, -1 to 1."""
        return self.threshold_q15 / Q15

    @property
    def decision(self) -> Decision:
        """Match, unknown (different people) or undecided (a face's quality is too low, or both share a condition)."""
        if rejection := self.first.embedded.rejection or self.second.embedded.rejection or self._shared:
            return undecided(rejection)
        decision = decide({"same person": self.score_q15}, self.threshold_q15)
        if self.raise_q15 and self.score_q15 >= self.threshold_q15 - self.raise_q15:
            decision = doubted(decision, Reason.OCCLUDED)
        return doubted(decision, self.first.embedded.doubt or self.second.embedded.doubt)

    @property
    def _shared(self) -> Reason | None:
        return self.first.embedded.quality.shared_reason(self.second.embedded.quality)

    @property
    def is_match(self) -> bool:
        """Whether the images show the same person; False also for an undecided comparison, see `reason`."""
        return self.decision.is_match

    @property
    def reason(self) -> Reason:
        """Reason of the decision."""
        return self.decision.reason

    @property
    def explanation(self) -> str:
        """The reason of the decision as text."""
        decision = self.decision
        if decision.outcome is Outcome.UNDECIDED and decision.reason is self._shared:
            return f"in both photos {CAUSES[decision.reason]}, and strangers look alike then"
        if decision.reason is Reason.OCCLUDED and decision.score is not None and self.raise_q15:
            return (
                f"both wear glasses, with which strangers look more alike; the score {self.score:.3f} is below the threshold "
                f"{self.threshold:.3f}, raised by {self.raise_q15 / Q15:.3f}"
            )
        if decision.outcome is Outcome.UNDECIDED:
            probe = self.first if self.first.embedded.doubt == self.decision.reason else self.second
            return f"{probe.name}: {CAUSES[self.decision.reason]}"
        rate = f" for a false match rate of {self.operating_point.target_fmr:g}" if self.operating_point else ""
        relation = "at least" if self.is_match else "below"
        return f"score {self.score:.3f} is {relation} the threshold {self.threshold:.3f}{rate}"

    @property
    def sentence(self) -> str:
        """The result as a sentence."""
        answers = {Outcome.MATCH: "same person", Outcome.UNKNOWN: "different people", Outcome.UNDECIDED: "cannot tell"}
        return f"{answers[self.decision.outcome]}: {self.explanation}"

    def __str__(self) -> str:
        return self.sentence

    def to_json(self) -> dict[str, Any]:
        """Fields for ``verify --json``, with scores as floats."""
        return {
            "is_match": self.is_match,
            "decision": str(self.decision.outcome),
            "reason": str(self.decision.reason),
            "score": self.score,
            "threshold": self.threshold,
            "operating_point": self.operating_point.to_json() if self.operating_point else None,
        }


@dataclass(frozen=True, eq=False)
class Identification:
    """Result of identifying one face of a photo, or a photo without a face.

    Attributes:
        index: rank of the face by size, 0 for the largest; None without a face.
        embedded: the embedded face, or None.
        decision: the decision about the face.
        candidates: the best names and their Q15 scores, best first.
    """

    index: int | None
    embedded: EmbeddedFace | None
    decision: Decision
    candidates: Sequence[tuple[str, int]] = ()

    @property
    def explanation(self) -> str:
        """The reason of the decision as text."""
        decision = self.decision
        if decision.reason in CAUSES:
            return CAUSES[decision.reason]
        if decision.score is None or decision.threshold is None:
            return "no face found" if decision.reason is Reason.NO_FACE else "nobody is in the gallery"
        if decision.reason is Reason.OVERDUE:
            return "the gallery keeps this person beyond the last day, so no name is given"
        if decision.reason is Reason.AMBIGUOUS:
            return (
                f"two people reach the threshold {decision.threshold:.3f}, and the best score {decision.score:.3f} is only "
                f"{decision.margin:.3f} above the other"
            )
        relation = "score {:.3f} is at least" if decision.is_match else "the best score {:.3f} is below"
        return f"{relation.format(decision.score)} the threshold {decision.threshold:.3f}"

    def to_json(self) -> dict[str, Any]:
        face = self.embedded.face if self.embedded else None
        location = {
            "face": self.index,
            "box": face.box.tolist() if face else None,
            "detector_score": float(face.score) if face else None,
            "turn": self.embedded.turn if self.embedded else None,
        }
        candidates = [{"identity": name, "score": round(score / Q15, 5)} for name, score in self.candidates]
        return location | self.decision.to_json() | {"candidates": candidates}


def identify_faces(
    engine: FaceAnalyzer, gallery: "Gallery", image: RGB, *, operating_point: OperatingPoint, top_k: int = 1
) -> list[Identification]:
    """Identify every face of a uint8 ``(H, W, 3)`` image, largest first; one result with `NO_FACE` without a face.

    Args:
        engine: detects, aligns and embeds faces.
        gallery: gallery of the engine's embedder.
        image: the photo.
        operating_point: operating point with the threshold for a match.
        top_k: maximum number of candidates; people past their retention date are not listed.
    """
    gallery.require(engine.embedder_card)
    answers, overdue = [], set(gallery.overdue(today()))
    for index, embedded in enumerate(embedded_faces(engine, image)):
        scores = gallery.scores_of(embedded.embedding.values[None])[0]
        ranked = np.argsort(-scores.astype(np.int32), kind="stable")
        candidates = [
            (gallery.names[identity], int(scores[identity]))
            for identity in ranked
            if gallery.names[identity] not in overdue
        ][: 0 if embedded.rejection else top_k]
        decision = embedded.decide(gallery.decide(scores, operating_point.threshold_q15))
        answers.append(Identification(index, embedded, decision, candidates))
    return answers or [Identification(None, None, undecided(Reason.NO_FACE))]
