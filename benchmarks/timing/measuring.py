"""Measuring several actions in turns: blocks of runs in random order, after a warm-up, within a time limit.

Every block contains runs of every action, so all see the same machine: a neighbor's load, a lower clock or a hot board
changes them alike. `ratios.ratio` compares two of them.
"""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from .clock import Clock, ClockCheck
from .samples import LatencySamples

Action = Callable[[], object]
INTERRUPTED = "interrupted"
"""`Measurement.partial` after a keyboard interrupt."""
_SEED, _MAX_BLOCKS = 1, 400


class SampleRecorder(Protocol):
    """Receives the samples of every block as soon as they are measured; see `journal.Journal`."""

    def add(self, samples: LatencySamples) -> None: ...


@dataclass(frozen=True)
class RunLength:
    """How long to measure: until there are enough queries and enough time has passed, or the time is over.

    Attributes:
        warmup: runs of each action before the measured ones.
        queries: minimum number of measured runs of each action.
        seconds: minimum duration of the measurement without its warm-up.
        max_seconds: the measurement stops after the block in which this time is over, warm-up included.
        per_block: runs of each action in the first block; later blocks are longer where `seconds` would need many.
    """

    warmup: int
    queries: int
    seconds: float
    max_seconds: float
    per_block: int = 8


QUICK = RunLength(warmup=10, queries=128, seconds=0.0, max_seconds=60.0)
FULL = RunLength(warmup=64, queries=1024, seconds=60.0, max_seconds=600.0)


@dataclass(frozen=True)
class Measurement:
    """Samples of every action by label, and why the measurement is partial; empty if it is complete."""

    samples: dict[str, LatencySamples]
    partial: str = ""


@dataclass
class _RunState:
    """State of a running measurement."""

    actions: Mapping[str, Action]
    length: RunLength
    clock: Clock
    recorder: SampleRecorder | None
    per_block: int
    block: int = 0
    queries: int = 0
    parts: dict[str, list[LatencySamples]] = field(default_factory=dict)

    def run_block(self, order: list[str], check: ClockCheck) -> None:
        """Measure one block, and keep it only if the clock did not jump meanwhile."""
        taken, count = {}, self.per_block
        if not self.length.seconds:
            count = min(count, max(self.length.queries - self.queries, 1))
        for label in order:
            action, durations = self.actions[label], []
            for _ in range(count):
                start = self.clock()
                action()
                durations.append(check.duration(label, start, self.clock()))
            taken[label] = LatencySamples.of(label, durations, [self.block] * len(durations))
        check.check()
        for label in self.actions:
            self.parts[label].append(taken[label])
            if self.recorder:
                self.recorder.add(taken[label])
        self.block += 1
        self.queries += count

    def adapt(self, block_ns: int) -> None:
        """Double the length of the blocks where `_MAX_BLOCKS` of them would be over before `seconds`, and after so many."""
        if block_ns * _MAX_BLOCKS < self.length.seconds * 1e9 or self.block % _MAX_BLOCKS == 0:
            self.per_block *= 2


def measure(
    actions: Mapping[str, Action],
    length: RunLength = QUICK,
    *,
    recorder: SampleRecorder | None = None,
    clock: Clock = time.perf_counter_ns,
    check: ClockCheck | None = None,
) -> Measurement:
    """Measure actions in turns.

    A keyboard interrupt ends the measurement; what was measured is returned and marked as partial.

    Args:
        actions: what to measure, by label; each gets its own samples.
        length: how long to measure.
        recorder: receives the samples of every block.
        clock: monotonic clock in nanoseconds.
        check: compares the clock with others; made for `clock` by default.

    Raises:
        ClockError: the clock went backwards or jumped. The recorder has the blocks before it.
    """
    check = check or ClockCheck(clock)
    session = _RunState(actions, length, clock, recorder, length.per_block, parts={label: [] for label in actions})
    begin = clock()
    try:
        partial = _warm_up(session, begin) or _measure_blocks(session, check, begin)
    except KeyboardInterrupt:
        partial = INTERRUPTED
    return Measurement({label: LatencySamples.joined(label, parts) for label, parts in session.parts.items()}, partial)


def _warm_up(session: _RunState, begin: int) -> str:
    """Run every action in turns without measuring; returns why nothing can be measured, or nothing."""
    warmup, limit = session.length.warmup, session.length.max_seconds
    for done in range(1, warmup + 1):
        for action in session.actions.values():
            action()
        if session.clock() - begin > limit * 1e9:
            return f"the warm-up took the whole time: {done:,} of {warmup:,} runs in {limit:g} s"
    return ""


def _measure_blocks(session: _RunState, check: ClockCheck, begin: int) -> str:
    length, order, shuffler = session.length, list(session.actions), random.Random(_SEED)
    now = start = session.clock()
    check.check()
    while True:
        shuffler.shuffle(order)
        session.run_block(order, check)
        before, now = now, session.clock()
        if session.queries >= length.queries and now - start >= length.seconds * 1e9:
            return ""
        if now - begin > length.max_seconds * 1e9:
            return f"{session.queries:,} of {length.queries:,} runs in {length.max_seconds:g} s, the time limit"
        session.adapt(now - before)
