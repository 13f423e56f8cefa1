"""Score fusion over the frames of a track, and the policy that selects the faces to embed.

A track's last eight embeddings are kept with their scores, one column for each identity. Decisions use the mean score of
each identity, rounded down, so that a single high score does not match a stranger. The limits of the mean are those of
`sequential.SequentialTest`: naming, "unknown", or more views. When the gallery changes, the kept embeddings are scored again.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from .decision import Decision, Outcome, Reason, undecided
from .faces import Embedding
from .matching import scores_q15
from .orientation import TrackOrientation
from .sequential import FixedThreshold, SequentialTest, effective_views

if TYPE_CHECKING:
    from .gallery import Gallery
    from .quality.gate import Quality

OBSERVATIONS_KEPT = 8
MAX_VIEWS = 3
"""Number of embeddings after which a track that is neither named nor a stranger is decided by the threshold alone."""

_BELOW = (Reason.BELOW_THRESHOLD, Reason.MORE_VIEWS)


class TrackState(Protocol):
    """The part of a `tracking.Track` that is needed here; see there."""

    number: int
    frames: int
    jumped: int | None


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
        last_quality: quality of the last embedded face; None before the first.
        decision: decision from the kept scores; undecided before the first embedding.
        last_emitted: outcome, identity, reason and prompt that were emitted last; None before the first.
        orientation: orientation of the track's face.
    """

    embeddings: deque[npt.NDArray[np.int8]] = field(default_factory=lambda: deque(maxlen=OBSERVATIONS_KEPT))
    scores: deque[npt.NDArray[np.int16]] = field(default_factory=lambda: deque(maxlen=OBSERVATIONS_KEPT))
    doubts: deque[Reason | None] = field(default_factory=lambda: deque(maxlen=OBSERVATIONS_KEPT))
    observations: int = 0
    last_frame: int = 0
    best_quality: float = 0.0
    last_quality: "Quality | None" = None
    decision: Decision = field(default_factory=lambda: undecided(Reason.NO_FACE))
    last_emitted: tuple[object, ...] | None = None
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
        test: limits of the mean score.
        max_views: number of embeddings after which every track is decided; 1 for independent images.
    """

    def __init__(self, gallery: "Gallery", test: SequentialTest | FixedThreshold, max_views: int = MAX_VIEWS) -> None:
        self.gallery, self.test, self.max_views = gallery, test, max_views
        self._histories: dict[int, TrackHistory] = {}

    def history(self, track: TrackState) -> TrackHistory:
        """The history of a track; an empty history for a new track."""
        return self._histories.setdefault(track.number, TrackHistory())

    def observe(self, track: TrackState, embedding: Embedding, quality: float, doubt: Reason | None = None) -> None:
        """Add the embedding of a track's face, matched with the gallery; `decide` decides from it.

        The first face without a doubt replaces all faces with a doubt. An embedding that none of the kept ones resembles
        replaces them all: the tracker took another person for the one before.

        Args:
            track: the track of the face.
            embedding: embedding of the face.
            quality: quality of the face, 0 to 100.
            doubt: reason why the face cannot be decided "unknown", or None.
        """
        history = self.history(track)
        if doubt is None and history.doubtful:
            history.forget()
        if history.embeddings and self._is_other_person(history, embedding):
            history.forget()
            history.decision = undecided(Reason.MORE_VIEWS)
        history.embeddings.append(embedding.values)
        history.doubts.append(doubt)
        history.scores.append(self.gallery.scores_of(embedding.values[None])[0])
        history.observations += 1
        history.last_frame = track.frames
        history.best_quality = max(history.best_quality, quality)

    def decide(self, track: TrackState) -> Decision:
        """Decide again about a track that has embeddings."""
        history = self.history(track)
        history.decision = self._decide(history)
        return history.decision

    def use_gallery(self, gallery: "Gallery", test: SequentialTest | FixedThreshold) -> None:
        """Score all kept embeddings with another gallery of the same embedder and decide again."""
        self.gallery, self.test = gallery, test
        for history in self._histories.values():
            history.decision = undecided(Reason.NO_FACE)
            if history.embeddings:
                history.scores.clear()
                history.scores.extend(gallery.scores_of(np.stack(history.embeddings)))
                history.decision = self._decide(history)

    def keep(self, tracks: Iterable[TrackState]) -> None:
        """Delete the histories of all other tracks."""
        self._histories = {track.number: self.history(track) for track in tracks}

    def _is_other_person(self, history: TrackHistory, embedding: Embedding) -> bool:
        kept = np.stack(history.embeddings)
        return int(scores_q15(embedding.values[None], kept, embedding.zero_point).max()) < self.test.middle_q15

    def _decide(self, history: TrackHistory) -> Decision:
        """Decide from all kept scores; "unknown" requires that the faces without a doubt alone are decided "unknown"."""
        decision = self._decide_from(history, range(len(history.scores)))
        if decision.reason not in _BELOW or decision.score_q15 is None or not any(history.doubts):
            return decision
        good = [index for index, doubt in enumerate(history.doubts) if doubt is None]
        if good and self._decide_from(history, good).reason in _BELOW:
            return decision
        doubt = next(doubt for doubt in reversed(history.doubts) if doubt)
        return replace(decision, outcome=Outcome.UNDECIDED, reason=doubt)

    def _decide_from(self, history: TrackHistory, indices: Sequence[int]) -> Decision:
        """Decide from some of the kept scores: a name, "unknown", or undecided while more views can change the decision."""
        fused = np.stack([history.scores[index] for index in indices]).sum(axis=0, dtype=np.int64) // len(indices)
        views = effective_views([history.embeddings[index] for index in indices], self.gallery.zero_point)
        decision = self.gallery.decide(fused, self.test.accept_q15(views))
        if decision.outcome is not Outcome.UNKNOWN or decision.score_q15 is None:
            return decision
        named = history.decision.identity
        if named is not None:
            held = self.gallery.decide(fused, self.test.accept_q15(views, held=True))
            if held.identity == named:
                return held
        if len(indices) >= self.max_views or self.test.is_stranger(decision.score_q15, views):
            return decision
        return replace(decision, outcome=Outcome.UNDECIDED, reason=Reason.MORE_VIEWS)


@dataclass(frozen=True)
class EmbeddingPolicy:
    """Selects the faces to embed: new or undecided tracks, better views of people without a name, and others at intervals.

    Attributes:
        better: a face is better if its quality is at least this many times the best so far.
        settled_wait: number of frames after which a decided track is embedded again; doubles with each embedding.
        max_wait: number of frames after which any face is embedded again.
        jumped_wait: number of frames after which a track is embedded again whose face moved far (`Track.jumped`).
    """

    better: float = 1.25
    settled_wait: int = 8
    max_wait: int = 64
    jumped_wait: int = 4

    def wants(self, history: TrackHistory, track: TrackState, quality: float, doubt: Reason | None = None) -> bool:
        """Whether to embed a track's face; the interval of an undecided track doubles after each embedding.

        Args:
            history: history of the track.
            track: the track.
            quality: quality of the face, 0 to 100.
            doubt: reason why the face cannot be decided "unknown", or None. The first face without one is embedded at once.
        """
        better = quality > self.better * history.best_quality or (doubt is None and history.doubtful)
        return (better and not history.decision.is_match) or self.due(history, track)

    def due(self, history: TrackHistory, track: TrackState) -> bool:
        """Whether a track is new or its interval has passed, regardless of the quality."""
        if history.observations == 0:
            return True
        if track.jumped is not None and track.jumped > history.last_frame:
            return track.frames - track.jumped >= self.jumped_wait
        doubled = 1 << min(history.observations - 1, 16)
        decided = history.decision.outcome is not Outcome.UNDECIDED
        wait = self.settled_wait * doubled if decided else 2 * doubled
        return track.frames - history.last_frame >= min(wait, self.max_wait)
