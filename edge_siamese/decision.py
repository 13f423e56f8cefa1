"""Decisions: who it is, that it is nobody known, or why it cannot be told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from .matching import NO_SCORE, Q15


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


def decide(scores: Mapping[str, int], threshold: int, *, min_margin: int = 0) -> Decision:
    """Decide from the Q15 score of every identity; see `decide_scores`."""
    names = sorted(scores)
    return decide_scores(names, np.array([scores[name] for name in names], np.int64), threshold, min_margin=min_margin)


def decide_scores(
    names: Sequence[str], scores: npt.NDArray[np.integer], threshold: int, *, min_margin: int = 0
) -> Decision:
    """Decide from an array of Q15 scores, and look up the name only of the best.

    Args:
        names: N names, sorted; of equal scores the first name wins.
        scores: ``(N,)``, best score of each identity's templates; empty for an empty gallery.
        threshold: a best score below it is nobody known.
        min_margin: two identities both above the threshold and closer than this are ambiguous.
    """
    if not len(names):
        return Decision(Outcome.UNKNOWN, Reason.BELOW_THRESHOLD, threshold=threshold)
    index = int(scores.argmax())
    best = int(scores[index])
    runner_up = max(scores[:index].max(initial=NO_SCORE), scores[index + 1 :].max(initial=NO_SCORE))
    margin = None if len(names) == 1 else best - int(runner_up)
    if best < threshold:
        return Decision(Outcome.UNKNOWN, Reason.BELOW_THRESHOLD, None, best, margin, threshold)
    if margin is not None and runner_up >= threshold and margin < min_margin:
        return Decision(Outcome.UNDECIDED, Reason.AMBIGUOUS, None, best, margin, threshold)
    return Decision(Outcome.MATCH, Reason.OK, names[index], best, margin, threshold)


def doubted(decision: Decision, doubt: Reason | None) -> Decision:
    """The decision, or undecided instead of "unknown" when there is a doubt that a known person would score high enough."""
    if doubt is None or decision.outcome is not Outcome.UNKNOWN or decision.score is None:
        return decision
    return replace(decision, outcome=Outcome.UNDECIDED, reason=doubt)


def _shown(score: int | None) -> float | None:
    return None if score is None else round(score / Q15, 5)
