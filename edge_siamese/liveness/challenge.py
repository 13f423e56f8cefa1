"""Challenge and response: the person is asked to look to the left or right, in an order that is drawn anew."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from .pose import Landmarks, planar_misfit, signed_yaw


class Prompt(StrEnum):
    """What the person is asked to do; left and right are the person's own."""

    CENTER = "center"
    LEFT = "left"
    RIGHT = "right"


class ChallengeState(StrEnum):
    """State of a challenge; every state but `RUNNING` is final."""

    RUNNING = "running"
    PASSED = "passed"
    WRONG_SIDE = "wrong_side"
    JUMPED = "jumped"
    FLAT = "flat"
    TIMED_OUT = "timed_out"


@dataclass(frozen=True)
class ChallengeLimits:
    """Limits of a challenge.

    Attributes:
        turns: number of turns that are asked for; a response that was recorded before fits with probability ``0.5 ** turns``.
        turned: `signed_yaw` from which a head is turned, about 25 degrees.
        centered: `signed_yaw` up to which a head looks at the camera.
        held: number of consecutive frames in which a prompt has to be followed.
        seconds: time for each prompt.
        max_jump: largest change of `signed_yaw` between frames less than 0.25 s apart; a cut in a video exceeds it.
        min_misfit: smallest `planar_misfit` between the centered and a turned face. Flat photos that
            are turned by up to 60 degrees, three face heights before the camera, stay below 0.04; rendered heads that are
            turned by 30 degrees exceed 0.06.
    """

    turns: int = 2
    turned: float = 0.5
    centered: float = 0.25
    held: int = 2
    seconds: float = 5.0
    max_jump: float = 0.8
    min_misfit: float = 0.05


_SOON_NS = 250_000_000


def drawn_turns(count: int) -> list[Prompt]:
    """Turns in a random order that cannot be predicted."""
    return [secrets.choice((Prompt.LEFT, Prompt.RIGHT)) for _ in range(count)]


@dataclass(eq=False)
class HeadPoseChallenge:
    """A challenge to one face: look at the camera, then follow the turns, looking at the camera between them.

    Attributes:
        limits: limits of the challenge.
        state: whether it is running, passed, or why it failed.
        prompts: everything that is asked, in order.
        done: number of prompts that were followed.
        misfit: largest `planar_misfit` between the centered and a turned face so far.
    """

    limits: ChallengeLimits = field(default_factory=ChallengeLimits)
    draw: Callable[[int], Sequence[Prompt]] = drawn_turns
    state: ChallengeState = ChallengeState.RUNNING
    prompts: list[Prompt] = field(default_factory=list)
    done: int = 0
    misfit: float = 0.0
    _held: int = 0
    _since_ns: int | None = None
    _last: tuple[int, float] | None = None
    _centered: Landmarks | None = None

    def __post_init__(self) -> None:
        if not self.prompts:
            for turn in self.draw(self.limits.turns):
                self.prompts += [Prompt.CENTER, turn]

    @property
    def prompt(self) -> Prompt | None:
        """What is asked for now; None after the end."""
        return self.prompts[self.done] if self.state is ChallengeState.RUNNING else None

    def update(self, landmarks: Landmarks, timestamp_ns: int) -> ChallengeState:
        """Process the face in one frame.

        Args:
            landmarks: ``(5, 2)`` landmarks of the upright face.
            timestamp_ns: time of the frame.
        """
        if self.state is not ChallengeState.RUNNING:
            return self.state
        yaw = signed_yaw(landmarks)
        if self._since_ns is None:
            self._since_ns = timestamp_ns
        self.state = self._failure(yaw, timestamp_ns) or ChallengeState.RUNNING
        self._last = (timestamp_ns, yaw)
        if self.state is ChallengeState.RUNNING:
            self._follow(yaw, landmarks, timestamp_ns)
        return self.state

    def _failure(self, yaw: float, timestamp_ns: int) -> ChallengeState | None:
        assert self._since_ns is not None
        if timestamp_ns - self._since_ns > self.limits.seconds * 1e9:
            return ChallengeState.TIMED_OUT
        if self._last is not None:
            before_ns, before = self._last
            if timestamp_ns - before_ns < _SOON_NS and abs(yaw - before) > self.limits.max_jump:
                return ChallengeState.JUMPED
        wrong = {Prompt.LEFT: -yaw, Prompt.RIGHT: yaw}.get(self.prompts[self.done], 0.0)
        return ChallengeState.WRONG_SIDE if wrong >= self.limits.turned else None

    def _follow(self, yaw: float, landmarks: Landmarks, timestamp_ns: int) -> None:
        prompt = self.prompts[self.done]
        followed = {
            Prompt.CENTER: abs(yaw) <= self.limits.centered,
            Prompt.LEFT: yaw >= self.limits.turned,
            Prompt.RIGHT: -yaw >= self.limits.turned,
        }[prompt]
        self._held = self._held + 1 if followed else 0
        if followed and prompt is Prompt.CENTER:
            self._centered = np.array(landmarks)
        if followed and prompt is not Prompt.CENTER and self._centered is not None:
            self.misfit = max(self.misfit, planar_misfit(self._centered, landmarks))
        if self._held < self.limits.held:
            return
        self.done, self._held, self._since_ns = self.done + 1, 0, timestamp_ns
        if self.done == len(self.prompts):
            solid = self.misfit >= self.limits.min_misfit
            self.state = ChallengeState.PASSED if solid else ChallengeState.FLAT
