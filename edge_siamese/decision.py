"""Decisions: who it is, that it is nobody known, or why it cannot be told."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from .matching import Q15


class Outcome(StrEnum):
    MATCH = "match"
    UNKNOWN = "unknown"
    UNDECIDED = "undecided"


class Reason(StrEnum):
    OK = "ok"
    NO_FACE = "no_face"
    TOO_SMALL = "too_small"
    BLURRED = "blurred"
    DARK = "dark"
    POSE = "pose"
    AMBIGUOUS = "ambiguous"
    BELOW_THRESHOLD = "below_threshold"
    STALE_FRAME = "stale_frame"


@dataclass(frozen=True)
class Decision:
    """One answer about one face.

    Attributes:
        outcome: match, unknown or undecided.
        reason: why; `Reason.OK` for a match.
        identity: name of the match, else None.
        score: best Q15 score, None when nothing was compared.
        margin: how far the best identity is above the runner-up, in Q15; None with fewer than two identities.
        threshold: the Q15 threshold it was held against, None when nothing was compared.
    """

    outcome: Outcome
    reason: Reason
    identity: str | None = None
    score: int | None = None
    margin: int | None = None
    threshold: int | None = None

    def to_json(self) -> dict[str, Any]:
        """The decision with scores as people see them, -1 to 1."""
        return {
            "decision": str(self.outcome),
            "reason": str(self.reason),
            "identity": self.identity,
            "score": _shown(self.score),
            "margin": _shown(self.margin),
            "threshold": _shown(self.threshold),
        }


def undecided(reason: Reason) -> Decision:
    """No answer, because of `reason`."""
    return Decision(Outcome.UNDECIDED, reason)


def decide(scores: dict[str, int], threshold: int, *, min_margin: int = 0) -> Decision:
    """Decide from the Q15 score of every identity.

    Args:
        scores: best score of each identity's templates; empty for an empty gallery.
        threshold: a best score below it is nobody known.
        min_margin: two identities both above the threshold and closer than this are ambiguous.
    """
    ranked = sorted(scores.items(), key=lambda item: (-item[1], item[0]))
    if not ranked:
        return Decision(Outcome.UNKNOWN, Reason.BELOW_THRESHOLD, threshold=threshold)
    (name, best), runner_up = ranked[0], ranked[1][1] if len(ranked) > 1 else None
    margin = None if runner_up is None else best - runner_up
    if best < threshold:
        return Decision(Outcome.UNKNOWN, Reason.BELOW_THRESHOLD, None, best, margin, threshold)
    if runner_up is not None and runner_up >= threshold and best - runner_up < min_margin:
        return Decision(Outcome.UNDECIDED, Reason.AMBIGUOUS, None, best, margin, threshold)
    return Decision(Outcome.MATCH, Reason.OK, name, best, margin, threshold)


def _shown(score: int | None) -> float | None:
    return None if score is None else round(score / Q15, 5)
