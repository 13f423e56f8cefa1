"""The event, schema ``edge-siamese/event/1``.

Every event has the same keys; those that do not apply to its kind are null:

=====================================  ==============================================================================
``schema``, ``version``, ``model``     of the format, of the program, and the digests of the models
``event``                              ``started``, ``decision``, ``camera_missing``, ``camera_lost``, ``camera_back``,
                                       ``frames_unreadable``, ``ended_early``, ``stopped``
``time``, ``monotonic_ns``             when it was told: RFC 3339 in UTC, and on the board's monotonic clock
``source``                             camera, video, or the image's path inside its folder
``sequence``, ``frame_time_ns``        number of the frame at its source, and its time there
``track``, ``face``, ``box``           number of the track, place of the face by size (0 is the largest), x y w h
``decision`` to ``threshold``          see `decision.Decision.to_json`
``latency_ms``                         from the image to the decision
``detail``                             of a decision: ``turn``, where the frame is not upright; of the other kinds: the
                                       reason, the operating point, counters, time away
=====================================  ==============================================================================
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from .. import __version__
from ..cameras.base import CameraBack, CameraLost, CameraMissing, EndedEarly, FramesUnreadable, SourceEvent
from ..protocols import Clock
from ..verifier import FaceResult

SCHEMA = "edge-siamese/event/1"
_OF_DECISIONS = (
    "sequence", "frame_time_ns", "track", "face", "box", "decision", "reason", "identity", "score", "margin",
    "threshold", "latency_ms", "detail",
)  # fmt: skip


@dataclass(frozen=True)
class Event:
    """Something that was told; see the module for the meaning of the keys.

    Attributes:
        kind: the key ``event``.
        utc: when.
        monotonic_ns: when, on the board's monotonic clock.
        source: what it is about.
        models: digests by task.
        body: the keys that apply.
    """

    kind: str
    utc: datetime
    monotonic_ns: int
    source: str
    models: Mapping[str, str]
    body: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        head = {
            "schema": SCHEMA,
            "version": __version__,
            "event": self.kind,
            "time": self.utc.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "monotonic_ns": self.monotonic_ns,
            "source": self.source,
            "model": dict(self.models),
        }
        return head | dict.fromkeys(_OF_DECISIONS) | dict(self.body)


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class EventMaker:
    """Makes the events of one watched source.

    Attributes:
        source: its name.
        models: digests by task.
        clock: monotonic nanoseconds.
        utc: the wall clock.
    """

    source: str
    models: Mapping[str, str]
    clock: Clock = time.monotonic_ns
    utc: Callable[[], datetime] = _utc_now

    def started(self, **detail: Any) -> Event:
        """Watching begins; `detail` says with what."""
        return self._event("started", self.source, detail=detail)

    def stopped(self, **detail: Any) -> Event:
        """Watching ended; `detail` has the reason and the counters."""
        return self._event("stopped", self.source, detail=detail)

    def decision(self, result: FaceResult) -> Event:
        """A person was named or not, or a frame shows nobody."""
        face, frame = result.face, result.frame
        body = {
            "sequence": frame.sequence,
            "frame_time_ns": frame.timestamp_ns,
            "track": result.track,
            "face": result.face_index,
            "box": None if face is None else [round(float(value), 1) for value in face.box],
            "latency_ms": round(result.latency_ns / 1e6, 3),
            "detail": {"turn": result.turn} if result.turn else None,
        }
        return self._event("decision", frame.source, **body, **result.decision.to_json())

    def event(self, event: SourceEvent) -> Event:
        """What happened to a camera or video."""
        kind, detail = _described(event)
        return self._event(kind, event.source, detail=detail)

    def _event(self, kind: str, source: str, **body: Any) -> Event:
        return Event(kind, self.utc(), self.clock(), source, self.models, body)


def _described(event: SourceEvent) -> tuple[str, dict[str, Any]]:
    """Kind and detail of a source's event."""
    match event:
        case CameraMissing(why=why):
            return "camera_missing", {"why": why}
        case CameraLost(why=why):
            return "camera_lost", {"why": why}
        case CameraBack(away_ns=away_ns):
            return "camera_back", {"away_ms": round(away_ns / 1e6, 3)}
        case FramesUnreadable(first=first, count=count, why=why):
            return "frames_unreadable", {"first": first, "frames": count, "why": why}
        case EndedEarly(announced=announced, found=found):
            return "ended_early", {"announced": announced, "found": found}
