"""Counters of a verifier and the protocol for timing its stages."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass
from typing import Protocol


@dataclass
class Counters:
    """Counters of a verifier.

    Attributes:
        frames: frames received from the source.
        stale: frames that were too old to be processed.
        no_face: frames without a face.
        faces: detected faces.
        rejected: faces rejected by the quality gate.
        embeddings: computed embeddings.
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
    """Measures the duration of each stage."""

    def stage(self, name: str) -> AbstractContextManager[object]:
        """Context manager around a stage: detect, track, orient, align, quality, embed, match or decide."""


class NoTimer:
    """A `StageTimer` that does not measure."""

    def stage(self, name: str) -> AbstractContextManager[object]:
        """Measure nothing."""
        return nullcontext()
