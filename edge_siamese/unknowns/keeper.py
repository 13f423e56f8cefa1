"""What the loop does for kept faces: it keeps those of strangers and deletes those of a track that gets a name."""

import time
from collections import OrderedDict
from collections.abc import Callable

from ..decision import Outcome
from ..errors import EdgeSiameseError
from ..face_result import FaceResult
from ..protocols import FaceAnalyzer
from .kept_face import KeptFace
from .store import KeepLimits, UnknownFaces

PATIENCE_S = 0.5
"""Seconds that the loop waits for another program that uses the folder."""
_TRACKS = 100
_EXPIRE_EVERY_S = 60.0


class UnknownKeeper:
    """Keeps the faces of one camera that are decided "unknown". A folder that fails does not stop the loop.

    Args:
        store: the folder.
        engine: aligns the faces.
        limits: what is kept at most.
        stills: whether the frames are independent images.
        warn: called with one sentence when a face cannot be kept, once until it can again.
        clock: monotonic clock in seconds.
    """

    def __init__(
        self,
        store: UnknownFaces,
        engine: FaceAnalyzer,
        limits: KeepLimits,
        *,
        stills: bool,
        warn: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store, self._engine, self._limits, self._warn = store, engine, limits, warn
        self._stills, self._clock = stills, clock
        self._of_track: OrderedDict[int, list[KeptFace]] = OrderedDict()
        self._expired_at, self._failed = clock(), False

    def add(self, result: FaceResult, threshold_q15: int) -> None:
        """Keep the face of a result if it was embedded and decided "unknown".

        If a track is named, its kept faces are deleted: they were of an enrolled person.

        Args:
            result: result of the verifier.
            threshold_q15: Q15 score from which two faces are one person.
        """
        try:
            self._expire()
            if result.decision.identity is not None:
                self._forget(result.track)
            elif result.decision.outcome is Outcome.UNKNOWN:
                self._keep(result, threshold_q15)
        except (EdgeSiameseError, OSError) as error:
            if not self._failed:
                self._warn(f"unknown faces cannot be kept ({error}); the loop goes on without")
            self._failed = True

    def _expire(self) -> None:
        now = self._clock()
        if now - self._expired_at >= _EXPIRE_EVERY_S:
            self._expired_at = now
            self._store.expire()

    def _forget(self, track: int | None) -> None:
        kept = None if track is None or self._stills else self._of_track.pop(track, None)
        if kept:
            self._store.discard(kept)

    def _keep(self, result: FaceResult, threshold_q15: int) -> None:
        face = result.face
        if face is None or face.embedding is None or result.quality is None or result.track is None:
            return
        kept = self._store.add(
            face.embedding,
            self._engine.align(result.frame.pixels, face),
            quality=result.quality.score,
            source=result.frame.source,
            threshold_q15=threshold_q15,
            limits=self._limits,
        )
        self._failed = False
        if kept is not None:
            self._of_track.setdefault(result.track, []).append(kept)
            while len(self._of_track) > _TRACKS:
                self._of_track.popitem(last=False)
