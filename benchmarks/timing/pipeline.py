"""Pipeline benchmark: frames per second of the verifier, duration of its stages, and latency at a sustained rate."""

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

from .clock import Clock, ClockCheck, ClockError
from .latency import CAMERA_TO_DECISION
from .measuring import INTERRUPTED, Measurement, RunLength, SampleRecorder
from .samples import LatencySamples

CAPTURE, RESPONSE = "capture", "response"
STAGES = (
    CAPTURE,
    "follow",
    "detect",
    "track",
    "orient",
    "align",
    "quality",
    "embed",
    "match",
    "decide",
    CAMERA_TO_DECISION,
)
_FRAMES_PER_BLOCK = 16
_FALLING_BEHIND_PERIODS = 2


class PipelineTimer:
    """Durations of the verifier's stages and of whole frames; implements `StageTimer`.

    Attributes:
        samples: durations in nanoseconds, by stage; `RESPONSE` only at a sustained rate.
        partial: why the run is partial; empty if it is not.
        seen: number of frames, with those of the warm-up.

    Args:
        length: how long to measure; `RunLength.warmup` frames are not measured.
        clock: monotonic clock in nanoseconds.
        recorder: receives the samples of every 16 frames.
    """

    def __init__(
        self, length: RunLength, clock: Clock = time.perf_counter_ns, recorder: SampleRecorder | None = None
    ) -> None:
        self.samples: dict[str, list[int]] = {stage: [] for stage in (*STAGES, RESPONSE)}
        self.length, self.clock = length, clock
        self.partial = ""
        self._blocks: dict[str, list[int]] = {stage: [] for stage in self.samples}
        self._recorder, self._unmeasured = recorder, length.warmup
        self._started: int | None = None
        self._began: int | None = None
        self._last = 0
        self.seen = 0

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Context manager that measures the duration of a stage."""
        start = self.clock()
        yield
        self.samples[name].append(self.clock() - start)

    def frame(self, asked: int, delivered: int, done: int, intended: int | None = None) -> None:
        """Add a frame that was processed.

        Args:
            asked, delivered, done: times at which it was asked for, was there, and its decisions were made.
            intended: at a sustained rate, the time at which it had to be there.
        """
        if done < asked:
            raise ClockError(f"the clock went back by {(asked - done) / 1e6:.1f} ms during a frame")
        self._started = asked if self._started is None else self._started
        self._began = asked if self._began is None else self._began
        self._last = done
        self.seen += 1
        self.samples[CAPTURE].append(delivered - asked)
        self.samples[CAMERA_TO_DECISION].append(done - asked)
        if intended is not None:
            self.samples[RESPONSE].append(done - intended)
        if self._unmeasured:
            self._unmeasured -= 1
            self._began = None
            for taken in self.samples.values():
                taken.clear()
        elif self.frames % _FRAMES_PER_BLOCK == 0:
            self._close_block()

    @property
    def frames(self) -> int:
        """Number of measured frames."""
        return len(self.samples[CAMERA_TO_DECISION])

    @property
    def seconds(self) -> float:
        """Time from the first measured frame to the last."""
        return 0.0 if self._began is None else (self._last - self._began) / 1e9

    def is_done(self) -> bool:
        """Whether enough frames were measured for long enough, or the time is over; then `partial` says so."""
        if self._started is not None and self._last - self._started > self.length.max_seconds * 1e9:
            self.partial = (
                f"{self.frames:,} of {self.length.queries:,} frames in {self.length.max_seconds:g} s, the time limit"
            )
            return True
        return self.frames >= self.length.queries and self.seconds >= self.length.seconds

    def measurement(self) -> Measurement:
        """The samples of all stages that ran."""
        self._close_block()
        samples = {
            stage: LatencySamples.of(stage, taken, self._blocks[stage])
            for stage, taken in self.samples.items()
            if taken
        }
        return Measurement(samples, self.partial)

    def metrics(self) -> dict[str, float]:
        """Total metrics, by name."""
        rate = self.frames / self.seconds if self.seconds else 0.0
        return {"frames": self.frames, "embeddings": len(self.samples["embed"]), "frames_per_second": round(rate, 3)}

    def _close_block(self) -> None:
        number = max((blocks[-1] for blocks in self._blocks.values() if blocks), default=-1) + 1
        for stage, taken in self.samples.items():
            blocks = self._blocks[stage]
            fresh = taken[len(blocks) :]
            blocks.extend([number] * len(fresh))
            if self._recorder and fresh:
                self._recorder.add(LatencySamples.of(stage, fresh, [number] * len(fresh)))


class SustainedRate:
    """Times at which frames arrive at a constant rate, whether or not the frames before them are done.

    Latency is counted from these times. A slow frame so delays the frames behind it as it would with a camera, and is
    not hidden because the next frame is asked for later ("coordinated omission").

    Args:
        fps: frames per second.
        clock: monotonic clock in nanoseconds.
        sleep: sleeps for a number of seconds.
    """

    def __init__(
        self, fps: float, clock: Clock = time.perf_counter_ns, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self.period_ns = 1e9 / fps
        self._clock, self._sleep = clock, sleep
        self._start: int | None = None
        self._frames = 0

    def next_arrival(self) -> int:
        """Wait for the next frame's time, if it is not over, and return it."""
        now = self._clock()
        self._start = now if self._start is None else self._start
        intended = self._start + round(self._frames * self.period_ns)
        self._frames += 1
        if now < intended:
            self._sleep((intended - now) / 1e9)
        return intended

    def falls_behind(self, responses: LatencySamples) -> bool:
        """Whether the frames of the last quarter wait longer than those of the first, by more than two periods."""
        quarter = max(len(responses) // 4, 1)
        first, last = responses.ns[:quarter], responses.ns[-quarter:]
        return bool(last.mean() - first.mean() > _FALLING_BEHIND_PERIODS * self.period_ns)


class TimedSource(Source):
    """The frames of another source, with their capture and processing times.

    Args:
        source: source of the frames.
        timer: where the times go; the source ends when it is done.
        rate: times at which the frames arrive; None to ask for a frame as soon as the one before is done.
    """

    def __init__(self, source: FrameSource, timer: PipelineTimer, rate: SustainedRate | None = None) -> None:
        super().__init__(source.name)
        self.live, self.stills = source.live, source.stills
        self._source, self._timer, self._rate = source, timer, rate

    def age_ns(self, frame: Frame) -> int:
        return self._source.age_ns(frame)

    def watch(self) -> Iterator[Frame | SourceEvent]:
        items, clock = self._source.watch(), self._timer.clock
        while not self.stopping and not self._timer.is_done():
            intended = self._rate.next_arrival() if self._rate else None
            asked = clock()
            item = next(items, None)
            delivered = clock()
            if item is None:
                return
            yield item
            if isinstance(item, Frame):
                self._timer.frame(asked, delivered, clock(), intended)


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
    timer: PipelineTimer,
    *,
    passes: int | None = None,
    rate: SustainedRate | None = None,
    check: ClockCheck | None = None,
) -> Measurement:
    """Run and time a verifier on a source, again and again until the timer is done.

    A keyboard interrupt ends the run; what was measured is returned and marked as partial.

    Args:
        open_frames: opens the source; called for each pass.
        engine, gallery: engine and gallery of the verifier.
        timer: where the times go.
        passes: maximum number of passes; None for as many as the timer needs.
        rate: times at which the frames arrive.
        check: checks the clock after each pass.

    Raises:
        ClockError: the clock went backwards or jumped.
    """
    done = 0
    try:
        while not timer.is_done() and (passes is None or done < passes):
            before = timer.seen
            with open_frames() as source:
                for _ in Verifier(TimedSource(source, timer, rate), engine, gallery, timer=timer):
                    pass
            done += 1
            if check:
                check.check()
            if timer.seen == before:
                break
    except KeyboardInterrupt:
        timer.partial = INTERRUPTED
    return timer.measurement()
