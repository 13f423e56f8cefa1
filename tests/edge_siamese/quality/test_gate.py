import cv2
import numpy as np
import pytest

from edge_siamese.alignment import TEMPLATE
from edge_siamese.decision import Reason
from edge_siamese.faces import Face
from edge_siamese.frames import RGB
from edge_siamese.quality.gate import QualityLimits, measure
from edge_siamese.rendering import Person, View, render_portrait

LIMITS = QualityLimits()


def portrait(view: View | None = None) -> tuple[RGB, Face]:
    rendering = render_portrait(Person.from_seed(3), view or View())
    return rendering.image, Face(rendering.boxes[0], rendering.landmarks[0], 1.0)


def resized(image: RGB, face: Face, factor: float) -> tuple[RGB, Face]:
    small = cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    return small, Face(face.box * np.float32(factor), (face.landmarks + 0.5) * np.float32(factor) - 0.5, face.score)


def side(factor: float) -> float:
    return measure(*resized(*portrait(), factor)).side


def rejection(image: RGB, face: Face) -> Reason | None:
    return measure(image, face).rejection(LIMITS)


def test_an_ordinary_face_passes() -> None:
    assert rejection(*portrait()) is None


def test_a_face_of_forty_pixels_passes() -> None:
    image, face = resized(*portrait(), 40 / side(1.0))
    assert measure(image, face).side == pytest.approx(40, abs=1)
    assert rejection(image, face) is None


def test_a_turned_face_passes() -> None:
    assert rejection(*portrait(View(yaw=35))) is None


def test_a_tiny_face_is_too_small() -> None:
    assert rejection(*resized(*portrait(), 15 / side(1.0))) is Reason.TOO_SMALL


def test_heavy_blur_is_refused_and_light_blur_is_not() -> None:
    image, face = portrait()
    width = measure(image, face).side / 112  # one pixel of the crop
    assert rejection(np.asarray(cv2.GaussianBlur(image, (0, 0), 12 * width)), face) is Reason.BLURRED
    assert rejection(np.asarray(cv2.GaussianBlur(image, (0, 0), 1.5 * width)), face) is None


def test_sharpness_does_not_depend_on_the_light() -> None:
    image, face = portrait()
    dim = (image * 0.4).astype(np.uint8)
    assert measure(dim, face).sharpness == pytest.approx(measure(image, face).sharpness, rel=0.15)


@pytest.mark.parametrize("level", [0, 10, 128, 255])
def test_what_shows_nothing_is_dark(level: int) -> None:
    image, face = portrait()
    assert rejection(np.full_like(image, level), face) is Reason.DARK


def test_dim_light_passes() -> None:
    image, face = portrait()
    assert rejection((image * 0.3).astype(np.uint8), face) is None


def test_a_profile_is_refused() -> None:
    image, face = portrait()
    landmarks = face.landmarks.copy()
    landmarks[2, 0] = landmarks[1, 0] + 0.5 * (landmarks[1, 0] - landmarks[0, 0])  # nose far beyond the left eye
    assert rejection(image, Face(face.box, landmarks, 1.0)) is Reason.POSE


def test_coinciding_landmarks_are_refused_and_do_not_raise() -> None:
    image, face = portrait()
    assert rejection(image, Face(face.box, np.full((5, 2), 50, np.float32), 1.0)) is not None


def test_yaw_is_zero_on_the_template_and_one_when_the_nose_covers_an_eye() -> None:
    face = Face(np.array((0, 0, 112, 112), np.float32), TEMPLATE, 1.0)
    assert measure(np.zeros((112, 112, 3), np.uint8), face).yaw < 0.02
    covering = TEMPLATE.copy()
    covering[2, 0] = TEMPLATE[0, 0]
    assert measure(np.zeros((112, 112, 3), np.uint8), Face(face.box, covering, 1.0)).yaw == pytest.approx(1, abs=0.01)


def test_roll_is_the_angle_of_the_eyes_and_confidence_the_detectors() -> None:
    turn = np.array([(0.8, -0.6), (0.6, 0.8)], np.float32)
    for landmarks in (TEMPLATE @ turn, TEMPLATE @ turn.T):
        measured = measure(np.zeros((112, 112, 3), np.uint8), Face(np.zeros(4, np.float32), landmarks, 0.75))
        assert measured.roll == pytest.approx(np.degrees(np.arctan2(0.6, 0.8)), abs=0.01)
        assert measured.confidence == 0.75
