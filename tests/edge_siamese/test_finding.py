"""Detection on some frames and following on the others, on rendered people."""

import numpy as np
import pytest

from edge_siamese.errors import DataError
from edge_siamese.faces import Face
from edge_siamese.finding import DetectionSchedule, FaceFinder
from edge_siamese.following import follow_faces
from edge_siamese.frames import RGB, Frame
from edge_siamese.instrumentation import NoTimer
from edge_siamese.rendering import Person, View, render_background, render_portrait
from edge_siamese.thumbnails import Thumbnail
from edge_siamese.tracking import Track
from tests.doubles import ScriptedAnalyzer, embedder_card

EMPTY = render_background((320, 240), 7)


def photo(x: float, yaw: float = 0.0) -> tuple[RGB, Face]:
    shown = render_portrait(Person.from_seed(1), View(yaw=yaw), center=(x, 120.0), face_height=90.0, background_seed=7)
    return shown.image, Face(shown.boxes[0], shown.landmarks[0], 0.95)


class Walk:
    """Frames of a person who walks; the finder's analyzer knows where the face is on each."""

    def __init__(self, schedule: DetectionSchedule, *, stills: bool = False) -> None:
        self.engine = ScriptedAnalyzer(embedder_card(3))
        self.finder = FaceFinder(self.engine, stills=stills, limits=None, schedule=schedule, timer=NoTimer())
        self.due = False

    def see(self, image: RGB, face: Face | None = None) -> list[Track]:
        if face is not None and not self.engine.detect(image):
            self.engine.put(image, face, (1, 2, 3))
        return self.finder.find(Frame(image, 0, 0, "walk"), lambda _: self.due)[0]


def test_every_frame_by_default() -> None:
    walk = Walk(DetectionSchedule())
    for step in range(4):
        walk.see(*photo(100.0 + step))
    assert walk.finder.detections == 4


def test_between_detections_the_face_is_followed() -> None:
    walk = Walk(DetectionSchedule(4))
    for step in range(9):
        image, face = photo(100.0 + 4 * step, yaw=step)
        (track,) = walk.see(image, face)
        assert track.number == 1
        assert np.abs(track.face.box - face.box).max() < 6.0
        assert np.abs(track.face.landmarks - face.landmarks).max() < 6.0
    assert walk.finder.detections == 3
    assert track.frames == 8


def test_a_face_that_is_due_is_detected() -> None:
    walk = Walk(DetectionSchedule(100))
    walk.see(*photo(100.0))
    walk.due = True
    walk.see(*photo(101.0))
    assert walk.finder.detections == 2


def test_a_face_that_cannot_be_followed_is_detected() -> None:
    walk = Walk(DetectionSchedule(100))
    walk.see(*photo(100.0))
    assert walk.see(EMPTY) == []
    assert walk.finder.detections == 2


def test_an_empty_room_is_not_detected_until_something_moves() -> None:
    walk = Walk(DetectionSchedule(30, on_motion=True))
    noise = np.random.default_rng(0)
    for _ in range(20):
        walk.see(np.clip(EMPTY + noise.normal(0, 4, EMPTY.shape), 0, 255).astype(np.uint8))
    assert walk.finder.detections == 1
    (track,) = walk.see(*photo(100.0))
    assert (walk.finder.detections, track.number) == (2, 1)


def test_another_light_is_no_motion() -> None:
    walk = Walk(DetectionSchedule(30, on_motion=True))
    walk.see(EMPTY)
    walk.see(np.clip(EMPTY.astype(int) + 9, 0, 255).astype(np.uint8))
    assert walk.finder.detections == 1


def test_motion_detection_still_detects_every_nth_frame() -> None:
    walk = Walk(DetectionSchedule(5, on_motion=True))
    for _ in range(11):
        walk.see(EMPTY)
    assert walk.finder.detections == 3


def test_stills_are_all_detected() -> None:
    walk = Walk(DetectionSchedule(10), stills=True)
    for _ in range(3):
        walk.see(*photo(100.0))
        walk.finder.reset()
    assert walk.finder.detections >= 3


def test_a_reset_forgets_the_last_frame() -> None:
    walk = Walk(DetectionSchedule(10))
    walk.see(*photo(100.0))
    walk.finder.reset()
    (track,) = walk.see(*photo(100.0))
    assert track.number == 2


@pytest.mark.parametrize(
    ("text", "schedule"),
    [("every", DetectionSchedule()), ("3", DetectionSchedule(3)), ("motion", DetectionSchedule(30, on_motion=True))],
)
def test_schedules_are_read_from_text(text: str, schedule: DetectionSchedule) -> None:
    assert DetectionSchedule.parse(text) == schedule


@pytest.mark.parametrize("text", ["", "0", "-1", "1001", "1.5", "sometimes"])
def test_other_schedules_are_rejected(text: str) -> None:
    with pytest.raises(DataError, match="every, motion or a number from 1 to 1000"):
        DetectionSchedule.parse(text)


class TestFollowing:
    def test_no_faces_need_no_flow(self) -> None:
        thumbnail = Thumbnail.of(EMPTY)
        assert follow_faces(thumbnail, thumbnail, []) == []

    def test_frames_of_other_sizes_are_not_followed(self) -> None:
        image, face = photo(100.0)
        other = Thumbnail.of(np.ascontiguousarray(image[:100]))
        assert follow_faces(Thumbnail.of(image), other, [face]) is None

    def test_a_growing_face_grows(self) -> None:
        person = Person.from_seed(1)
        small, large = (
            render_portrait(person, View(), center=(160.0, 120.0), face_height=height, background_seed=7)
            for height in (90.0, 96.0)
        )
        face = Face(small.boxes[0], small.landmarks[0], 0.9)
        followed = follow_faces(Thumbnail.of(small.image), Thumbnail.of(large.image), [face])
        assert followed is not None
        assert followed[0].box[3] / face.box[3] == pytest.approx(96 / 90, abs=0.04)
        assert np.abs(followed[0].landmarks - large.landmarks[0]).max() < 3.0
