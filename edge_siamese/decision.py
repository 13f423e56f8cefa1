"""Decisions: match, unknown or undecided, from scores, a threshold and a minimum margin."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from .matching import NO_SCORE, as_float

MIN_MARGIN_Q15 = 1638
"""Smallest margin between two names that both reach the threshold; below it the decision is ambiguous. 0.05 is two
standard deviations of the change of the margin between captures of one face (`docs/evaluation.md`, "Ambiguous names")."""


class Outcome(StrEnum):
    """Outcome of a decision: a person of the gallery, no person of the gallery, or undecided."""

    MATCH = "match"
    UNKNOWN = "unknown"
    UNDECIDED = "undecided"


class Reason(StrEnum):
    """Reason for an outcome. Every reason but `OK` and `BELOW_THRESHOLD` belongs to `Outcome.UNDECIDED`."""

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
    OCCLUDED = "occluded"
    INFRARED = "infrared"
    CUT_OFF = "cut_off"
    MORE_VIEWS = "more_views"
    LIVENESS = "liveness"


@dataclass(frozen=True)
class Decision:
    """Decision about one face.

    Scores are stored as Q15 integers; `score`, `margin` and `threshold` are the same values as floats.

    Attributes:
        outcome: match, unknown or undecided.
        reason: reason for the outcome; `Reason.OK` for a match.
        identity: name of the matched person; None without a match.
        score_q15: best score; None if nothing was compared.
        margin_q15: best score minus second-best identity's score; None with fewer than two identities.
        threshold_q15: the threshold that was applied; None if nothing was compared.
    """

    outcome: Outcome
    reason: Reason
    identity: str | None = None
    score_q15: int | None = None
    margin_q15: int | None = None
    threshold_q15: int | None = None

    @property
    def score(self) -> float | None:
        """The best score, -1 to 1; None if nothing was compared."""
        return as_float(self.score_q15)

    @property
    def margin(self) -> float | None:
        """Best score minus second-best identity's score, 0 to 2; None with fewer than two identities."""
        return as_float(self.margin_q15)

    @property
    def threshold(self) -> float | None:
        """The threshold that was applied, -1 to 1; None if nothing was compared."""
        return as_float(self.threshold_q15)

    @property
    def is_match(self) -> bool:
        """Whether the outcome is a match."""
        return self.outcome is Outcome.MATCH

    def __str__(self) -> str:
        """One line of text, ``match Anna: score 0.812, margin 0.400, threshold 0.357``."""
        answer = f"{self.outcome} {self.identity or f'({self.reason})'}"
        numbers = {"score": self.score, "margin": self.margin, "threshold": self.threshold}
        known = ", ".join(f"{name} {value:.3f}" for name, value in numbers.items() if value is not None)
        return f"{answer}: {known}" if known else answer

    def to_json(self) -> dict[str, Any]:
        """The decision as a JSON object, with scores as floats from -1 to 1."""
        return {
            "decision": str(self.outcome),
            "reason": str(self.reason),
            "identity": self.identity,
            "score": _rounded(self.score),
            "margin": _rounded(self.margin),
            "threshold": _rounded(self.threshold),
        }


def undecided(reason: Reason) -> Decision:
    """An undecided decision with the given reason."""
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
    """Decide from an array of Q15 scores; looks up only the best name.

    Args:
        names: N sorted names; the first name wins a tie.
        scores: int16 ``(N,)``, best score of each identity's templates; empty for an empty gallery.
        threshold_q15: a best score below this threshold is unknown.
        min_margin_q15: two identities that both reach the threshold and differ by less than this are ambiguous.
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
    """Which of many probes `decide_scores` would match.

    Args:
        scores: Q15 scores ``(P, N)``: for each of P probes, the best score of each identity's templates.
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
    """The decision, but undecided instead of "unknown" if the image quality gives a reason for doubt."""
    if doubt is None or decision.outcome is not Outcome.UNKNOWN or decision.score_q15 is None:
        return decision
    return replace(decision, outcome=Outcome.UNDECIDED, reason=doubt)


def _rounded(score: float | None) -> float | None:
    return None if score is None else round(score, 5)
