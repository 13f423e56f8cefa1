"""Enrolling at a camera takes good frames only, and says why not enough came."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from edge_siamese.cameras.base import Source
from edge_siamese.errors import NoFaceError
from edge_siamese.faces import Face
from edge_siamese.frames import Frame
from edge_siamese.gallery.enrollment.camera import capture_faces, unsuitable
from edge_siamese.gallery.enrollment.face_choice import MeantFaces
from tests.doubles import ListedSource, pattern_image


def frames(*faces: int) -> ListedSource:
    """Frames of anna a tenth of a second apart, each with so many faces."""
    return ListedSource([pattern_image("anna", number, count) for number, count in enumerate(faces)])


def test_frames_with_one_face_are_taken_until_there_are_enough(engine: Any) -> None:
    taken: list[tuple[int, int]] = []
    chosen = capture_faces(
        frames(0, 1, 2, 1, 1, 1), engine, count=2, taken=lambda done, total: taken.append((done, total))
    )
    assert chosen.templates.shape == (2, engine.embedder_card.dimension)
    assert chosen.photos == ["frame 1", "frame 3"]
    assert taken == [(1, 2), (2, 2)]


def test_frames_too_soon_after_the_last_are_passed_over(engine: Any) -> None:
    chosen = capture_faces(frames(*[1] * 10), engine, count=10, interval=0.3)
    expected = [
        engine.embed(pattern_image("anna", number), Face(*[np.zeros((5, 2), np.float32)] * 2, 1.0))
        for number in (0, 3, 6, 9)
    ]
    np.testing.assert_array_equal(chosen.templates, [embedding.values for embedding in expected])


def test_a_source_that_ends_gives_what_it_had(engine: Any) -> None:
    assert len(capture_faces(frames(1, 0, 1), engine, count=10).photos) == 2
    with pytest.raises(
        NoFaceError, match=r"ended with 0 of 10 good frames \(rejected: shows no face 2, shows several faces 1\)"
    ):
        capture_faces(frames(0, 2, 0), engine, count=10)
    with pytest.raises(NoFaceError, match="rejected: none"):
        capture_faces(frames(), engine, count=10)


class Endless(Source):
    """A live source: frames without a face for ever, or nothing at all."""

    live = True

    def __init__(self, *, silent: bool) -> None:
        super().__init__("endless")
        self.silent, self.waiting = silent, threading.Event()

    def watch(self) -> Iterator[Frame]:
        number = 0
        while not self.stopping:
            self.waiting.wait(0.01)
            if not self.silent:
                yield Frame(pattern_image("anna", number, 0), 0, number, "endless")
                number += 1


@pytest.mark.parametrize("silent", [False, True])
def test_too_few_frames_in_time_are_an_error_by_the_clock_on_the_wall(engine: Any, silent: bool) -> None:
    begun = time.monotonic()
    with pytest.raises(NoFaceError, match=r"after 0\.2 s 0 of 5 good frames \(rejected: [ns]"):
        capture_faces(Endless(silent=silent), engine, count=5, timeout=0.2)
    assert time.monotonic() - begun < 5


def test_no_timer_is_left_when_there_were_enough_frames(engine: Any) -> None:
    source = frames(1, 1, 1)
    assert len(capture_faces(source, engine, count=3, timeout=0.05).photos) == 3
    time.sleep(0.1)
    assert not source.stopping


def face(*sides: float) -> Face:
    return Face(np.array((0, 0, *sides), np.float32), np.zeros((5, 2), np.float32), 0.9)


@pytest.mark.parametrize(
    ("faces", "reason"),
    [
        ([face(60, 60)], None),
        ([face(59, 90)], "the face is too small"),
        ([face(90, 59)], "the face is too small"),
        ([face(90, 90), face(80, 80)], "shows several faces"),
    ],
)
def test_one_large_face_is_wanted(faces: list[Face], reason: str | None) -> None:
    assert unsuitable(MeantFaces(faces, [], len(faces))) == reason
    assert unsuitable(MeantFaces([], [], 0, "shows no face")) == "shows no face"
