"""Verifier: detects, tracks, aligns, embeds and identifies the faces of a frame source.

Steps for each frame: detect or follow -> track -> align -> quality gate -> embed -> match -> fuse -> decide.
"""

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from .cameras.base import CameraBack, CameraLost, CameraMissing, SourceEvent
from .decision import Decision, Outcome, Reason, undecided
from .errors import EdgeSiameseError
from .face_result import FaceResult
from .faces import Face
from .finding import DetectionSchedule, FaceFinder
from .frames import RGB, Frame
from .fusion import MAX_VIEWS, EmbeddingPolicy, ScoreFusion, TrackHistory
from .gallery.updates import GalleryEvent, GalleryFile, GalleryRejected, GalleryReloaded
from .instrumentation import Counters, NoTimer, StageTimer
from .liveness.challenge import ChallengeLimits, Prompt
from .liveness.gate import LivenessGate
from .operating_point import DEFAULT_TARGET_FPIR, OperatingPoint
from .presence import Presence, PresenceEvent
from .protocols import Clock, FaceAnalyzer, FrameSource
from .quality.gate import Quality, QualityLimits, measure_crop, with_conditions
from .quality.stream_check import StreamCheck, StreamSuspicious
from .sequential import SequentialTest
from .tracking import Track, TrackingLimits

if TYPE_CHECKING:
    from .gallery import Gallery

STALE_AFTER_NS = 1_000_000_000


