"""What is said about photos: do two show the same person (1:1), and who of a gallery is on one (1:N).

The command line and the preview page say it, and find it, here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
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
from .quality.gate import CAUSES, Quality, QualityLimits, measure_crop

if TYPE_CHECKING:
    from .gallery import Gallery

_LIMITS = QualityLimits()
_POOR = 50.0


@dataclass(frozen=True, eq=False)
class EmbeddedFace:
    """One face of a photo, embedded and measured.

    Attributes:
        face: where it is.
        embedding: of its aligned crop.
        quality: what was measured of it.
        turn: degrees that the photo has to be turned counterclockwise to be upright: 0, 90, 180 or 270.
        doubtful_turn: it is not clear which way up the photo is.
    """

    face: Face
    embedding: Embedding
    quality: Quality
    turn: int = 0
    doubtful_turn: bool = False

    @classmethod
    def at(cls, engine: FaceAnalyzer, image: RGB, face: Face, found: OrientedFaces | None = None) -> "EmbeddedFace":
        """Align once, measure and embed one face of an image; `found` says which way up the image is."""
        crop, found = engine.align(image, face), found or OrientedFaces([face])
        return cls(face, engine.embed_crop(crop), measure_crop(crop, face), found.turn, found.doubtful)

    @property
    def rejection(self) -> Reason | None:
        """Why the face cannot be compared at all, or None."""
        return Reason.POSE if self.doubtful_turn else self.quality.rejection(_LIMITS)

    @property
    def doubt(self) -> Reason | None:
        """Why a low score does not show that it is somebody else, or None."""
        return self.rejection or self.quality.doubt(_LIMITS)

    def as_face(self) -> Face:
        """The face with its embedding and what speaks against comparing it."""
        return replace(self.face, embedding=self.embedding, rejection=self.rejection, doubt=self.doubt, turn=self.turn)

    def decide(self, decision: Decision) -> Decision:
        """The decision, or why there is none about this face."""
        return undecided(self.rejection) if self.rejection else doubted(decision, self.doubt)

    def remarks(self) -> list[str]:
        """What people should know about an answer about this face; empty when nothing speaks against it."""
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
    """Find, align, measure and embed every face of a photo, whichever way up it is; largest first."""
    found = detect_oriented(engine, image)
    return [EmbeddedFace.at(engine, image, face, found) for face in found.faces]


@dataclass(frozen=True, eq=False)
class ProbeFace:
    """The largest face of a photo that is to be compared with another.

    Attributes:
        name: what messages call the photo.
        look: the face.
        faces: how many there are.
    """

    name: str
    look: EmbeddedFace
    faces: int

    @classmethod
    def on(cls, engine: FaceAnalyzer, image: RGB, name: str) -> "ProbeFace":
        """Look at a uint8 ``(H, W, 3)`` image.

        Raises:
            NoFaceError: it shows none.
        """
        found = detect_oriented(engine, image)
        if not found.faces:
            raise NoFaceError(f"{name}: no face found", path=name)
        return cls(name, EmbeddedFace.at(engine, image, found.faces[0], found), len(found.faces))

    def remarks(self) -> list[str]:
        """What people should know of the photo, without its name."""
        several = [f"{self.faces} faces found, the largest is used"] if self.faces > 1 else []
        return several + self.look.remarks()


@dataclass(frozen=True, eq=False)
class ComparisonResult:
    """What a comparison of two images found.

    Attributes:
        first, second: the largest face of each image.
        score_q15: of the two; `score` is the same as a float.
        threshold_q15: the score from which on they show the same person.
        operating_point: where the threshold is from; None for a bare threshold.
    """

    first: ProbeFace
    second: ProbeFace
    score_q15: int
    threshold_q15: int
    operating_point: OperatingPoint | None = None

    @classmethod
    def of(cls, first: ProbeFace, second: ProbeFace, operating_point: OperatingPoint) -> "ComparisonResult":
        """Compare two faces at an operating point."""
        score = score_q15(first.look.embedding, second.look.embedding)
        return cls(first, second, score, operating_point.threshold_q15, operating_point)

    @property
    def score(self) -> float:
        """How alike the two faces are, -1 to 1."""
        return self.score_q15 / Q15

    @property
    def threshold(self) -> float:
        """The score from which on they show the same person, -1 to 1."""
        return self.threshold_q15 / Q15

    @property
    def decision(self) -> Decision:
        """Match, unknown (different people) or undecided; undecided where a face is too poor to be compared."""
        if rejection := self.first.look.rejection or self.second.look.rejection:
            return undecided(rejection)
        decision = decide({"same person": self.score_q15}, self.threshold_q15)
        return doubted(decision, self.first.look.doubt or self.second.look.doubt)

    @property
    def is_match(self) -> bool:
        """Whether they show the same person; False also where it cannot be told, see `reason`."""
        return self.decision.is_match

    @property
    def reason(self) -> Reason:
        """Why it was decided so."""
        return self.decision.reason

    @property
    def explanation(self) -> str:
        """Why, for people."""
        if self.decision.outcome is Outcome.UNDECIDED:
            probe = self.first if self.first.look.doubt == self.decision.reason else self.second
            return f"{probe.name}: {CAUSES[self.decision.reason]}"
        rate = f" for a false match rate of {self.operating_point.target_fmr:g}" if self.operating_point else ""
        relation = "at least" if self.is_match else "below"
        return f"score {self.score:.3f} is {relation} the threshold {self.threshold:.3f}{rate}"

    @property
    def sentence(self) -> str:
        """The answer for people."""
        answers = {Outcome.MATCH: "same person", Outcome.UNKNOWN: "different people", Outcome.UNDECIDED: "cannot tell"}
        return f"{answers[self.decision.outcome]}: {self.explanation}"

    def __str__(self) -> str:
        return self.sentence

    def to_json(self) -> dict[str, Any]:
        """For ``verify --json``: scores as floats."""
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
    """What a gallery says about one face of a photo, or about one without a face.

    Attributes:
        index: place of the face by size, 0 for the largest; None without one.
        look: the face, or None.
        decision: who it is.
        candidates: the best names with their Q15 scores, best first.
    """

    index: int | None
    look: EmbeddedFace | None
    decision: Decision
    candidates: Sequence[tuple[str, int]] = ()

    @property
    def explanation(self) -> str:
        """Why, for people."""
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
        face = self.look.face if self.look else None
        seen = {
            "face": self.index,
            "box": face.box.tolist() if face else None,
            "detector_score": float(face.score) if face else None,
            "turn": self.look.turn if self.look else None,
        }
        candidates = [{"identity": name, "score": round(score / Q15, 5)} for name, score in self.candidates]
        return seen | self.decision.to_json() | {"candidates": candidates}


def identify_faces(
    engine: FaceAnalyzer, gallery: "Gallery", image: RGB, *, operating_point: OperatingPoint, top_k: int = 1
) -> list[Identification]:
    """Name every face of a uint8 ``(H, W, 3)`` image, largest first; without one, say once that there is none.

    Args:
        engine: finds and embeds.
        gallery: of the engine's embedder.
        image: the photo.
        operating_point: says from which score on a name is given.
        top_k: how many candidates to list; people kept beyond their last day are none.
    """
    gallery.require(engine.embedder_card)
    answers, overdue = [], set(gallery.overdue(today()))
    for index, look in enumerate(embedded_faces(engine, image)):
        scores = gallery.scores_of(look.embedding.values[None])[0]
        ranked = np.argsort(-scores.astype(np.int32), kind="stable")
        candidates = [
            (gallery.names[identity], int(scores[identity]))
            for identity in ranked
            if gallery.names[identity] not in overdue
        ][: 0 if look.rejection else top_k]
        decision = look.decide(gallery.decide(scores, operating_point.threshold_q15))
        answers.append(Identification(index, look, decision, candidates))
    return answers or [Identification(None, None, undecided(Reason.NO_FACE))]


@dataclass(frozen=True)
class OperatingPointChoice:
    """The operating point a gallery is identified at, and whether it is as strict as was asked for.

    Attributes:
        point: the operating point.
        of: ``gallery`` or ``model``: who measured it.
        target_fpir: accepted rate of strangers named.
        required_fmr: rate of one comparison that takes.
        people: in the gallery.
    """

    point: OperatingPoint
    of: str
    target_fpir: float
    required_fmr: float
    people: int

    @classmethod
    def for_gallery(cls, gallery: "Gallery", engine: FaceAnalyzer, target_fpir: float) -> "OperatingPointChoice":
        """Choose for a gallery and the embedder of an engine; see `Gallery.operating_point`.

        Raises:
            OperatingPointError: neither the gallery nor the model has an operating point.
        """
        point = gallery.operating_point(engine.embedder_card, target_fpir)
        origin = "gallery" if gallery.operating_points else "model"
        return cls(point, origin, target_fpir, gallery.required_fmr(target_fpir), len(gallery.names))

    @property
    def sufficient(self) -> bool:
        return self.point.is_strict_enough(self.required_fmr)

    def sentences(self) -> list[str]:
        """What people should know: the point, and a warning when it is weaker than asked for."""
        used = (
            f"operating point of the {self.of}: FMR {self.point.target_fmr:g} for one comparison, threshold "
            f"{self.point.threshold:.4f}"
        )
        if self.sufficient:
            return [used]
        reached = min(self.point.target_fmr * self.target_fpir / self.required_fmr, 1.0)
        weaker = (
            f"it is weaker than the FMR {self.required_fmr:.2g} that an FPIR of {self.target_fpir:g} with {self.people} people "
            f"takes: the FPIR is up to {reached:.2g}; 'edge-siamese gallery calibrate' can find a stricter one"
        )
        return [used, weaker]

    def to_json(self) -> dict[str, Any]:
        asked = {"of": self.of, "target_fpir": self.target_fpir, "required_fmr": self.required_fmr}
        return self.point.to_json() | asked | {"sufficient": self.sufficient}
