"""A sustained run keeps every sample in its second, beside the temperature of that second."""

from edge_siamese_benchmarks.timing.clock import ClockCheck
from edge_siamese_benchmarks.timing.monitor import HostState
from edge_siamese_benchmarks.timing.samples import LatencySamples
from edge_siamese_benchmarks.timing.thermal import drift, sustain, timeline


def test_samples_are_kept_by_second() -> None:
    now = [0]

    def act() -> None:
        now[0] += 300_000_000

    def clock() -> int:
        return now[0]

    measured = sustain("act", act, 3.0, clock=clock, check=ClockCheck(clock, {}))
    samples = measured.samples["act"]
    assert samples.block.tolist() == [0, 0, 0, 0, 1, 1, 1, 2, 2, 2]
    assert set(samples.ns.tolist()) == {300_000_000}
    assert measured.partial == ""


def test_an_interrupt_keeps_whole_seconds() -> None:
    now = [0]

    def act() -> None:
        now[0] += 600_000_000
        if now[0] == 3e9:
            raise KeyboardInterrupt

    def clock() -> int:
        return now[0]

    measured = sustain("act", act, 60.0, clock=clock, check=ClockCheck(clock, {}))
    assert measured.partial == "interrupted after 3 of 60 s"
    assert measured.samples["act"].block.tolist() == [0, 0, 1, 1]


def test_each_second_has_the_last_known_temperature() -> None:
    samples = LatencySamples.of("act", [5, 6, 7, 20], [0, 0, 0, 1])
    states = [
        HostState(at, degrees, 1500.0, ("throttled",), 0, 0, 0) for at, degrees in ((0, 50.0), (1_500_000_000, 80.0))
    ]
    rows = timeline(samples, states)
    assert [(row["second"], row["median_ns"], row["temperature"]) for row in rows] == [(0, 6, 50.0), (1, 20, 80.0)]
    assert rows[1]["throttling"] == ["throttled"]
    assert timeline(samples, [])[0]["temperature"] is None


def test_drift_compares_the_end_with_the_start() -> None:
    rows = [{"median_ns": 10}] * 50 + [{"median_ns": 15}] * 50
    assert drift(rows) == 1.5
    assert drift(rows[:1]) == 1.0