class Verifier:
    """Identifies the faces of a frame source. Iterating yields a `FaceResult` for every face of every frame.

    ``open_source("0")`` opens a camera; this example uses a folder with two photos:

    >>> from pathlib import Path
    >>> from edge_siamese import FaceEngine, Gallery, Verifier, open_source
    >>> from edge_siamese.image_io import write_image
    >>> from edge_siamese.rendering import DEMO_SEEDS, Person, View, render_portrait
    >>> anna, ben = (Person.from_seed(seed) for seed in DEMO_SEEDS[:2])
    >>> for name, person in {"a.png": anna, "b.png": ben}.items():
    ...     write_image(Path("photos", name), render_portrait(person, View(yaw=5.0)).image)
    >>> with FaceEngine.default() as engine, open_source("photos") as source:
    ...     gallery = Gallery.empty(engine.embedder_card)
    ...     gallery = gallery.enroll("Anna", [render_portrait(anna, View()).image], engine=engine)
    ...     for result in Verifier(source, engine, gallery):
    ...         if result.changed:
    ...             print(result.frame.source, result.decision.outcome, result.decision.identity)
    a.png match Anna
    b.png unknown None

    Use a verifier in one thread; only `stop` may be called from other threads and from signal handlers.

    Args:
        source: source of frames; the caller closes it.
        engine: detects, aligns and embeds faces.
        gallery: gallery of the engine's embedder; a `GalleryFile` is read again when it changes.
        operating_point: operating point to apply; by default the gallery's for `target_fpir`.
        target_fpir: accepted false positive identification rate over the whole gallery, 0 to 1.
        attempts: number of visits of one stranger over which `target_fpir` holds.
        cool_down_s: seconds after which a person who is not seen has left; None for no events about presence.
        clock: monotonic clock in nanoseconds.
        quality, tracking, policy: limits of the stages.
        schedule: which frames the detector runs on; on the others faces are followed.
        liveness: limits of a challenge that has to be passed before somebody is named; None for no challenge.
        stale_after_ns: frames of a live source older than this are not processed.
        timer: measures the stages.

    Raises:
        GalleryError: the gallery is of another embedder.
    """

    def __init__(
        self,
        source: FrameSource,
        engine: FaceAnalyzer,
        gallery: "Gallery | GalleryFile",
        *,
        operating_point: OperatingPoint | None = None,
        target_fpir: float = DEFAULT_TARGET_FPIR,
        attempts: int = 1,
        cool_down_s: float | None = None,
        clock: Clock = time.monotonic_ns,
        quality: QualityLimits | None = None,
        tracking: TrackingLimits | None = None,
        policy: EmbeddingPolicy | None = None,
        schedule: DetectionSchedule | None = None,
        liveness: ChallengeLimits | None = None,
        stale_after_ns: int = STALE_AFTER_NS,
        timer: StageTimer | None = None,
    ) -> None:
        self.source, self.engine = source, engine
        self._gallery_file = gallery if isinstance(gallery, GalleryFile) else None
        self.gallery = gallery.gallery if isinstance(gallery, GalleryFile) else gallery
        self._given_point, self._target_fpir, self._attempts = operating_point, target_fpir, attempts
        self.operating_point = self._operating_point_of(self.gallery)
        self.counters = Counters()
        self._clock, self._stale_after_ns = clock, stale_after_ns
        self._limits, self._policy = quality or QualityLimits(), policy or EmbeddingPolicy()
        self._timer: StageTimer = timer or NoTimer()
        self._finder = FaceFinder(
            engine,
            stills=source.stills,
            limits=tracking,
            schedule=schedule or DetectionSchedule(),
            timer=self._timer,
        )
        views = 1 if source.stills else MAX_VIEWS
        self._fusion = ScoreFusion(self.gallery, SequentialTest.of(self.operating_point), views)
        self._colors = StreamCheck(source.name)
        self._liveness = None if liveness is None or source.stills else LivenessGate(liveness)
        timed = cool_down_s is not None and not source.stills
        self._presence = Presence(source.name, cool_down_s or 0.0) if timed else None
        self._last_empty_reason: Reason | None = None
        self._last_shape: tuple[int, ...] = ()

    def __iter__(self) -> Iterator[FaceResult]:
        return (item for item in self.watch() if isinstance(item, FaceResult))

    def watch(self) -> Iterator[FaceResult | SourceEvent | GalleryEvent | PresenceEvent | StreamSuspicious]:
        """The results, and between them the events of the source, its colors, the gallery file and people's presence."""
        for item in self.source.watch():
            yield from self._update_gallery()
            if isinstance(item, Frame):
                yield from self._process_with_presence(item)
                if (suspicion := self._colors.suspicion(item.timestamp_ns)) is not None:
                    yield suspicion
            else:
                if isinstance(item, CameraMissing | CameraLost | CameraBack):
                    self._forget_tracks()
                yield item
        if self._presence is not None:
            yield from self._presence.end()

    def stop(self) -> None:
        """End the iteration after the current frame."""
        self.source.stop()

    def _update_gallery(self) -> Iterator[GalleryEvent]:
        """Use the new content of the gallery file if it changed and is usable."""
        if self._gallery_file is None:
            return
        try:
            gallery = self._gallery_file.changed()
            point = self._operating_point_of(gallery) if gallery else self.operating_point
        except EdgeSiameseError as error:
            yield GalleryRejected(str(self._gallery_file.path), self._clock(), str(error))
            return
        if gallery:
            event = GalleryReloaded.between(self.gallery, gallery, self._clock())
            self.gallery, self.operating_point = gallery, point
            self._fusion.use_gallery(gallery, SequentialTest.of(point))
            yield event

    def _operating_point_of(self, gallery: "Gallery") -> OperatingPoint:
        """
        Raises:
            GalleryError: the gallery is of another embedder.
            OperatingPointError: neither the gallery nor the embedder has an operating point.
        """
        card = self.engine.embedder_card
        gallery.require(card)
        return self._given_point or gallery.operating_point(
            card, target_fpir=self._target_fpir, attempts=self._attempts
        )

    def _process_with_presence(self, frame: Frame) -> Iterator[FaceResult | PresenceEvent]:
        names = set()
        for result in self._process(frame):
            if result.decision.identity is not None:
                names.add(result.decision.identity)
            yield result
        if self._presence is not None:
            yield from self._presence.update(names, frame.timestamp_ns)

    def _process(self, frame: Frame) -> Iterator[FaceResult]:
        age_ns = self.source.age_ns(frame)
        taken_ns = self._clock() - age_ns
        self.counters.frames += 1
        if age_ns > self._stale_after_ns:
            self.counters.stale += 1
            yield self._without_face(frame, Reason.STALE_FRAME, taken_ns)
            return
        if frame.pixels.shape != self._last_shape:
            self._forget_tracks()
            self._last_shape = frame.pixels.shape
        tracks, detected = self._track(frame)
        if not tracks:
            self.counters.no_face += 1
            yield self._without_face(frame, Reason.NO_FACE, taken_ns)
        else:
            self._last_empty_reason = None
        for index, track in enumerate(tracks):
            decision = self._recognize(frame, track) if detected else self._fusion.history(track).decision
            yield self._result(frame, index, track, decision, taken_ns)
        if self.source.stills:
            self._forget_tracks()

    def _result(self, frame: Frame, index: int, track: Track, decision: Decision, taken_ns: int) -> FaceResult:
        history, face, prompt = self._fusion.history(track), track.face, None
        if self._liveness is not None:
            answer = self._liveness.answer(track.number, decision, face.landmarks, frame.timestamp_ns)
            decision, prompt = answer.decision, answer.prompt
        changed, turn = self._is_news(track, decision, prompt), history.orientation.turn or 0
        quality, doubt = (history.last_quality, history.doubts[-1]) if face.embedding is not None else (None, None)
        latency_ns = self._clock() - taken_ns
        return FaceResult(frame, face, index, track.number, decision, changed, latency_ns, turn, quality, doubt, prompt)

    def _track(self, frame: Frame) -> tuple[list[Track], bool]:
        """The tracks of a frame's faces, largest face first, and whether the faces were detected in this frame."""
        tracks, found = self._finder.find(frame, self._is_due)
        self.counters.detections = self._finder.detections
        self._fusion.keep(self._finder.tracker.tracks)
        if self._liveness is not None:
            self._liveness.keep(track.number for track in self._finder.tracker.tracks)
        if self.source.stills and found is not None:
            for track in tracks:
                self._fusion.history(track).orientation.set(found)
        self.counters.faces += len(tracks)
        return tracks, found is not None

    def _is_due(self, track: Track) -> bool:
        return self._policy.due(self._fusion.history(track), track)

    def _recognize(self, frame: Frame, track: Track) -> Decision:
        """Embed a track's face if it is good enough and due; otherwise return the track's last decision."""
        history = self._fusion.history(track)
        if not self.source.stills and track.face.is_cut_off(*frame.pixels.shape[:2]):
            self.counters.rejected += 1
            return history.decision_or(Reason.CUT_OFF)
        with self._timer.stage("orient"):
            face = self._upright_face(frame, track, history)
        if face is None:
            self.counters.rejected += history.orientation.doubtful
            return history.decision_or(Reason.POSE)
        with self._timer.stage("align"):
            crop = self.engine.align(frame.pixels, face)
        with self._timer.stage("quality"):
            quality, wanted = self._measure(crop, face, track, history)
            rejection, doubt = quality.rejection(self._limits), quality.doubt(self._limits)
        if rejection is not None:
            self.counters.rejected += 1
            return history.decision_or(rejection)
        if not wanted:
            return history.decision
        with self._timer.stage("embed"):
            embedding = self.engine.embed_crop(crop)
        self.counters.embeddings += 1
        if not self.source.stills:
            self._colors.add(crop)
        track.face = face.embedded(embedding)
        with self._timer.stage("match"):
            self._fusion.observe(track, embedding, quality.score, doubt)
            history.last_quality = quality
        with self._timer.stage("decide"):
            return self._fusion.decide(track)

    def _measure(self, crop: RGB, face: Face, track: Track, history: TrackHistory) -> tuple[Quality, bool]:
        """Quality of a face and whether to embed it. Conditions are measured only if the face is otherwise embedded."""
        quality = measure_crop(crop, face, conditions=False)
        if quality.rejection(self._limits) or not self._wants(quality, track, history):
            return quality, False
        quality = with_conditions(quality, crop)
        return quality, self._wants(quality, track, history)

    def _wants(self, quality: Quality, track: Track, history: TrackHistory) -> bool:
        return self._policy.wants(history, track, quality.score, quality.doubt(self._limits))

    def _upright_face(self, frame: Frame, track: Track, history: TrackHistory) -> Face | None:
        """A track's face with the landmarks of the upright image; None if the orientation is unknown or the face is not due."""
        if self.source.stills:
            return None if history.orientation.doubtful else track.face
        if history.orientation.turn and not self._policy.due(history, track):
            return None
        face = history.orientation.face(self.engine, frame.pixels, track.face, track.frames)
        return None if history.orientation.doubtful else face

    def _forget_tracks(self) -> None:
        """End all tracks, because the next frame shows another scene."""
        self._finder.reset()
        self._fusion.keep([])

    def _is_news(self, track: Track, decision: Decision, prompt: Prompt | None) -> bool:
        """Whether a decision or prompt differs from the last emitted one of the track; stores it as the last emitted one."""
        history, essence = self._fusion.history(track), (*_essence(decision), prompt)
        before, history.last_emitted = history.last_emitted, essence
        return before != essence

    def _without_face(self, frame: Frame, reason: Reason, taken_ns: int) -> FaceResult:
        changed = self.source.stills or reason != self._last_empty_reason
        self._last_empty_reason = reason
        return FaceResult(frame, None, None, None, undecided(reason), changed, self._clock() - taken_ns)


def _essence(decision: Decision) -> tuple[Outcome, str | None, Reason]:
    return decision.outcome, decision.identity, decision.reason
