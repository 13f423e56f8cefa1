"""Pipeline benchmark: frames per second of the verifier and duration of its stages."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache

from edge_siamese.cameras.base import Source, SourceEvent
from edge_siamese.engine import FaceEngine
from edge_siamese.frames import Frame
from edge_siamese.gallery import Gallery
from edge_siamese.protocols import FrameSource
from edge_siamese.rendering import DEMO_SEEDS, Clip, Person
from edge_siamese.verifier import Verifier

from .clock import Clock
from .samples import LatencySamples

READ, WHOLE = "read", "whole frame"
STAGES = (READ, "detect", "track", "orient", "align", "quality", "embed", "match", WHOLE)


class Timings:
    """Durations of the verifier's stages; implements `StageTimer`.

    Attributes:
        samples: durations in nanoseconds, by stage.

    Args:
        warmup: number of first frames that are not measured.
        clock: monotonic clock in nanoseconds.
    """

    def __init__(self, warmup: int, clock: Clock = time.perf_counter_ns) -> None:
        self.samples: dict[str, list[int]] = {stage: [] for stage in STAGES}
        self.clock = clock
        self._unmeasured = warmup

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Context manager that measures the duration of a stage."""
        start = self.clock()
        yield
        self.samples[name].append(self.clock() - start)

    def frame(self, read: int, processed: int) -> None:
        """Add the durations of reading and of processing a frame, in nanoseconds."""
        self.samples[READ].append(read)
        self.samples[WHOLE].append(read + processed)
        if self._unmeasured:
            self._unmeasured -= 1
            for taken in self.samples.values():
                taken.clear()

    def by_stage(self) -> dict[str, LatencySamples]:
        """The durations by stage."""
        return {stage: LatencySamples.of(stage, taken) for stage, taken in self.samples.items()}

    @property
    def frames(self) -> int:
        """Number of measured frames."""
        return len(self.samples[WHOLE])

    def metrics(self) -> dict[str, float]:
        """Total metrics, by name."""
        seconds = sum(self.samples[WHOLE]) / 1e9
        rate = self.frames / seconds if seconds else 0.0
        return {"frames": self.frames, "embeddings": len(self.samples["embed"]), "frames_per_second": round(rate, 3)}


class TimedSource(Source):
    """The frames of another source, with their reading and processing times.

    Args:
        source: source of the frames.
        timings: where the times go.
        maximum: maximum number of measured frames; None for all.
    """

    def __init__(self, source: FrameSource, timings: Timings, maximum: int | None = None) -> None:
        super().__init__(source.name)
        self.live, self.stills = source.live, source.stills
        self._source, self._timings, self._max = source, timings, maximum

    def age_ns(self, frame: Frame) -> int:
        return self._source.age_ns(frame)

    def watch(self) -> Iterator[Frame | SourceEvent]:
        items, clock = self._source.watch(), self._timings.clock
        while not self.stopping and (self._max is None or self._timings.frames < self._max):
            asked = clock()
            item = next(items, None)
            delivered = clock()
            if item is None:
                return
            yield item
            if isinstance(item, Frame):
                self._timings.frame(delivered - asked, clock() - delivered)


class ClipSource(Source):
    """A clip of two people at 320x240 pixels, rendered in advance; always the same."""

    def __init__(self) -> None:
        super().__init__("rendered clip")
        self.frames = _rendered_frames()

    def watch(self) -> Iterator[Frame | SourceEvent]:
        yield from self.frames


@cache
def _rendered_frames() -> tuple[Frame, ...]:
    clip = Clip([(f"person {seed}", Person.from_seed(seed)) for seed in DEMO_SEEDS[:2]])
    return tuple(
        Frame(rendering.image, timestamp, sequence, "rendered clip")
        for sequence, (timestamp, rendering, _) in enumerate(clip)
    )


def run(
    open_frames: Callable[[], FrameSource],
    engine: FaceEngine,
    gallery: Gallery,
    timings: Timings,
    *,
    repeat: int = 1,
    maximum: int | None = None,
) -> None:
    """Run and time a verifier on a source `repeat` times.

    Args:
        open_frames: opens the source; called for each pass.
        engine, gallery: engine and gallery of the verifier.
        timings: where the times go.
        repeat: number of passes.
        maximum: maximum number of measured frames; needed for a camera, which does not end.
    """
    for _ in range(repeat):
        with open_frames() as source:
            for _ in Verifier(TimedSource(source, timings, maximum), engine, gallery, timer=timings):
                pass
