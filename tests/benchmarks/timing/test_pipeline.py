"""The verifier's loop is timed by stage, and its frames per second are frames by the time they took."""

from typing import Any

import numpy as np
import pytest

from edge_siamese.cameras.base import CameraLost
from edge_siamese.faces import Face
from edge_siamese.frames import Frame
from edge_siamese_benchmarks.timing.pipeline import READ, WHOLE, ClipSource, TimedSource, Timings, run
from edge_siamese_benchmarks.timing.synthetic_gallery import random_gallery
from tests.doubles import ListedSource, TickingClock


def frame(sequence: int) -> Frame:
    noise = np.random.default_rng(sequence).integers(0, 256, (240, 320, 3), np.uint8)
    return Frame(noise, sequence, sequence, "test")


@pytest.fixture
def ticking() -> TickingClock:
    return TickingClock(10)


def test_reading_and_processing_of_each_frame_are_told_apart(ticking: TickingClock) -> None:
    timings = Timings(0, ticking)
    for _ in TimedSource(ListedSource([frame(0), frame(1)]), timings):
        ticking()
        ticking()
    assert timings.samples[READ] == [10, 10]
    assert timings.samples[WHOLE] == [40, 40]
    assert timings.metrics() == {"frames": 2, "embeddings": 0, "frames_per_second": 2.5e7}


def test_frames_of_the_warm_up_leave_no_samples(ticking: TickingClock) -> None:
    timings = Timings(2, ticking)
    for _ in TimedSource(ListedSource([frame(i) for i in range(5)]), timings):
        with timings.stage("detect"):
            ticking()
    assert timings.samples["detect"] == [20, 20, 20]
    assert timings.frames == 3


def test_no_more_frames_are_asked_for_than_wanted() -> None:
    timings = Timings(1)
    assert len(list(TimedSource(ListedSource([frame(i) for i in range(9)]), timings, maximum=2))) == 3
    assert timings.frames == 2


def test_notices_pass_and_are_no_frames() -> None:
    timings, lost = Timings(0), CameraLost("listed", 0, "unplugged")
    first, second = TimedSource(ListedSource([lost, frame(0)]), timings).watch()
    assert first is lost
    assert isinstance(second, Frame)
    assert timings.frames == 1


def test_every_pass_of_the_loop_is_timed_by_stage(engine: Any) -> None:
    landmarks = np.array([(130, 90), (190, 90), (160, 120), (135, 150), (185, 150)], np.float32)
    found = iter([[], [Face(np.array([100, 50, 120, 140], np.float32), landmarks, 0.95)], [], []])
    engine.detect = lambda image: next(found)
    timings = Timings(0)
    source = [frame(0), frame(1)]
    run(lambda: ListedSource([*source]), engine, random_gallery(engine.embedder_card, 5), timings, repeat=2)
    assert {stage: len(taken) for stage, taken in timings.samples.items()} == {
        READ: 4,
        "detect": 4,
        "track": 4,
        "orient": 1,
        "align": 1,
        "quality": 1,
        "embed": 1,
        "match": 1,
        WHOLE: 4,
    }
    assert sum(timings.samples[WHOLE]) > sum(timings.samples["detect"])


def test_nothing_measured_is_no_rate() -> None:
    assert Timings(0).metrics() == {"frames": 0, "embeddings": 0, "frames_per_second": 0.0}


def test_the_clip_is_rendered_once() -> None:
    clip = ClipSource()
    frames = list(clip)
    assert frames[0].pixels.shape == (240, 320, 3)
    assert [shown.sequence for shown in frames] == list(range(len(frames)))
    assert ClipSource().frames is clip.frames
