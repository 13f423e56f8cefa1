"""Runs attempts before a camera: one challenge each, with the cues of the face that is presented."""

from collections.abc import Callable, Iterator

import numpy as np

from ..cameras.base import SourceEvent
from ..frames import Frame
from ..protocols import FaceAnalyzer, FrameSource
from .challenge import ChallengeLimits, ChallengeState, HeadPoseChallenge, Prompt
from .cues import measure_cues
from .report import ACCEPTED, NO_RESPONSE, REJECTED, Attempt

PAUSE_S = 2.0
"""Pause between two attempts, in seconds of the camera's time."""


def run_attempts(
    source: FrameSource,
    engine: FaceAnalyzer,
    *,
    kind: str,
    subject: str,
    count: int,
    limits: ChallengeLimits,
    ask: Callable[[Prompt], None],
) -> Iterator[Attempt]:
    """Run attempts, each until its challenge ends.

    Args:
        source: the camera or a recording.
        engine: detects and aligns faces.
        kind, subject: see `Attempt`.
        count: number of attempts.
        limits: limits of the challenges.
        ask: called with every new prompt.

    Yields:
        One result for each attempt; fewer if the source ends.
    """
    frames = source.watch()
    for number in range(count):
        attempt = _attempt(frames, engine, kind, subject, HeadPoseChallenge(limits), ask)
        if attempt is None:
            return
        yield attempt
        if number + 1 < count:
            _pause(frames)


def _attempt(
    frames: "Iterator[Frame | SourceEvent]",
    engine: FaceAnalyzer,
    kind: str,
    subject: str,
    challenge: HeadPoseChallenge,
    ask: Callable[[Prompt], None],
) -> Attempt | None:
    """One attempt; None if the source ended before its first frame."""
    asked: Prompt | None = None
    begun: int | None = None
    cues: list[dict[str, float]] = []
    for item in frames:
        if not isinstance(item, Frame):
            continue
        begun = item.timestamp_ns if begun is None else begun
        if challenge.prompt is not asked and challenge.prompt is not None:
            asked = challenge.prompt
            ask(asked)
        faces = engine.detect(item.pixels)
        if faces:
            cues.append(measure_cues(engine.align(item.pixels, faces[0])).to_json())
            challenge.update(faces[0].landmarks, item.timestamp_ns)
        late = item.timestamp_ns - begun > challenge.limits.seconds * 1e9 * (len(challenge.prompts) + 1)
        if challenge.state is not ChallengeState.RUNNING or late:
            break
    if begun is None:
        return None
    outcome = ACCEPTED if challenge.state is ChallengeState.PASSED else REJECTED if cues else NO_RESPONSE
    state = ChallengeState.TIMED_OUT if challenge.state is ChallengeState.RUNNING else challenge.state
    medians = {name: round(float(np.median([cue[name] for cue in cues])), 4) for name in cues[0]} if cues else {}
    return Attempt(kind, subject, outcome, str(state), medians | {"misfit": round(challenge.misfit, 4)})


def _pause(frames: "Iterator[Frame | SourceEvent]") -> None:
    begun: int | None = None
    for item in frames:
        if isinstance(item, Frame):
            begun = item.timestamp_ns if begun is None else begun
            if item.timestamp_ns - begun >= PAUSE_S * 1e9:
                return
