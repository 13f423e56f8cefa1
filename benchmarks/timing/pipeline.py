"""How many frames a second the verifier's loop takes, and where the time goes."""

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

from .samples import Clock

READ, WHOLE = "read", "whole frame"
STAGES = (READ, "detect", "track", "orient", "align", "quality", "embed", "match", WHOLE)


class Timings:
    """How long each stage took; the verifier's `StageTimer`.

    Attributes:
        samples: nanoseconds by stage, as often as each was entered.

    Args:
        warmup: the first frames, which are not measured.
        clock: monotonic nanoseconds.
    """

    def __init__(self, warmup: int, clock: Clock = time.perf_counter_ns) -> None:
        self.samples: dict[str, list[int]] = {stage: [] for stage in STAGES}
        self.clock = clock
        self._unmeasured = warmup

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time what happens inside."""
        start = self.clock()
        yield
        self.samples[name].append(self.clock() - start)

    def frame(self, read: int, processed: int) -> None:
        """A frame took so long to be read, and then to be processed."""
        self.samples[READ].append(read)
        self.samples[WHOLE].append(read + processed)
        if self._unmeasured:
            self._unmeasured -= 1
            for taken in self.samples.values():
                taken.clear()

    @property
    def frames(self) -> int:
        """How many were measured."""
        return len(self.samples[WHOLE])

    def metrics(self) -> dict[str, float]:
        """Totals, by name."""
        seconds = sum(self.samples[WHOLE]) / 1e9
        rate = self.frames / seconds if seconds else 0.0
        return {"frames": self.frames, "embeddings": len(self.samples["embed"]), "frames_per_second": round(rate, 3)}


class TimedSource(Source):
    """The frames of another source, timed from when one is asked for to when the next one is.

    Args:
        source: of the frames.
        timings: where the times go.
        maximum: no more frames than this are measured; None for all there are.
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
    """A rendered clip of two people, one after the other, at 320x240: the same every time, and rendered beforehand."""

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
    """Let a verifier watch a source from its beginning to its end, `repeat` times, and time it.

    Args:
        open_frames: opens the source anew.
        engine, gallery: of the verifier.
        timings: where the times go.
        repeat: how often.
        maximum: no more frames than this are measured; a camera does not end by itself.
    """
    for _ in range(repeat):
        with open_frames() as source:
            for _ in Verifier(TimedSource(source, timings, maximum), engine, gallery, timer=timings):
                pass
