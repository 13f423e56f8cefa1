"""Actions are measured in turns, after a warm-up, until there are enough samples or the time is over."""

from typing import Any

import numpy as np
import pytest

from edge_siamese_benchmarks.timing.clock import ClockCheck, ClockError
from edge_siamese_benchmarks.timing.measuring import Measurement, RunLength, measure
from edge_siamese_benchmarks.timing.samples import LatencySamples


class SteppedClock:
    """A clock that actions advance."""

    def __init__(self) -> None:
        self.now = 0

    def __call__(self) -> int:
        return self.now

    def action(self, ns: int) -> Any:
        def act() -> None:
            self.now += ns

        return act


def run(clock: SteppedClock, actions: dict[str, Any], **length: Any) -> Measurement:
    settings = {"warmup": 0, "queries": 16, "seconds": 0, "max_seconds": 1e9, "per_block": 4} | length
    return measure(actions, RunLength(**settings), clock=clock, check=ClockCheck(clock, {}))


def test_each_action_gets_its_own_samples() -> None:
    clock = SteppedClock()
    measured = run(clock, {"fast": clock.action(5), "slow": clock.action(70)}, warmup=3)
    assert measured.partial == ""
    assert measured.samples["fast"].ns.tolist() == [5] * 16
    assert measured.samples["slow"].ns.tolist() == [70] * 16
    assert clock.now == 19 * 75


def test_every_block_has_every_action_in_changing_order() -> None:
    clock, order = SteppedClock(), []
    measured = run(clock, {name: lambda name=name: order.append(name) for name in "abc"}, queries=64)
    assert all(np.unique(taken.block).tolist() == list(range(16)) for taken in measured.samples.values())
    blocks = ["".join(order[start : start + 12 : 4]) for start in range(0, len(order), 12)]
    assert {"".join(sorted(block)) for block in blocks} == {"abc"}
    assert len(set(blocks)) > 3


def test_it_lasts_as_long_as_asked_with_a_bounded_number_of_blocks() -> None:
    clock = SteppedClock()
    measured = run(clock, {"fast": clock.action(1000)}, seconds=1.0)
    assert clock.now >= 1e9
    assert measured.samples["fast"].block[-1] < 500


def test_many_runs_need_few_blocks_and_are_as_many_as_asked() -> None:
    clock = SteppedClock()
    measured = run(clock, {"fast": clock.action(1000)}, queries=100_003, per_block=1)
    assert len(measured.samples["fast"]) == 100_003
    assert measured.samples["fast"].block[-1] < 5_000


def test_a_billion_runs_end_with_the_time() -> None:
    clock = SteppedClock()
    measured = run(clock, {"slow": clock.action(10**8)}, queries=10**9, max_seconds=2)
    assert measured.partial == "24 of 1,000,000,000 runs in 2 s, the time limit"
    assert len(measured.samples["slow"]) == 24


def test_a_warm_up_that_takes_the_whole_time_is_said() -> None:
    clock = SteppedClock()
    measured = run(clock, {"slow": clock.action(10**9)}, warmup=10**9, max_seconds=2)
    assert measured.partial == "the warm-up took the whole time: 3 of 1,000,000,000 runs in 2 s"
    assert len(measured.samples["slow"]) == 0


def test_an_interrupted_run_keeps_its_blocks() -> None:
    clock, runs = SteppedClock(), []

    def act() -> None:
        runs.append(clock.now)
        clock.now += 3
        if len(runs) == 10:
            raise KeyboardInterrupt

    measured = run(clock, {"act": act})
    assert measured.partial == "interrupted"
    assert measured.samples["act"].ns.tolist() == [3] * 8


def test_blocks_are_recorded_as_soon_as_they_are_measured() -> None:
    recorded: list[LatencySamples] = []
    clock = SteppedClock()

    class RecordedBlocks:
        def add(self, samples: LatencySamples) -> None:
            recorded.append(samples)

    length = RunLength(0, 8, 0, 1e9, per_block=4)
    measured = measure(
        {"a": clock.action(2)}, length, clock=clock, check=ClockCheck(clock, {}), recorder=RecordedBlocks()
    )
    assert LatencySamples.joined("a", recorded).ns.tolist() == measured.samples["a"].ns.tolist()


def test_a_clock_that_goes_back_is_named() -> None:
    clock = SteppedClock()
    with pytest.raises(ClockError, match=r"^act: the clock went back by 2.0 ms during a run$"):
        run(clock, {"act": clock.action(-2_000_000)})


def test_the_real_clock_passes_its_check() -> None:
    measured = measure({"nothing": lambda: None}, RunLength(1, 100, 0.02, 10))
    assert measured.partial == ""
    assert measured.samples["nothing"].summary().median < 1e6
