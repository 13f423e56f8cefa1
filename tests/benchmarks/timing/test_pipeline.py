"""The verifier's loop is timed by stage; its frames per second and its latency at a rate count all of the time."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from edge_siamese.cameras.base import CameraLost, Source, SourceEvent
from edge_siamese.faces import Face
from edge_siamese.frames import Frame
from edge_siamese_benchmarks.timing.clock import ClockError
from edge_siamese_benchmarks.timing.latency import CAMERA_TO_DECISION
from edge_siamese_benchmarks.timing.measuring import RunLength
from edge_siamese_benchmarks.timing.pipeline import (
    CAPTURE,
    RESPONSE,
    ClipSource,
    PipelineTimer,
    SustainedRate,
    TimedSource,
    run,
)
from edge_siamese_benchmarks.timing.samples import LatencySamples
from edge_siamese_benchmarks.timing.synthetic_gallery import random_gallery
from tests.doubles import ListedSource, TickingClock


def frame(sequence: int) -> Frame:
    noise = np.random.default_rng(sequence).integers(0, 256, (240, 320, 3), np.uint8)
    return Frame(noise, sequence, sequence, "test")


def length(warmup: int = 0, queries: int = 10**9, seconds: float = 0, max_seconds: float = 1e9) -> RunLength:
    return RunLength(warmup, queries, seconds, max_seconds)


@pytest.fixture
def ticking() -> TickingClock:
    return TickingClock(10)


def test_capture_and_processing_of_each_frame_are_distinguished(ticking: TickingClock) -> None:
    timer = PipelineTimer(length(), ticking)
    for _ in TimedSource(ListedSource([frame(0), frame(1)]), timer):
        ticking()
        ticking()
    assert timer.samples[CAPTURE] == [10, 10]
    assert timer.samples[CAMERA_TO_DECISION] == [40, 40]
    assert timer.metrics() == {"frames": 2, "embeddings": 0, "frames_per_second": round(2 / 90e-9, 3)}


def test_frames_of_the_warm_up_leave_no_samples(ticking: TickingClock) -> None:
    timer = PipelineTimer(length(warmup=2), ticking)
    for _ in TimedSource(ListedSource([frame(i) for i in range(5)]), timer):
        with timer.stage("detect"):
            ticking()
    assert timer.samples["detect"] == [20, 20, 20]
    assert timer.frames == 3


def test_no_more_frames_are_asked_for_than_wanted() -> None:
    timer = PipelineTimer(length(warmup=1, queries=2))
    assert len(list(TimedSource(ListedSource([frame(i) for i in range(9)]), timer))) == 3
    assert (timer.frames, timer.partial) == (2, "")


def test_a_billion_frames_end_with_the_time(ticking: TickingClock) -> None:
    timer = PipelineTimer(length(max_seconds=100e-9), ticking)
    frames = list(TimedSource(ListedSource([frame(0)] * 50), timer))
    assert len(frames) < 10
    assert timer.partial == f"{len(frames)} of 1,000,000,000 frames in 1e-07 s, the time limit"


def test_notices_pass_and_are_no_frames() -> None:
    timer, lost = PipelineTimer(length()), CameraLost("listed", 0, "unplugged")
    first, second = TimedSource(ListedSource([lost, frame(0)]), timer).watch()
    assert first is lost
    assert isinstance(second, Frame)
    assert timer.frames == 1


def test_every_pass_of_the_loop_is_timed_by_stage(engine: Any) -> None:
    landmarks = np.array([(130, 90), (190, 90), (160, 120), (135, 150), (185, 150)], np.float32)
    found = iter([[], [Face(np.array([100, 50, 120, 140], np.float32), landmarks, 0.95)], [], []])
    engine.detect = lambda image: next(found)
    timer = PipelineTimer(length(queries=4))
    source = [frame(0), frame(1)]
    measured = run(lambda: ListedSource([*source]), engine, random_gallery(engine.embedder_card, 5), timer)
    assert {stage: len(taken) for stage, taken in measured.samples.items()} == {
        CAPTURE: 4,
        "follow": 4,
        "detect": 4,
        "track": 4,
        "orient": 1,
        "align": 1,
        "quality": 1,
        "embed": 1,
        "match": 1,
        "decide": 1,
        CAMERA_TO_DECISION: 4,
    }
    assert measured.samples[CAMERA_TO_DECISION].ns.sum() > measured.samples["detect"].ns.sum()


def test_an_interrupted_run_keeps_its_frames(engine: Any) -> None:
    class Interrupted(Source):
        def watch(self) -> Iterator[Frame | SourceEvent]:
            yield from (frame(0), frame(1))
            raise KeyboardInterrupt

    timer = PipelineTimer(length())
    measured = run(lambda: Interrupted("cut"), engine, random_gallery(engine.embedder_card, 5), timer)
    assert measured.partial == "interrupted"
    assert len(measured.samples[CAMERA_TO_DECISION]) == 2


def test_an_empty_source_is_not_asked_for_ever(engine: Any) -> None:
    timer = PipelineTimer(length())
    measured = run(lambda: ListedSource([]), engine, random_gallery(engine.embedder_card, 5), timer)
    assert measured.samples == {}


def test_blocks_are_recorded_as_they_are_measured() -> None:
    recorded: list[LatencySamples] = []

    class RecordedBlocks:
        def add(self, samples: LatencySamples) -> None:
            recorded.append(samples)

    timer = PipelineTimer(length(), recorder=RecordedBlocks())
    for number in range(40):
        timer.frame(number * 100, number * 100 + 1, number * 100 + 50)
    assert {(taken.label, len(taken)) for taken in recorded} == {(CAPTURE, 16), (CAMERA_TO_DECISION, 16)}
    samples = timer.measurement().samples[CAMERA_TO_DECISION]
    assert samples.block.tolist() == [0] * 16 + [1] * 16 + [2] * 8
    parts = [taken for taken in recorded if taken.label == CAMERA_TO_DECISION]
    assert LatencySamples.joined(CAMERA_TO_DECISION, parts).ns.tolist() == samples.ns.tolist()


def test_a_clock_that_goes_back_during_a_frame_is_named() -> None:
    with pytest.raises(ClockError, match=r"went back by 1\.0 ms during a frame"):
        PipelineTimer(length()).frame(5_000_000, 5_000_000, 4_000_000)


class SleepingClock:
    """A clock that sleeping and working advance."""

    def __init__(self) -> None:
        self.now = 0

    def __call__(self) -> int:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += round(seconds * 1e9)


def responses(durations: list[int], fps: float = 10) -> tuple[list[int], list[int], SustainedRate]:
    """Response times and service times in milliseconds of frames that take so long, at a rate."""
    clock = SleepingClock()
    timer, rate = PipelineTimer(length(), clock), SustainedRate(fps, clock, clock.sleep)
    work = iter(durations)
    for _ in TimedSource(ListedSource([frame(0)] * len(durations)), timer, rate):
        clock.now += next(work) * 10**6
    values = (timer.samples[RESPONSE], timer.samples[CAMERA_TO_DECISION])
    response, service = ([ns // 10**6 for ns in taken] for taken in values)
    return response, service, rate


def test_frames_behind_a_slow_one_count_the_time_that_they_waited() -> None:
    response, service, rate = responses([20, 350, 20, 20, 20, 20, 20])
    assert service == [20, 350, 20, 20, 20, 20, 20]
    assert response == [20, 350, 270, 190, 110, 30, 20]
    assert not rate.falls_behind(LatencySamples.of(RESPONSE, [ms * 10**6 for ms in response]))


def test_a_rate_that_cannot_be_kept_up_is_noticed() -> None:
    response, _, rate = responses([150] * 20)
    assert response == [150 + 50 * number for number in range(20)]
    assert rate.falls_behind(LatencySamples.of(RESPONSE, [ms * 10**6 for ms in response]))


def test_nothing_measured_is_no_rate() -> None:
    assert PipelineTimer(length()).metrics() == {"frames": 0, "embeddings": 0, "frames_per_second": 0.0}


def test_the_clip_is_rendered_once() -> None:
    clip = ClipSource()
    frames = list(clip)
    assert frames[0].pixels.shape == (240, 320, 3)
    assert [shown.sequence for shown in frames] == list(range(len(frames)))
    assert ClipSource().frames is clip.frames
