"""Decides a recorded session again, with another gallery or operating point, and lists the decisions that change."""

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .decision import Decision
from .faces import Embedding
from .fusion import MAX_VIEWS, ScoreFusion
from .operating_point import OperatingPoint
from .sequential import SequentialTest
from .session import RecordedFace, Session

if TYPE_CHECKING:
    from .gallery import Gallery

_TRACKS_KEPT = 256


@dataclass(eq=False)
class _ReplayedTrack:
    """The part of a track that the fusion needs."""

    number: int
    frames: int = 0
    jumped: int | None = None


@dataclass(frozen=True)
class ChangedDecision:
    """A decision that changed.

    Attributes:
        face: the recorded face with the recorded decision.
        decision: the new decision.
    """

    face: RecordedFace
    decision: Decision

    def to_json(self) -> dict[str, Any]:
        """The recorded and the new decision as a JSON object."""
        face = self.face
        before = {
            "decision": str(face.outcome),
            "reason": str(face.reason),
            "identity": face.identity,
            "score": face.score,
        }
        place = {"line": face.line, "time": face.time, "source": face.source, "sequence": face.sequence}
        return place | {"track": face.track, "before": before, "after": self.decision.to_json()}


@dataclass
class ReplayResult:
    """Result of a replay.

    Attributes:
        decisions: number of decisions that were made again.
        changed: those that changed, in the order of the session.
        names_lost, names_gained, names_other: number of changed decisions that lost a name, gained one, or name another person.
    """

    decisions: int = 0
    changed: list[ChangedDecision] = field(default_factory=list)

    @property
    def names_lost(self) -> int:
        return sum(one.face.identity is not None and one.decision.identity is None for one in self.changed)

    @property
    def names_gained(self) -> int:
        return sum(one.face.identity is None and one.decision.identity is not None for one in self.changed)

    @property
    def names_other(self) -> int:
        names = [(one.face.identity, one.decision.identity) for one in self.changed]
        return sum(None not in pair and pair[0] != pair[1] for pair in names)

    def to_json(self) -> dict[str, Any]:
        """Counts and changed decisions as a JSON object."""
        return {
            "decisions": self.decisions,
            "names_lost": self.names_lost,
            "names_gained": self.names_gained,
            "names_other": self.names_other,
            "changed": [one.to_json() for one in self.changed],
        }


def replay(session: Session, gallery: "Gallery", point: OperatingPoint) -> ReplayResult:
    """Decide every embedded face of a session again.

    Args:
        session: the recorded session.
        gallery: gallery of the session's embedder; its content may differ from the recorded run's.
        point: operating point to apply.

    Raises:
        GalleryError: the gallery is of another embedder.
    """
    fusion = ScoreFusion(gallery, SequentialTest.of(point), 1 if session.stills else MAX_VIEWS)
    gallery.require_digest(session.embedder)
    tracks: OrderedDict[int, _ReplayedTrack] = OrderedDict()
    result = ReplayResult()
    for face in session.faces:
        track = tracks.setdefault(face.track, _ReplayedTrack(face.track))
        tracks.move_to_end(face.track)
        if len(tracks) > _TRACKS_KEPT:
            tracks.popitem(last=False)
            fusion.keep(tracks.values())
        fusion.observe(track, Embedding(face.embedding, session.zero_point, session.embedder), face.quality, face.doubt)
        decision = fusion.decide(track)
        result.decisions += 1
        if (decision.outcome, decision.identity, decision.reason) != (face.outcome, face.identity, face.reason):
            result.changed.append(ChangedDecision(face, decision))
    return result
