"""Guided enrollment: which direction of the head is wanted next, and what to say to the person."""

from collections import Counter
from enum import StrEnum

from ...faces import Face

_FRONT_FROM, _FRONT_TO = 0.36, 0.64


class Direction(StrEnum):
    """Where a face looks, as its own person sees it."""

    FRONT = "front"
    LEFT = "left"
    RIGHT = "right"


_PROMPTS = {
    Direction.FRONT: "look at the camera",
    Direction.LEFT: "turn your head a little to your left",
    Direction.RIGHT: "turn your head a little to your right",
}


def direction(face: Face) -> Direction:
    """Where a face looks. The nose tip of a face that looks to its left is nearer to its left eye."""
    right_eye, left_eye, nose = face.landmarks[:3]
    across = left_eye - right_eye
    share = float((nose - right_eye) @ across / max(float(across @ across), 1e-6))
    if _FRONT_FROM <= share <= _FRONT_TO:
        return Direction.FRONT
    return Direction.LEFT if share > _FRONT_TO else Direction.RIGHT


class PoseGuide:
    """Asks for frames from the front, then to the left, then to the right, about a third each.

    Args:
        count: number of frames to take, at least 1.
    """

    def __init__(self, count: int) -> None:
        side = count // 3
        self._wanted = {Direction.FRONT: count - 2 * side, Direction.LEFT: side, Direction.RIGHT: side}
        self._taken: Counter[Direction] = Counter()

    @property
    def now(self) -> Direction | None:
        """The direction that is wanted now; None if all frames are taken."""
        return next((each for each, wanted in self._wanted.items() if self._taken[each] < wanted), None)

    @property
    def prompt(self) -> str:
        """What to say to the person; empty if all frames are taken."""
        return _PROMPTS[self.now] if self.now else ""

    def problem(self, face: Face) -> str | None:
        """Why a frame with this face is not wanted now, or None."""
        return None if self.now is None or direction(face) is self.now else f"asked to {self.prompt}"

    def take(self, face: Face) -> None:
        """Count a frame that was used."""
        self._taken[direction(face)] += 1
