"""What the loop counts, and the seam at which its stages are timed."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass
from typing import Protocol


@dataclass
class Counters:
    """What went through a verifier.

    Attributes:
        frames: taken from the source.
        stale: of these, too old to be processed.
        no_face: of these, without a face.
        faces: found.
        rejected: of these, by the quality gate.
        embeddings: computed.
    """

    frames: int = 0
    stale: int = 0
    no_face: int = 0
    faces: int = 0
    rejected: int = 0
    embeddings: int = 0

    def to_json(self) -> dict[str, int]:
        """The counters by name."""
        return asdict(self)


class StageTimer(Protocol):
    """Measures how long the stages take."""

    def stage(self, name: str) -> AbstractContextManager[object]:
        """Entered before and left after ``detect``, ``track``, ``orient``, ``align``, ``quality``, ``embed`` and ``match``."""


class NoTimer:
    """A `StageTimer` that does not measure."""

    def stage(self, name: str) -> AbstractContextManager[object]:
        """Measure nothing."""
        return nullcontext()
