"""The event format, schema ``edge-siamese/event/1``.

Every event has the same keys; keys that do not apply are null:

=====================================  ==============================================================================
``schema``, ``version``, ``model``     format, program version, and digests of the models
``event``                              ``started``, ``decision``, ``camera_missing``, ``camera_lost``, ``camera_back``,
                                       ``frames_unreadable``, ``ended_early``, ``gallery_reloaded``,
                                       ``gallery_rejected``, ``arrived``, ``left``,
                                       ``stream_suspicious``, ``events_lost``, ``stopped``
``time``, ``monotonic_ns``             when it was emitted: RFC 3339 in UTC, and on the board's monotonic clock
``source``                             camera, video, or the image's path inside its folder
``sequence``, ``frame_time_ns``        number of the frame at its source, and its time there
``track``, ``face``, ``box``           number of the track, rank of the face by size (0 is the largest), x y w h
``decision`` to ``threshold``          see `decision.Decision.to_json`; ``identity`` also of ``arrived`` and ``left``
``latency_ms``                         time from the image to the decision
``detail``                             for a decision: ``turn`` if the frame is not upright, ``prompt`` of the liveness
                                       challenge; for other events: the
                                       reason, operating point, counters or duration
=====================================  ==============================================================================
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from .. import __version__
from ..cameras.base import CameraBack, CameraLost, CameraMissing, EndedEarly, FramesUnreadable, SourceEvent
from ..face_result import FaceResult
from ..gallery.updates import GalleryEvent, GalleryRejected, GalleryReloaded
from ..presence import PersonArrived, PersonLeft, PresenceEvent
from ..protocols import Clock
from ..quality.stream_check import StreamSuspicious

SCHEMA = "edge-siamese/event/1"
_OF_DECISIONS = (
    "sequence", "frame_time_ns", "track", "face", "box", "decision", "reason", "identity", "score", "margin",
    "threshold", "latency_ms", "detail",
)  # fmt: skip


_KINDS = {
    CameraMissing: "camera_missing",
    CameraLost: "camera_lost",
    CameraBack: "camera_back",
    FramesUnreadable: "frames_unreadable",
    EndedEarly: "ended_early",
    GalleryReloaded: "gallery_reloaded",
    GalleryRejected: "gallery_rejected",
    PersonArrived: "arrived",
    PersonLeft: "left",
    StreamSuspicious: "stream_suspicious",
}


KINDS = ("started", "decision", *_KINDS.values(), "events_lost", "stopped")
"""All kinds of events."""


@dataclass(frozen=True)
class Event:
    """One event; the module's docstring explains the keys.

    Attributes:
        kind: the key ``event``.
        utc: when.
        monotonic_ns: time of the event on the board's monotonic clock, in nanoseconds.
        source: name of the camera, video, image or gallery file.
        models: digests by task.
        body: values of the keys that apply.
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
    """Creates the events of one source.

    Attributes:
        source: name of the source.
        models: digests by task.
        clock: monotonic clock in nanoseconds.
        utc: wall clock in UTC.
    """

    source: str
    models: Mapping[str, str]
    clock: Clock = time.monotonic_ns
    utc: Callable[[], datetime] = _utc_now

    def started(self, **detail: Any) -> Event:
        """Event ``started``; `detail` has the operating point and other settings."""
        return self._event("started", self.source, detail=detail)

    def stopped(self, **detail: Any) -> Event:
        """Event ``stopped``; `detail` has the reason and the counters."""
        return self._event("stopped", self.source, detail=detail)

    def decision(self, result: FaceResult) -> Event:
        """Event ``decision`` about a face, or about a frame without a face."""
        face, frame = result.face, result.frame
        body = {
            "sequence": frame.sequence,
            "frame_time_ns": frame.timestamp_ns,
            "track": result.track,
            "face": result.face_index,
            "box": None if face is None else [round(float(value), 1) for value in face.box],
            "latency_ms": round(result.latency_ns / 1e6, 3),
            "detail": _decision_detail(result),
        }
        return self._event("decision", frame.source, **body, **result.decision.to_json())

    def event(self, event: SourceEvent | GalleryEvent | PresenceEvent | StreamSuspicious) -> Event:
        """Event about a camera, its colors, a video or gallery file, or about a person who arrives or leaves."""
        if isinstance(event, PersonArrived | PersonLeft):
            present_ms = {"present_ms": round(event.present_ns / 1e6, 3)} if isinstance(event, PersonLeft) else None
            time_ns = event.timestamp_ns
            return self._event(
                _KINDS[type(event)], event.source, identity=event.identity, frame_time_ns=time_ns, detail=present_ms
            )
        return self._event(_KINDS[type(event)], event.source, detail=_detail(event))

    def _event(self, kind: str, source: str, **body: Any) -> Event:
        return Event(kind, self.utc(), self.clock(), source, self.models, body)


def _decision_detail(result: FaceResult) -> dict[str, Any] | None:
    turn = {"turn": result.turn} if result.turn else {}
    prompt = {"prompt": str(result.prompt)} if result.prompt else {}
    return turn | prompt or None


def _detail(event: SourceEvent | GalleryEvent | StreamSuspicious) -> dict[str, Any]:
    """The key ``detail`` of an event about a source or gallery file; durations in milliseconds."""
    detail = asdict(event)
    del detail["source"], detail["timestamp_ns"]
    if "away_ns" in detail:
        detail["away_ms"] = round(detail.pop("away_ns") / 1e6, 3)
    return detail
