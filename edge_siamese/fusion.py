"""Score fusion over the frames of a track, and the policy that selects the faces to embed.

A track's last eight embeddings are kept with their scores, one column for each identity. Decisions use the mean score of
each identity, rounded down, so that a single high score does not match a stranger. When the gallery changes, the kept
embeddings are scored again.
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
    """The embeddings, scores and decisions of one track.

    Attributes:
        embeddings: the last embeddings, int8 ``(D,)`` each; at most eight.
        scores: Q15 scores of each embedding, int16 ``(N,)``, one for every identity of the gallery.
        doubts: for each embedding the reason why its face cannot be decided "unknown"; None without such a reason.
        observations: number of embeddings so far.
        last_frame: `Track.frames` at the last embedding.
        best_quality: best quality of the embedded faces, 0 to 100.
        decision: decision from the kept scores; undecided before the first embedding.
        last_emitted: the last emitted decision; None before the first.
        orientation: orientation of the track's face.
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
        """The decision so far; before the first embedding, undecided with the given reason."""
        return self.decision if self.observations else undecided(reason)

    @property
    def doubtful(self) -> bool:
        """Whether every kept face has a reason for doubt."""
        return None not in self.doubts

    def forget(self) -> None:
        """Delete the embeddings and their scores."""
        self.embeddings.clear()
        self.scores.clear()
        self.doubts.clear()


class ScoreFusion:
    """Keeps a history for every track and decides from it.

    Args:
        gallery: the enrolled people.
        threshold: Q15 score from which a person is matched.
    """

    def __init__(self, gallery: "Gallery", threshold: int) -> None:
        self.gallery, self.threshold = gallery, threshold
        self._histories: dict[int, TrackHistory] = {}

    def history(self, track: Track) -> TrackHistory:
        """The history of a track; an empty history for a new track."""
        return self._histories.setdefault(track.number, TrackHistory())

    def observe(self, track: Track, embedding: Embedding, quality: float, doubt: Reason | None = None) -> None:
        """Add the embedding of a track's face, matched with the gallery; `decide` decides from it.

        The first face without a doubt replaces all faces with a doubt.

        Args:
            track: the track of the face.
            embedding: embedding of the face.
            quality: quality of the face, 0 to 100.
            doubt: reason why the face cannot be decided "unknown", or None.
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

    def decide(self, track: Track) -> Decision:
        """Decide again about a track that has embeddings."""
        history = self.history(track)
        history.decision = self._decide(history)
        return history.decision

    def use_gallery(self, gallery: "Gallery", threshold: int) -> None:
        """Score all kept embeddings with another gallery of the same embedder and decide again."""
        self.gallery, self.threshold = gallery, threshold
        for history in self._histories.values():
            if history.embeddings:
                history.scores.clear()
                history.scores.extend(gallery.scores_of(np.stack(history.embeddings)))
                history.decision = self._decide(history)

    def keep(self, tracks: Iterable[Track]) -> None:
        """Delete the histories of all other tracks."""
        self._histories = {track.number: self.history(track) for track in tracks}

    def _decide(self, history: TrackHistory) -> Decision:
        """Decide from all kept scores; "unknown" requires that the faces without a doubt alone are decided "unknown"."""
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
    """Selects the faces to embed: new or unsure tracks, faces of better quality, and others at intervals.

    Attributes:
        better: a face is better if its quality is at least this many times the best so far.
        sure_margin: Q15 distance from the threshold beyond which a decision is sure.
        sure_observations: minimum number of embeddings of a sure decision.
        max_wait: number of frames after which any face is embedded again.
    """

    better: float = 1.25
    sure_margin: int = 1638  # a score of 0.05
    sure_observations: int = 3
    max_wait: int = 64

    def wants(self, history: TrackHistory, track: Track, quality: float, doubt: Reason | None = None) -> bool:
        """Whether to embed a track's face; the interval of an unsure track doubles after each embedding.

        Args:
            history: history of the track.
            track: the track.
            quality: quality of the face, 0 to 100.
            doubt: reason why the face cannot be decided "unknown", or None. The first face without one is embedded at once.
        """
        better = quality > self.better * history.best_quality or (doubt is None and history.doubtful)
        return better or self.due(history, track)

    def due(self, history: TrackHistory, track: Track) -> bool:
        """Whether a track is new or its interval has passed, regardless of the quality."""
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
