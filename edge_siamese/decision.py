"""Decisions: who it is, that it is nobody known, or why it cannot be told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from .matching import NO_SCORE, as_float

MIN_MARGIN_Q15 = 1638
"""Margin under which two names that both reach the threshold are ambiguous: 0.05, two standard deviations of what the
margin changes by when a face is captured again. `docs/evaluation.md` ("Ambiguous names") has the measurement."""


class Outcome(StrEnum):
    """What was decided: somebody of the gallery, nobody of it, or neither."""

    MATCH = "match"
    UNKNOWN = "unknown"
    UNDECIDED = "undecided"


class Reason(StrEnum):
    """Why it was decided so; every reason but `OK` and `BELOW_THRESHOLD` goes with `Outcome.UNDECIDED`."""

    OK = "ok"
    NO_FACE = "no_face"
    TOO_SMALL = "too_small"
    BLURRED = "blurred"
    DARK = "dark"
    POSE = "pose"
    AMBIGUOUS = "ambiguous"
    OVERDUE = "overdue"
    BELOW_THRESHOLD = "below_threshold"
    STALE_FRAME = "stale_frame"


@dataclass(frozen=True)
class Decision:
    """One answer about one face.

    Scores are kept in Q15, as every board computes them; `score`, `margin` and `threshold` are the same as floats.

    Attributes:
        outcome: match, unknown or undecided.
        reason: why; `Reason.OK` for a match.
        identity: name of the match, else None.
        score_q15: best score, None when nothing was compared.
        margin_q15: how far the best identity is above the runner-up; None with fewer than two identities.
        threshold_q15: what it was held against, None when nothing was compared.
    """

    outcome: Outcome
    reason: Reason
    identity: str | None = None
    score_q15: int | None = None
    margin_q15: int | None = None
    threshold_q15: int | None = None

    @property
    def score(self) -> float | None:
        """The best score, -1 to 1; None when nothing was compared."""
        return as_float(self.score_q15)

    @property
    def margin(self) -> float | None:
        """How far the best identity is above the runner-up, 0 to 2; None with fewer than two identities."""
        return as_float(self.margin_q15)

    @property
    def threshold(self) -> float | None:
        """The threshold the score was held against, -1 to 1; None when nothing was compared."""
        return as_float(self.threshold_q15)

    @property
    def is_match(self) -> bool:
        """Whether somebody was named."""
        return self.outcome is Outcome.MATCH

    def __str__(self) -> str:
        """One line for people, ``match Anna: score 0.812, margin 0.400, threshold 0.357``."""
        answer = f"{self.outcome} {self.identity or f'({self.reason})'}"
        numbers = {"score": self.score, "margin": self.margin, "threshold": self.threshold}
        known = ", ".join(f"{name} {value:.3f}" for name, value in numbers.items() if value is not None)
        return f"{answer}: {known}" if known else answer

    def to_json(self) -> dict[str, Any]:
        """The decision with scores as people see them, -1 to 1."""
        return {
            "decision": str(self.outcome),
            "reason": str(self.reason),
            "identity": self.identity,
            "score": _rounded(self.score),
            "margin": _rounded(self.margin),
            "threshold": _rounded(self.threshold),
        }


def undecided(reason: Reason) -> Decision:
    """No answer, because of `reason`."""
    return Decision(Outcome.UNDECIDED, reason)


def decide(scores: Mapping[str, int], threshold_q15: int, *, min_margin_q15: int = MIN_MARGIN_Q15) -> Decision:
    """Decide from the Q15 score of every identity; see `decide_scores`."""
    names = sorted(scores)
    return decide_scores(
        names, np.array([scores[name] for name in names], np.int64), threshold_q15, min_margin_q15=min_margin_q15
    )


def decide_scores(
    names: Sequence[str], scores: npt.NDArray[np.integer], threshold_q15: int, *, min_margin_q15: int = MIN_MARGIN_Q15
) -> Decision:
    """Decide from an array of Q15 scores, and look up the name only of the best.

    Args:
        names: N names, sorted; of equal scores the first name wins.
        scores: ``(N,)``, best score of each identity's templates; empty for an empty gallery.
        threshold_q15: a best score below it is nobody known.
        min_margin_q15: two identities that both reach the threshold and are closer than this are ambiguous.
    """
    if not len(names):
        return Decision(Outcome.UNKNOWN, Reason.BELOW_THRESHOLD, threshold_q15=threshold_q15)
    index = int(scores.argmax())
    best = int(scores[index])
    runner_up = max(scores[:index].max(initial=NO_SCORE), scores[index + 1 :].max(initial=NO_SCORE))
    margin = None if len(names) == 1 else best - int(runner_up)
    if best < threshold_q15:
        return Decision(Outcome.UNKNOWN, Reason.BELOW_THRESHOLD, None, best, margin, threshold_q15)
    if margin is not None and runner_up >= threshold_q15 and margin < min_margin_q15:
        return Decision(Outcome.UNDECIDED, Reason.AMBIGUOUS, None, best, margin, threshold_q15)
    return Decision(Outcome.MATCH, Reason.OK, names[index], best, margin, threshold_q15)


def named_rows(
    scores: npt.NDArray[np.integer], threshold_q15: int, *, min_margin_q15: int = MIN_MARGIN_Q15
) -> npt.NDArray[np.bool_]:
    """Which of many probes `decide_scores` would name.

    Args:
        scores: Q15 ``(P, N)``, the best score of each identity's templates, for P probes.
        threshold_q15, min_margin_q15: see `decide_scores`.

    Returns:
        bool ``(P,)``.
    """
    if scores.shape[1] < 2:
        return np.asarray((scores >= threshold_q15).any(axis=1))
    runner_up, best = np.partition(scores.astype(np.int32), -2, axis=1)[:, -2:].T
    ambiguous = (runner_up >= threshold_q15) & (best - runner_up < min_margin_q15)
    return np.asarray((best >= threshold_q15) & ~ambiguous)


def doubted(decision: Decision, doubt: Reason | None) -> Decision:
    """The decision, or undecided instead of "unknown" when there is a doubt that a known person would score high enough."""
    if doubt is None or decision.outcome is not Outcome.UNKNOWN or decision.score_q15 is None:
        return decision
    return replace(decision, outcome=Outcome.UNDECIDED, reason=doubt)


def _rounded(score: float | None) -> float | None:
    return None if score is None else round(score, 5)
