"""How many frames a second go through the whole chain, and where the time goes."""

import itertools
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from edge_siamese.cameras import open_source
from edge_siamese.engine import FaceEngine
from edge_siamese.frames import Frame
from edge_siamese.gallery import Gallery
from edge_siamese.rendering import DEMO_SEEDS, Clip, Person

from .samples import Clock

STAGES = ("read", "detect", "align and embed", "match")
WHOLE = "whole frame"
Lap = tuple[str, int]
"""A stage and the nanoseconds it took."""


class Stopwatch:
    """Splits the time since it was made into laps."""

    def __init__(self, clock: Clock) -> None:
        self.laps: list[Lap] = []
        self._clock, self._since = clock, clock()

    def lap(self, stage: str) -> None:
        """What was done since the last lap was this stage."""
        now = self._clock()
        self.laps.append((stage, now - self._since))
        self._since = now


def frames_of(source: str | None, repeat: int) -> Iterator[Frame]:
    """Frames of a folder or video, or of the rendered clip (which is rendered before this returns).

    Args:
        source: of the frames; None for the rendered clip.
        repeat: how often it is shown.
    """
    if source is None:
        return itertools.chain.from_iterable(itertools.repeat(rendered_clip(), repeat))
    return itertools.chain.from_iterable(_frames_in(source) for _ in range(repeat))


def _frames_in(source: str) -> Iterator[Frame]:
    with open_source(source) as frames:
        yield from frames


@cache
def rendered_clip() -> tuple[Frame, ...]:
    """A rendered clip of two people, one after the other, at 320x240: the same every time."""
    people = [(f"person {seed}", Person.from_seed(seed)) for seed in DEMO_SEEDS[:2]]
    return tuple(
        Frame(rendering.picture, timestamp, sequence, "rendered clip")
        for sequence, (timestamp, rendering, _) in enumerate(Clip(people))
    )


def laps_of_frames(
    source: Iterable[Frame], engine: FaceEngine, gallery: Gallery, clock: Clock = time.perf_counter_ns
) -> Iterator[list[Lap]]:
    """Send frames through the chain (read, detect, align and embed every face, match it); yield the laps of each.

    Args:
        source: of the frames; how long it takes to deliver one is the lap "read".
        engine, gallery: what does the work.
        clock: monotonic nanoseconds.
    """
    frames = iter(source)
    while True:
        watch = Stopwatch(clock)
        frame = next(frames, None)
        if frame is None:
            return
        watch.lap("read")
        faces = engine.detect(frame.pixels)
        watch.lap("detect")
        for face in faces:
            embedding = engine.embed(frame.pixels, face)
            watch.lap("align and embed")
            gallery.identify(embedding, threshold=0)
            watch.lap("match")
        yield watch.laps


@dataclass(frozen=True)
class Throughput:
    """What the laps of a number of frames amount to.

    Attributes:
        samples: nanoseconds by stage, once a frame or once a face, and of the whole of each frame.
        frames, faces: how many there were.
    """

    samples: dict[str, list[int]]
    frames: int
    faces: int

    @property
    def frames_per_second(self) -> float:
        total = sum(self.samples[WHOLE])
        return self.frames * 1e9 / total if total else 0.0

    def figures(self) -> dict[str, float]:
        """Totals, by name."""
        return {"frames": self.frames, "faces": self.faces, "frames_per_second": round(self.frames_per_second, 3)}


def throughput(frames: Iterable[list[Lap]]) -> Throughput:
    """Add up the laps of frames."""
    taken = list(frames)
    samples = {stage: [duration for laps in taken for name, duration in laps if name == stage] for stage in STAGES}
    whole = [sum(duration for _, duration in laps) for laps in taken]
    return Throughput(samples | {WHOLE: whole}, len(taken), len(samples["match"]))
