"""The pipeline times every stage of every frame, and its frames per second are frames by the time they took."""

from itertools import count
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from edge_siamese.faces import Face
from edge_siamese.frames import Frame
from edge_siamese_benchmarks.galleries import random_gallery
from edge_siamese_benchmarks.pipeline import (
    STAGES,
    WHOLE,
    Stopwatch,
    Throughput,
    frames_of,
    laps_of_frames,
    rendered_clip,
    throughput,
)

LANDMARKS = np.array([(20, 20), (40, 20), (30, 30), (22, 40), (38, 40)], np.float32)
FACE = Face(np.array([10, 10, 40, 40], np.float32), LANDMARKS, 0.9)


def frames(number: int) -> list[Frame]:
    return [Frame(np.zeros((64, 64, 3), np.uint8), i, i, "test") for i in range(number)]


def test_a_stopwatch_splits_all_the_time_there_was() -> None:
    ticks = iter([0, 3, 10])
    watch = Stopwatch(lambda: next(ticks))
    watch.lap("a")
    watch.lap("b")
    assert watch.laps == [("a", 3), ("b", 7)]


def test_each_face_is_embedded_and_matched(engine: Any) -> None:
    found = iter([[], [FACE], [FACE, FACE]])
    engine.detect = lambda picture: next(found)
    ticks = count(step=100)
    laps = list(laps_of_frames(frames(3), engine, random_gallery(engine.embedder_card, 5), lambda: next(ticks)))
    once = ["align and embed", "match"]
    assert [[stage for stage, _ in of_frame] for of_frame in laps] == [
        ["read", "detect"],
        ["read", "detect", *once],
        ["read", "detect", *once, *once],
    ]
    assert {duration for of_frame in laps for _, duration in of_frame} == {100}


def test_throughput_adds_laps_up() -> None:
    result = throughput(
        [[("read", 10), ("detect", 90)], [("read", 20), ("detect", 60), ("align and embed", 15), ("match", 5)]]
    )
    assert result == Throughput(
        {"read": [10, 20], "detect": [90, 60], "align and embed": [15], "match": [5], WHOLE: [100, 100]}, 2, 1
    )
    assert result.figures() == {"frames": 2, "faces": 1, "frames_per_second": 1e7}


def test_no_frames_at_all() -> None:
    assert throughput([]).figures() == {"frames": 0, "faces": 0, "frames_per_second": 0.0}
    assert set(throughput([]).samples) == {*STAGES, WHOLE}


def test_the_rendered_clip_is_shown_without_a_source_as_often_as_asked() -> None:
    shown = list(frames_of(None, 2))
    assert len(shown) == 2 * len(rendered_clip())
    assert [frame.sequence for frame in shown[:3]] == [0, 1, 2]
    assert shown[0].pixels.shape == (240, 320, 3)


def test_a_folder_is_shown_as_often_as_asked(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        cv2.imwrite(str(tmp_path / name), np.zeros((8, 8, 3), np.uint8))
    assert [frame.source for frame in frames_of(str(tmp_path), 2)] == ["a.png", "b.png"] * 2
