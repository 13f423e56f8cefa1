"""Guided enrollment: directions of rendered heads, and what is asked for when."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from edge_siamese.cli.enroll import Feedback
from edge_siamese.faces import Face
from edge_siamese.frames import Frame
from edge_siamese.gallery.enrollment import camera
from edge_siamese.gallery.enrollment.camera import TemplateCollector
from edge_siamese.gallery.enrollment.face_choice import MeantFaces
from edge_siamese.gallery.enrollment.guide import Direction, PoseGuide, direction
from edge_siamese.rendering import Person, View, render_portrait


def face(yaw: float) -> Face:
    rendered = render_portrait(Person.from_seed(3600), View(yaw=yaw))
    return Face(np.array([0, 0, 200, 200], np.float32), rendered.landmarks[0], 0.9)


def directions(yaws: list[float]) -> set[Direction]:
    return {direction(face(yaw)) for yaw in yaws}


def test_rendered_heads_look_where_they_are_turned() -> None:
    assert directions([-4.0, 0.0, 4.0]) == {Direction.FRONT}
    sides = directions([-30.0]), directions([30.0])
    assert sorted(str(side) for each in sides for side in each) == ["left", "right"]


@pytest.mark.parametrize(("count", "expected"), [(1, (1, 0, 0)), (2, (2, 0, 0)), (5, (3, 1, 1)), (10, (4, 3, 3))])
def test_about_a_third_of_the_frames_is_asked_of_each_side(count: int, expected: tuple[int, int, int]) -> None:
    turned = {direction(each): each for each in map(face, (0.0, -30.0, 30.0))}
    guide, asked = PoseGuide(count), []
    while guide.now is not None:
        asked.append(guide.now)
        guide.take(turned[guide.now])
    assert tuple(asked.count(each) for each in Direction) == expected
    assert asked == sorted(asked, key=list(Direction).index)
    assert guide.prompt == ""


def test_frames_of_another_direction_are_not_used_and_the_person_is_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    turned = {direction(each): each for each in map(face, (0.0, -30.0, 30.0))}
    shown = [Direction.LEFT, Direction.FRONT, Direction.FRONT, Direction.LEFT, None, Direction.RIGHT]
    found = iter(
        MeantFaces([], [], 0, "shows no face") if each is None
        else MeantFaces([turned[each]], [np.zeros((112, 112, 3), np.uint8)], 1)
        for each in shown
    )  # fmt: skip
    monkeypatch.setattr(camera, "find_meant_faces", lambda *_: next(found))
    engine: Any = SimpleNamespace(embed_crop=lambda _: SimpleNamespace(values=np.zeros(4, np.int8)))
    collector, feedback = TemplateCollector(engine, interval=0.0, guide=PoseGuide(3)), Feedback(3)
    used = []
    for number in range(len(shown)):
        used.append(collector.offer(Frame(np.zeros((8, 8, 3), np.uint8), number, number, "0")))
        feedback(collector)
    assert used == [False, True, False, True, False, True]
    assert capsys.readouterr().err.splitlines() == [
        "edge-siamese: 0 of 3: look at the camera",
        "edge-siamese: 1 of 3: turn your head a little to your left",
        "edge-siamese: 2 of 3: turn your head a little to your right",
        "edge-siamese: 2 of 3: turn your head a little to your right (shows no face)",
        "edge-siamese: 3 of 3: done",
    ]
