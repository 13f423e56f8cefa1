"""Enrolling at a camera takes good frames only, and says why not enough came."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from edge_siamese.errors import NoFaceError
from edge_siamese.faces import Face
from edge_siamese.frames import RGB, Frame
from edge_siamese.gallery.enrollment.camera import capture_templates, unsuitable


@pytest.fixture
def frames(pattern: Callable[..., RGB]) -> Callable[..., Iterator[Frame]]:
    """Frames of anna a tenth of a second apart, each with so many faces."""

    def make(*faces: int) -> Iterator[Frame]:
        for index, count in enumerate(faces):
            yield Frame(pattern("anna", index, count), index * 100_000_000, index, "test")

    return make


def test_frames_with_one_face_are_taken_until_there_are_enough(frames: Any, engine: Any) -> None:
    source = frames(0, 1, 2, 1, 1, 1)
    taken: list[tuple[int, int]] = []
    templates = capture_templates(source, engine, count=2, taken=lambda done, total: taken.append((done, total)))
    assert templates.shape == (2, engine.embedder_card.dimension)
    assert taken == [(1, 2), (2, 2)]
    assert next(source).sequence == 4


def test_frames_too_soon_after_the_last_are_passed_over(frames: Any, engine: Any, pattern: Any) -> None:
    templates = capture_templates(frames(*[1] * 10), engine, count=10, interval=0.3)
    expected = [engine.embed(pattern("anna", captured), None).values for captured in (0, 3, 6, 9)]
    np.testing.assert_array_equal(templates, expected)


def test_a_source_that_ends_gives_what_it_had(frames: Any, engine: Any) -> None:
    assert len(capture_templates(frames(1, 0, 1), engine, count=10)) == 2
    with pytest.raises(NoFaceError, match=r"ended with 0 of 10 good frames \(rejected: no face 2, several faces 1\)"):
        capture_templates(frames(0, 2, 0), engine, count=10)
    with pytest.raises(NoFaceError, match="rejected: none seen"):
        capture_templates(frames(), engine, count=10)


def test_too_few_in_time_are_an_error(frames: Any, engine: Any) -> None:
    ticks = iter(range(100))
    with pytest.raises(NoFaceError, match=r"after 3 s 2 of 5 good frames \(rejected: no face 2\)"):
        capture_templates(frames(1, 0, 1, 0, 1, 1), engine, count=5, timeout=3.0, clock=lambda: float(next(ticks)))


@pytest.mark.parametrize(
    ("sides", "reason"), [((60, 60), None), ((59, 90), "face too small"), ((90, 59), "face too small")]
)
def test_a_small_face_is_not_taken(sides: tuple[int, int], reason: str | None) -> None:
    face = Face(np.array((0, 0, *sides), np.float32), np.zeros((5, 2), np.float32), 0.9)
    assert unsuitable([face]) == reason
