"""Fusion: what all embeddings of one track say together, and when another one is worth its time.

A track's last eight embeddings are kept with their scores, one column an identity. Decisions rest on the mean score of
each identity, rounded down, which keeps one lucky frame from naming a stranger. A name is looked up only for the
decision. When the gallery changes, the embeddings are scored anew, so columns always belong to the gallery in use.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from .decision import Decision, Outcome, Reason, doubted, undecided
from .faces import Embedding
from .orientation import TrackOrientation
from .tracking import Track

if TYPE_CHECKING:
    from .gallery import Gallery

OBSERVATIONS_KEPT = 8


@dataclass(eq=False)
class TrackHistory:
    """The embeddings of one track, and what was decided and emitted about it.

    Attributes:
        embeddings: int8 ``(D,)`` each, the last eight at most.
        scores: Q15 scores of each of them, int16 ``(N,)``, one for every identity of the gallery.
        doubts: of each of them, why its face was too poor for "unknown"; None for one that was good enough.
        observations: how many embeddings there were.
        last_frame: `Track.frames` at the last of them.
        best_quality: of the faces embedded, 0 to 100.
        decision: from the kept scores; undecided before the first embedding.
        last_emitted: the decision that was emitted last, None before the first.
        orientation: which way up its face is.
    """

    embeddings: deque[npt.NDArray[np.int8]] = field(default_factory=lambda: deque(maxlen=OBSERVATIONS_KEPT))
    scores: deque[npt.NDArray[np.int16]] = field(default_factory=lambda: deque(maxlen=OBSERVATIONS_KEPT))
    doubts: deque[Reason | None] = field(default_factory=lambda: deque(maxlen=OBSERVATIONS_KEPT))
    observations: int = 0
    last_frame: int = 0
    best_quality: float = 0.0
    decision: Decision = field(default_factory=lambda: undecided(Reason.NO_FACE))
    last_emitted: Decision | None = None
    orientation: TrackOrientation = field(default_factory=TrackOrientation)

    def decision_or(self, reason: Reason) -> Decision:
        """The decision so far; before the first embedding undecided, for that reason."""
        return self.decision if self.observations else undecided(reason)

    @property
    def doubtful(self) -> bool:
        """Whether no face that is kept was good enough for "unknown"."""
        return None not in self.doubts

    def forget(self) -> None:
        """Drop the embeddings and their scores."""
        self.embeddings.clear()
        self.scores.clear()
        self.doubts.clear()


class ScoreFusion:
    """Keeps a history for every track and decides from it.

    Args:
        gallery: known people.
        threshold: Q15 score from which a name is given.
    """

    def __init__(self, gallery: "Gallery", threshold: int) -> None:
        self.gallery, self.threshold = gallery, threshold
        self._histories: dict[int, TrackHistory] = {}

    def history(self, track: Track) -> TrackHistory:
        """What is known of a track; an empty history for a new one."""
        return self._histories.setdefault(track.number, TrackHistory())

    def observe(self, track: Track, embedding: Embedding, quality: float, doubt: Reason | None = None) -> Decision:
        """Add the embedding of a track's face, and decide anew.

        The first face that is good enough for "unknown" replaces all that were not.

        Args:
            track: whose face it is.
            embedding: of the face.
            quality: of the face, 0 to 100.
            doubt: why the face is too poor for "unknown", or None.
        """
        history = self.history(track)
        if doubt is None and history.doubtful:
            history.forget()
        history.embeddings.append(embedding.values)
        history.doubts.append(doubt)
        history.scores.append(self.gallery.scores_of(embedding.values[None])[0])
        history.observations += 1
        history.last_frame = track.frames
        history.best_quality = max(history.best_quality, quality)
        history.decision = self._decide(history)
        return history.decision

    def use_gallery(self, gallery: "Gallery", threshold: int) -> None:
        """Score all kept embeddings against another gallery of the same embedder, and decide anew."""
        self.gallery, self.threshold = gallery, threshold
        for history in self._histories.values():
            if history.embeddings:
                history.scores.clear()
                history.scores.extend(gallery.scores_of(np.stack(history.embeddings)))
                history.decision = self._decide(history)

    def keep(self, tracks: Iterable[Track]) -> None:
        """Forget all tracks but these."""
        self._histories = {track.number: self.history(track) for track in tracks}

    def _decide(self, history: TrackHistory) -> Decision:
        """Decide from all kept scores; "unknown" needs faces good enough for it that say so by themselves."""
        decision = self._decide_from(list(history.scores))
        if decision.outcome is not Outcome.UNKNOWN or not any(history.doubts):
            return decision
        good = [scores for scores, doubt in zip(history.scores, history.doubts, strict=True) if doubt is None]
        if good and self._decide_from(good).outcome is Outcome.UNKNOWN:
            return decision
        return doubted(decision, next(doubt for doubt in reversed(history.doubts) if doubt))

    def _decide_from(self, scores: Sequence[npt.NDArray[np.int16]]) -> Decision:
        fused = np.stack(scores).sum(axis=0, dtype=np.int64) // len(scores)
        return self.gallery.decide(fused, self.threshold)


@dataclass(frozen=True)
class EmbeddingPolicy:
    """Which faces are embedded: those of new or unsure tracks, those of better quality, and the others now and then.

    Attributes:
        better: a face is better when its quality is this many times the best so far.
        sure_margin: Q15 distance from the threshold beyond which a decision is sure.
        sure_observations: embeddings a sure decision rests on at least.
        max_wait: frames after which any face is embedded again.
    """

    better: float = 1.25
    sure_margin: int = 1638  # a score of 0.05
    sure_observations: int = 3
    max_wait: int = 64

    def wants(self, history: TrackHistory, track: Track, quality: float, doubt: Reason | None = None) -> bool:
        """Whether to embed a track's face; an unsure track waits twice as long after each embedding.

        Args:
            history: of the track.
            track: the track.
            quality: of the face, 0 to 100.
            doubt: why the face is too poor for "unknown", or None: the first that is not is embedded at once.
        """
        better = quality > self.better * history.best_quality or (doubt is None and history.doubtful)
        return better or self.due(history, track)

    def due(self, history: TrackHistory, track: Track) -> bool:
        """Whether a track is new or has waited long enough, whatever its quality."""
        if history.observations == 0:
            return True
        wait = self.max_wait if self._sure(history) else min(2**history.observations, self.max_wait)
        return track.frames - history.last_frame >= wait

    def _sure(self, history: TrackHistory) -> bool:
        decision = history.decision
        if (
            history.observations < self.sure_observations
            or decision.score_q15 is None
            or decision.threshold_q15 is None
        ):
            return False
        return abs(decision.score_q15 - decision.threshold_q15) >= self.sure_margin
