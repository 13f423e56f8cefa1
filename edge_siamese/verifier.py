"""The loop: camera -> detect -> track -> quality gate -> align and embed -> match -> decide -> tell."""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Protocol

from .cameras.base import SourceEvent
from .decision import Decision, Reason, undecided
from .faces import Face
from .frames import Frame
from .operating_point import OperatingPoint
from .protocols import Clock, FaceAnalyzer, FrameSource
from .quality.gate import QualityLimits, measure
from .tracking import EmbeddingPolicy, Track, Tracker, TrackingLimits

if TYPE_CHECKING:
    from .gallery import Gallery

DEFAULT_TARGET_FPIR = 1e-3
STALE_AFTER_NS = 1_000_000_000


@dataclass(frozen=True)
class FaceResult:
    """What was decided about one face of one frame, or about a frame without one.

    Attributes:
        frame: where it was seen.
        face: the face, embedded if it was looked at in this frame; None for a frame without one.
        face_index: place of the face by size in its frame, 0 for the largest; None without one.
        track: number of its track; None without a face.
        decision: about the person of the track, from all its looks.
        changed: the decision is another than was told before of this track; always for stills.
        latency_ns: from when a live frame was taken, or from when a pulled one was handed over, to the decision.
    """

    frame: Frame
    face: Face | None
    face_index: int | None
    track: int | None
    decision: Decision
    changed: bool
    latency_ns: int


@dataclass
class Counters:
    """What went through a verifier.

    Attributes:
        frames: taken from the source.
        stale: of these, too old to be looked at.
        no_face: of these, without a face.
        faces: found.
        rejected: of these, by the quality gate.
        embeddings: computed.
    """

    frames: int = 0
    stale: int = 0
    no_face: int = 0
    faces: int = 0
    rejected: int = 0
    embeddings: int = 0

    def to_json(self) -> dict[str, int]:
        return asdict(self)


class StageTimer(Protocol):
    """Somebody who wants to know how long the stages take."""

    def stage(self, name: str) -> AbstractContextManager[object]:
        """Entered before and left after ``detect``, ``track``, ``quality``, ``embed`` and ``match``."""


class _NoTimer:
    def stage(self, name: str) -> AbstractContextManager[object]:
        return nullcontext()


class Verifier:
    """Watches a source and says who is there. Iterating gives a `FaceResult` for every face of every frame.

    >>> with open_source("0") as source:
    ...     for sighting in Verifier(source, engine, gallery):
    ...         if sighting.changed:
    ...             greet(sighting.decision)

    It belongs to one thread; only `stop` may be called from others and from signal handlers.

    Args:
        source: frames; closing it stays with the caller.
        engine: detects and embeds.
        gallery: known people, of the engine's embedder.
        operating_point: where to accept; by default what the gallery finds for `target_fpir`.
        target_fpir: accepted rate of strangers named, over the whole gallery.
        clock: monotonic nanoseconds.
        quality, tracking, policy: limits of the stages.
        stale_after_ns: older frames of a live source are not looked at.
        timer: told when stages begin and end.

    Raises:
        GalleryError: the gallery is of another embedder.
    """

    def __init__(
        self,
        source: FrameSource,
        engine: FaceAnalyzer,
        gallery: "Gallery",
        *,
        operating_point: OperatingPoint | None = None,
        target_fpir: float = DEFAULT_TARGET_FPIR,
        clock: Clock = time.monotonic_ns,
        quality: QualityLimits | None = None,
        tracking: TrackingLimits | None = None,
        policy: EmbeddingPolicy | None = None,
        stale_after_ns: int = STALE_AFTER_NS,
        timer: StageTimer | None = None,
    ) -> None:
        gallery.require(engine.embedder_card)
        self.source, self.engine, self.gallery = source, engine, gallery
        self.operating_point = operating_point or gallery.operating_point(engine.embedder_card, target_fpir=target_fpir)
        self.counters = Counters()
        self._clock, self._stale_after_ns = clock, stale_after_ns
        self._limits, self._policy = quality or QualityLimits(), policy or EmbeddingPolicy()
        self._tracker = Tracker(tracking)
        self._timer: StageTimer = timer or _NoTimer()
        self._last_empty_reason: Reason | None = None

    def __iter__(self) -> Iterator[FaceResult]:
        return (item for item in self.watch() if isinstance(item, FaceResult))

    def watch(self) -> Iterator[FaceResult | SourceEvent]:
        """The sightings, and between them the notices of a camera that went away or came back."""
        for item in self.source.watch():
            if isinstance(item, Frame):
                yield from self._see(item)
            else:
                self._tracker.reset()
                yield item

    def stop(self) -> None:
        """End the iteration after the current frame."""
        self.source.stop()

    def _see(self, frame: Frame) -> Iterator[FaceResult]:
        age_ns = self.source.age_ns(frame)
        taken_ns = self._clock() - age_ns
        self.counters.frames += 1
        if age_ns > self._stale_after_ns:
            self.counters.stale += 1
            yield self._nobody(frame, Reason.STALE_FRAME, taken_ns)
            return
        with self._timer.stage("detect"):
            faces = self.engine.detect(frame.pixels)
        with self._timer.stage("track"):
            tracks = self._tracker.update(frame.pixels, faces)
        self.counters.faces += len(tracks)
        if not tracks:
            self.counters.no_face += 1
            yield self._nobody(frame, Reason.NO_FACE, taken_ns)
        else:
            self._last_empty_reason = None
        for index, track in enumerate(tracks):
            decision = self._decide(frame, track)
            changed, track.last_emitted = _is_news(track.last_emitted, decision), decision
            yield FaceResult(frame, track.face, index, track.number, decision, changed, self._clock() - taken_ns)
        if self.source.stills:
            self._tracker.reset()

    def _decide(self, frame: Frame, track: Track) -> Decision:
        """Look at a face if it is worth it; otherwise what is known of its track stands."""
        with self._timer.stage("quality"):
            quality = measure(frame.pixels, track.face)
            rejection = quality.rejection(self._limits)
        if rejection is not None:
            self.counters.rejected += 1
            return track.decision if track.observations else undecided(rejection)
        if not self._policy.wants(track, quality.score):
            return track.decision
        with self._timer.stage("embed"):
            embedding = self.engine.embed(frame.pixels, track.face)
        self.counters.embeddings += 1
        track.face = track.face.embedded(embedding)
        with self._timer.stage("match"):
            return track.observe(self.gallery.scores(embedding), quality.score, self.operating_point.threshold)

    def _nobody(self, frame: Frame, reason: Reason, taken_ns: int) -> FaceResult:
        changed = self.source.stills or reason != self._last_empty_reason
        self._last_empty_reason = reason
        return FaceResult(frame, None, None, None, undecided(reason), changed, self._clock() - taken_ns)


def _is_news(last_emitted: Decision | None, decision: Decision) -> bool:
    if last_emitted is None:
        return True
    return (last_emitted.outcome, last_emitted.identity, last_emitted.reason) != (
        decision.outcome,
        decision.identity,
        decision.reason,
    )
