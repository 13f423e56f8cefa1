"""Counters of a verifier, the protocol for timing its stages, and a timer over the last frames."""

import time
from collections import deque
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from .gallery import Gallery


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
        detections: frames the detector ran on.
    """

    frames: int = 0
    stale: int = 0
    no_face: int = 0
    faces: int = 0
    rejected: int = 0
    embeddings: int = 0
    detections: int = 0

    def to_json(self) -> dict[str, int]:
        """The counters by name."""
        return asdict(self)


class LoopState(Protocol):
    """What metrics read of one or several loops."""

    @property
    def gallery(self) -> "Gallery":
        """The gallery in use."""

    @property
    def counters(self) -> Counters:
        """Counters of the loops."""

    @property
    def dropped(self) -> int:
        """Number of frames that were replaced by newer ones."""

    @property
    def unreadable(self) -> int:
        """Number of frames that could not be decoded."""


class StageTimer(Protocol):
    """Measures the duration of each stage."""

    def stage(self, name: str) -> AbstractContextManager[object]:
        """Context manager around a stage: detect, track, orient, align, quality, embed, match or decide."""


class NoTimer:
    """A `StageTimer` that does not measure."""

    def stage(self, name: str) -> AbstractContextManager[object]:
        """Measure nothing."""
        return nullcontext()


class RecentStageTimes:
    """A `StageTimer` that keeps the last durations of each stage; other threads may read them.

    Args:
        kept: number of durations kept for each stage.
    """

    def __init__(self, kept: int = 64) -> None:
        self._kept = kept
        self._durations: dict[str, deque[int]] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Measure one stage."""
        begun = time.perf_counter_ns()
        try:
            yield
        finally:
            durations = self._durations.get(name)
            if durations is None:
                durations = self._durations[name] = deque(maxlen=self._kept)
            durations.append(time.perf_counter_ns() - begun)

    def medians_ms(self) -> dict[str, float]:
        """Median of the kept durations in milliseconds, by stage, in the order of the first frame."""
        return {name: round(_median(durations) / 1e6, 3) for name, durations in list(self._durations.items())}


def _median(durations: deque[int]) -> int:
    ordered = sorted(durations.copy())  # another thread may append meanwhile
    return ordered[len(ordered) // 2]
