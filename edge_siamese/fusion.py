"""Fusion: what all embeddings of one track say together, and when another one is worth its time.

A track's last eight embeddings are kept with their scores, one column an identity. Decisions rest on the mean score of
each identity, rounded down, which keeps one lucky frame from naming a stranger. A name is looked up only for the
decision. When the gallery changes, the embeddings are scored anew, so columns always belong to the gallery in use.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from .decision import Decision, Reason, decide_scores, undecided
from .faces import Embedding
from .tracking import Track

if TYPE_CHECKING:
    from .gallery import Gallery

OBSERVATIONS_KEPT = 8


@dataclass(eq=False)
class TrackHistory:
    """What was embedded of one track, and what was decided and told about it.

    Attributes:
        embeddings: int8 ``(D,)`` each, the last eight at most.
        scores: Q15 scores of each of them, int16 ``(N,)``, one for every identity of the gallery.
        observations: how many embeddings there were.
        last_frame: `Track.frames` at the last of them.
        best_quality: of the faces embedded, 0 to 100.
        decision: from the kept scores; undecided before the first embedding.
        last_emitted: the decision that was told last, None before the first.
    """

    embeddings: deque[npt.NDArray[np.int8]] = field(default_factory=lambda: deque(maxlen=OBSERVATIONS_KEPT))
    scores: deque[npt.NDArray[np.int16]] = field(default_factory=lambda: deque(maxlen=OBSERVATIONS_KEPT))
    observations: int = 0
    last_frame: int = 0
    best_quality: float = 0.0
    decision: Decision = field(default_factory=lambda: undecided(Reason.NO_FACE))
    last_emitted: Decision | None = None


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

    def observe(self, track: Track, embedding: Embedding, quality: float) -> Decision:
        """Add the embedding of a track's face and its quality, 0 to 100, and decide anew."""
        history = self.history(track)
        history.embeddings.append(embedding.values)
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
        fused = np.stack(history.scores).sum(axis=0, dtype=np.int64) // len(history.scores)
        return decide_scores(self.gallery.names, fused, self.threshold)


@dataclass(frozen=True)
class EmbeddingPolicy:
    """Which faces are worth the embedder's time: new, unsure or better-looking ones, and now and then the others.

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

    def wants(self, history: TrackHistory, track: Track, quality: float) -> bool:
        """Whether to embed a track's face; an unsure track waits twice as long after each embedding."""
        return quality > self.better * history.best_quality or self.due(history, track)

    def due(self, history: TrackHistory, track: Track) -> bool:
        """Whether a track is new or has waited long enough, whatever its quality."""
        if history.observations == 0:
            return True
        wait = self.max_wait if self._sure(history) else min(2**history.observations, self.max_wait)
        return track.frames - history.last_frame >= wait

    def _sure(self, history: TrackHistory) -> bool:
        decision = history.decision
        if history.observations < self.sure_observations or decision.score is None or decision.threshold is None:
            return False
        return abs(decision.score - decision.threshold) >= self.sure_margin
