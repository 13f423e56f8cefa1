"""Latency of contestants in turns: every round shows every photo to each of them, in random order.

Processes take turns, so a disturbance of the machine meets all of them. Before each timed run a contestant does the same
once without timing, since another process used the caches meanwhile. The ratio of two contestants compares rounds, on the
photos on which both found a face (`timing.ratios`).
"""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from edge_siamese.dataset_embeddings import Choose
from edge_siamese.errors import DataError
from edge_siamese.faces import Face
from edge_siamese.frames import RGB

from ..peers.process import PeerError, PeerProcess, Timing
from ..timing.journal import Journal
from ..timing.ratios import Ratio, ratio
from ..timing.samples import LatencySamples
from .contestants import Running

Clock = Literal["wall", "cpu"]
Progress = Callable[[int, int], None]
DETECT, EMBED, WHOLE = "detect", "align and embed", "detect to embedding"
STEPS = (DETECT, EMBED, WHOLE)
CLOCKS: tuple[Clock, Clock] = ("wall", "cpu")
_SEED, _UNTIMED = 1, 1


@dataclass(frozen=True)
class PhotoVisit:
    """Durations on one photo in one round, by step; without a face only the detection."""

    photo: int
    round: int
    times: dict[str, Timing]


@dataclass(eq=False)
class Latencies:
    """Measured visits of one contestant."""

    name: str
    visits: list[PhotoVisit] = field(default_factory=list)

    def photos(self, step: str) -> set[int]:
        """Photos with a duration of this step."""
        return {visit.photo for visit in self.visits if step in visit.times}

    def samples(self, step: str, clock: Clock, photos: set[int] | None = None) -> LatencySamples:
        """Durations of a step in nanoseconds; the blocks are rounds.

        Args:
            step: one of `STEPS`.
            clock: ``"wall"``, or ``"cpu"`` for the time of the process's threads on the processor.
            photos: only these; None for all.
        """
        taken = [visit for visit in self.visits if step in visit.times and (photos is None or visit.photo in photos)]
        ns = [visit.times[step].wall_ns if clock == "wall" else visit.times[step].cpu_ns for visit in taken]
        return LatencySamples.of(f"{self.name}, {step}", ns, [visit.round for visit in taken])

    def to_json(self, *, raw: bool = False) -> dict[str, Any]:
        """Percentiles by step and clock; with `raw`, every sample too."""
        report: dict[str, Any] = {}
        for step in STEPS:
            for clock in CLOCKS:
                samples = self.samples(step, clock)
                if len(samples):
                    entry = samples.summary().to_json()
                    entry |= {"raw_ns": samples.ns.tolist(), "rounds": samples.block.tolist()} if raw else {}
                    report.setdefault(step, {})[clock] = entry
        return report


@dataclass(frozen=True, eq=False)
class LatencyRun:
    """Latencies of every contestant by name, and why the run is partial; empty if it is complete."""

    latencies: dict[str, Latencies]
    partial: str = ""

    @property
    def is_interrupted(self) -> bool:
        return self.partial.startswith("interrupted")

    def ratio(self, name: str, to: str, step: str, clock: Clock) -> Ratio | None:
        """How many times as long `name` takes as `to`, on the photos that both have; None where that cannot be said."""
        one, other = self.latencies[name], self.latencies[to]
        photos = one.photos(step) & other.photos(step)
        try:
            return ratio(one.samples(step, clock, photos), other.samples(step, clock, photos))
        except DataError:
            return None


def measure_latency(
    running: Sequence[Running],
    photos: Sequence[RGB],
    choose: Choose,
    folder: Path,
    *,
    rounds: int,
    max_seconds: float,
    journal: Journal | None = None,
    progress: Progress = lambda done, total: None,
) -> LatencyRun:
    """Measure contestants in turns; one that fails keeps what was measured and is left out from then on.

    Args:
        running: the contestants.
        photos: images, uint8 ``(H, W, 3)`` RGB.
        choose: chooses the face to embed.
        folder: folder for the images that the processes read.
        rounds: how often each photo is shown to each contestant.
        max_seconds: the measurement stops after the round in which this time is over.
        journal: receives the samples of every round.
        progress: called with the number of rounds done and the total.
    """
    paths = [folder / f"photo{number}.npy" for number in range(len(photos))]
    for path, photo in zip(paths, photos, strict=True):
        np.save(path, photo)
    latencies = {each.contestant.name: Latencies(each.contestant.name) for each in running}
    shuffler, begin, partial = random.Random(_SEED), time.monotonic(), ""
    try:
        for number in range(rounds):
            for at, path in enumerate(paths):
                order = [each for each in running if each.process]
                shuffler.shuffle(order)
                for each in order:
                    _visit(each, latencies[each.contestant.name], photos[at], path, choose, PhotoVisit(at, number, {}))
            _record(journal, latencies, number)
            progress(number + 1, rounds)
            if number + 1 < rounds and time.monotonic() - begin > max_seconds:
                partial = f"{number + 1} of {rounds} rounds in {max_seconds:g} s, the time limit"
                break
    except KeyboardInterrupt:
        partial = "interrupted while latency was measured"
    return LatencyRun(latencies, partial)


def _visit(each: Running, latencies: Latencies, photo: RGB, path: Path, choose: Choose, visit: PhotoVisit) -> None:
    assert each.process is not None
    try:
        each.process.show(path)
        faces, visit.times[DETECT] = each.process.detect(_UNTIMED)
        if each.embeds:
            _embed(each.process, faces, choose(faces, photo), visit)
    except PeerError as error:
        each.fail(error)
    else:
        latencies.visits.append(visit)


def _embed(process: PeerProcess, faces: list[Face], chosen: Face | None, visit: PhotoVisit) -> None:
    if chosen is None:
        return
    index = next(at for at, face in enumerate(faces) if face is chosen)
    _, visit.times[EMBED] = process.embed(index, _UNTIMED)
    detection, embedding = visit.times[DETECT], visit.times[EMBED]
    visit.times[WHOLE] = Timing(detection.wall_ns + embedding.wall_ns, detection.cpu_ns + embedding.cpu_ns)


def _record(journal: Journal | None, latencies: dict[str, Latencies], number: int) -> None:
    if journal is None:
        return
    for each in latencies.values():
        latest = Latencies(each.name, [visit for visit in each.visits if visit.round == number])
        for step in STEPS:
            samples = latest.samples(step, "wall")
            if len(samples):
                journal.add(samples)
