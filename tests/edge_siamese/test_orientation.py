"""Turned images: on rendered faces with the shipped detector, and with a detector whose confidence is known."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from edge_siamese.detection import intersection_over_union
from edge_siamese.engine import FaceEngine
from edge_siamese.faces import Face
from edge_siamese.frames import RGB
from edge_siamese.orientation import detect_oriented, detect_turned, orient_face
from edge_siamese.rendering import DEMO_SEEDS, Person, View, render_background, render_portrait

IMAGE = render_portrait(Person.from_seed(DEMO_SEEDS[0]), View()).image


def turned(image: RGB, quarters: int) -> RGB:
    return np.ascontiguousarray(np.rot90(image, quarters))


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_faces_of_the_turned_image_lie_where_they_are_on_the_image(engine: FaceEngine, turn: int) -> None:
    (upright,) = engine.detect(IMAGE)
    image = turned(IMAGE, -turn // 90)
    (found,) = detect_turned(engine, image, turn)
    crop, expected = engine.align(image, found).astype(int), engine.align(IMAGE, upright).astype(int)
    assert np.abs(crop - expected).mean() < 1.0
    assert found.score == upright.score
    eyes, mouth = found.landmarks[:2].mean(0), found.landmarks[3:].mean(0)
    down = {0: (0, 1), 90: (-1, 0), 180: (0, -1), 270: (1, 0)}[turn]
    assert float((mouth - eyes) @ down) > 0.9 * float(np.linalg.norm(mouth - eyes))
    x, y, width, height = found.box
    assert 0 <= x <= x + width <= image.shape[1]
    assert 0 <= y <= y + height <= image.shape[0]


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
@pytest.mark.parametrize("seed", DEMO_SEEDS[:3])
def test_the_turn_of_a_photo_is_found(engine: FaceEngine, seed: int, quarters: int) -> None:
    image = turned(render_portrait(Person.from_seed(seed), View(yaw=6)).image, quarters)
    found = detect_oriented(engine, image)
    assert (found.turn, found.doubtful) == (-90 * quarters % 360, False)


def test_a_photo_without_a_face_has_none_in_any_turn(engine: FaceEngine) -> None:
    found = detect_oriented(engine, render_background((240, 320), 3))
    assert (found.faces, found.turn, found.doubtful) == ([], 0, False)


class Confidence:
    """Finds one face in the middle, with a confidence for each turn of an image whose first row tells its turn."""

    def __init__(self, **scores: float) -> None:
        self.scores, self.looks = scores, 0

    def detect(self, image: RGB) -> list[Face]:
        self.looks += 1
        corners = [image[0, 0, 0], image[0, -1, 0], image[-1, -1, 0], image[-1, 0, 0]]
        turn = 90 * int(np.argmax(corners))
        score = self.scores.get(f"at{turn}", 0.0)
        height, width = image.shape[:2]
        box = np.array((width / 2 - 20, height / 2 - 20, 40, 40), np.float32)
        return [Face(box, np.zeros((5, 2), np.float32), score)] if score else []


def marked() -> RGB:
    """Bright at the top left; turned counterclockwise, the bright corner goes to the bottom left."""
    image = np.zeros((100, 100, 3), np.uint8)
    image[0, 0] = 255
    return image


@pytest.fixture
def detector() -> Callable[..., Any]:
    return Confidence


@pytest.mark.parametrize(
    ("scores", "turn", "doubtful", "looks"),
    [
        ({"at0": 0.95, "at90": 0.99}, 0, False, 1),
        ({"at0": 0.80, "at270": 0.90}, 90, False, 4),
        ({"at0": 0.80, "at180": 0.90}, 180, False, 4),
        ({"at0": 0.80, "at90": 0.90}, 270, False, 4),
        ({"at0": 0.80, "at90": 0.82}, 0, True, 4),
        ({"at0": 0.80, "at90": 0.70}, 0, False, 4),
        ({"at180": 0.85}, 180, False, 4),
        ({"at180": 0.70}, 0, False, 4),
    ],
)
def test_another_turn_must_be_clearly_better(
    detector: Callable[..., Any], scores: dict[str, float], turn: int, doubtful: bool, looks: int
) -> None:
    engine = detector(**scores)
    found = detect_oriented(engine, marked())
    assert (found.turn, found.doubtful, engine.looks) == (turn, doubtful, looks)


def test_one_face_of_a_frame_is_found_again_in_its_own_turn(engine: FaceEngine) -> None:
    upside_down = turned(IMAGE, 2)
    wrong = engine.detect(upside_down)[0]
    found = orient_face(engine, upside_down, wrong)
    assert found.turn == 180
    assert intersection_over_union(wrong.box, found.faces[0].box[None])[0] > 0.3
    right = engine.detect(IMAGE)[0]
    assert orient_face(engine, IMAGE, right).turn == 0
