"""Names nobody before the challenge is passed, for `Verifier(liveness=...)`."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ..decision import Decision, Outcome, Reason
from .challenge import ChallengeLimits, ChallengeState, HeadPoseChallenge, Prompt
from .pose import Landmarks

AGAIN_AFTER_S = 3.0
"""Seconds after a failed challenge until another one is given to the same track."""


@dataclass(frozen=True)
class LivenessAnswer:
    """A decision behind the challenge.

    Attributes:
        decision: the decision; a name only if the challenge was passed.
        prompt: what the person is asked to do; None if nothing is asked.
    """

    decision: Decision
    prompt: Prompt | None = None


class LivenessGate:
    """Gives every track with a match a challenge.

    Args:
        limits: limits of the challenges.
    """

    def __init__(self, limits: ChallengeLimits) -> None:
        self._limits = limits
        self._challenges: dict[int, HeadPoseChallenge] = {}
        self._failed_ns: dict[int, int] = {}

    def answer(self, track: int, decision: Decision, landmarks: Landmarks, timestamp_ns: int) -> LivenessAnswer:
        """Process one frame of a track.

        Args:
            track: number of the track.
            decision: decision about the face; only a match needs the challenge.
            landmarks: ``(5, 2)`` landmarks of the detected face.
            timestamp_ns: time of the frame.
        """
        if not decision.is_match:
            return LivenessAnswer(decision)
        challenge = self._challenges.get(track)
        if challenge is None or self._is_due_again(track, timestamp_ns):
            challenge = self._challenges[track] = HeadPoseChallenge(self._limits)
            self._failed_ns.pop(track, None)
        state = challenge.update(landmarks, timestamp_ns)
        if state is ChallengeState.PASSED:
            return LivenessAnswer(decision)
        if state is not ChallengeState.RUNNING:
            self._failed_ns.setdefault(track, timestamp_ns)
        held_back = replace(decision, outcome=Outcome.UNDECIDED, reason=Reason.LIVENESS, identity=None)
        return LivenessAnswer(held_back, challenge.prompt)

    def keep(self, tracks: Iterable[int]) -> None:
        """Forget all other tracks."""
        kept = set(tracks)
        self._challenges = {track: challenge for track, challenge in self._challenges.items() if track in kept}
        self._failed_ns = {track: moment for track, moment in self._failed_ns.items() if track in kept}

    def _is_due_again(self, track: int, timestamp_ns: int) -> bool:
        failed = self._failed_ns.get(track)
        return failed is not None and timestamp_ns - failed >= AGAIN_AFTER_S * 1e9
