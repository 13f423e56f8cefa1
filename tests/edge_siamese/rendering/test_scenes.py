"""Rendered images: reproducible, with landmarks and boxes where the faces are."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from edge_siamese.alignment import TEMPLATE, align
from edge_siamese.errors import DataError
from edge_siamese.rendering import Person, View, render_background, render_crop, render_portrait, render_scene
from edge_siamese.rendering.head import head_of
from edge_siamese.rendering.scenes import crop_camera

PEOPLE = [Person.from_seed(seed) for seed in range(6)]
VIEWS = [View.random(np.random.default_rng(seed)) for seed in range(6)]


def landmarks(view: View, person: Person = PEOPLE[0]) -> npt.NDArray[np.float32]:
    return render_portrait(person, view).landmarks[0]


def test_the_same_seeds_give_the_same_image() -> None:
    first = render_portrait(PEOPLE[1], VIEWS[1], background_seed=3)
    head_of.cache_clear()
    second = render_portrait(PEOPLE[1], VIEWS[1], background_seed=3)
    assert np.array_equal(first.image, second.image)
    assert np.array_equal(first.landmarks, second.landmarks)


def test_rendering_one_person_leaves_no_trace_in_the_next() -> None:
    before = render_crop(PEOPLE[2], View())
    render_crop(PEOPLE[2], View(mouth_open=1.0, blink=1.0))
    assert np.array_equal(render_crop(PEOPLE[2], View()), before)


def test_different_people_look_different() -> None:
    crops = [render_crop(person, View()).astype(float) for person in PEOPLE]
    differences = [np.abs(a - b).mean() for i, a in enumerate(crops) for b in crops[:i]]
    assert min(differences) > 8


@pytest.mark.parametrize("size", [(320, 240), (161, 97)])
def test_a_portrait_has_the_size_asked_for(size: tuple[int, int]) -> None:
    rendering = render_portrait(PEOPLE[0], View(), size=size, face_height=60)
    assert rendering.image.shape == (size[1], size[0], 3)
    assert rendering.image.dtype == np.uint8
    assert (rendering.boxes.shape, rendering.boxes.dtype) == ((1, 4), np.float32)
    assert (rendering.landmarks.shape, rendering.landmarks.dtype) == ((1, 5, 2), np.float32)


@pytest.mark.parametrize(("person", "view"), list(zip(PEOPLE, VIEWS, strict=True)))
def test_the_box_contains_the_landmarks(person: Person, view: View) -> None:
    rendering = render_portrait(person, view)
    x, y, width, height = rendering.boxes[0]
    assert (rendering.landmarks[0] > (x, y)).all()
    assert (rendering.landmarks[0] < (x + width, y + height)).all()


def test_an_upright_face_has_the_height_and_center_asked_for() -> None:
    x, y, width, height = render_portrait(PEOPLE[3], View(), face_height=90, center=(100, 120)).boxes[0]
    assert height == pytest.approx(90, abs=0.01)
    assert (x + width / 2, y + height / 2) == pytest.approx((100, 120), abs=0.01)


def test_landmarks_are_ordered_from_the_subjects_right() -> None:
    right_eye, left_eye, nose, right_corner, left_corner = landmarks(View())
    assert right_eye[0] < nose[0] < left_eye[0]
    assert right_corner[0] < nose[0] < left_corner[0]
    assert max(right_eye[1], left_eye[1]) < nose[1] < min(right_corner[1], left_corner[1])


@pytest.mark.parametrize("yaw", [-30, 30])
def test_turning_the_head_moves_the_nose_to_that_side_of_the_eyes(yaw: float) -> None:
    points = landmarks(View(yaw=yaw))
    assert np.sign(points[2, 0] - points[:2, 0].mean()) == np.sign(yaw)


@pytest.mark.parametrize("roll", [-20, 20])
def test_rolling_the_head_turns_the_line_of_the_eyes(roll: float) -> None:
    points = landmarks(View(roll=roll))
    across, down = points[1] - points[0]
    assert np.degrees(np.arctan2(down, across)) == pytest.approx(roll, abs=1)


def test_looking_up_brings_the_nose_nearer_to_the_eyes() -> None:
    def share(view: View) -> float:
        points = landmarks(view)
        return float((points[2, 1] - points[0, 1]) / (points[3, 1] - points[0, 1]))

    assert share(View(pitch=15)) < share(View()) < share(View(pitch=-15))


def test_a_smile_widens_the_mouth() -> None:
    neutral, smiling = landmarks(View()), landmarks(View(smile=1.0))
    assert smiling[4, 0] - smiling[3, 0] > neutral[4, 0] - neutral[3, 0] + 2


def test_the_eyes_are_dark_where_their_landmarks_are_and_close_with_a_blink() -> None:
    person, size = replace(PEOPLE[1], glasses="none"), (320, 240)

    def darkness(view: View) -> float:
        rendering = render_portrait(person, view, size=size)
        eyes = np.round(rendering.landmarks[0, :2]).astype(int)
        return float(np.mean([rendering.image[y - 1 : y + 2, x - 1 : x + 2].mean() for x, y in eyes]))

    assert darkness(View()) < 0.6 * sum(person.skin_color) / 3
    assert darkness(View(blink=1.0)) > darkness(View()) + 8


@pytest.mark.parametrize(("person", "view"), list(zip(PEOPLE, VIEWS, strict=True)))
def test_landmarks_of_a_crop_fit_the_template(person: Person, view: View) -> None:
    head = head_of(person)
    points = crop_camera(head, view, 112).project(head.landmarks(view))
    assert points.mean(0) == pytest.approx(TEMPLATE.mean(0), abs=0.01)
    assert np.linalg.norm(points - TEMPLATE, axis=1).mean() < 9


def test_a_crop_is_what_aligning_a_portrait_gives() -> None:
    person, view = PEOPLE[4], View(yaw=12, smile=0.3)
    portrait = render_portrait(person, view)
    aligned = align(portrait.image, portrait.landmarks[0])[30:100, 30:82].astype(float)
    assert np.abs(render_crop(person, view)[30:100, 30:82] - aligned).mean() < 5


def test_a_larger_crop_shows_the_same() -> None:
    large = render_crop(PEOPLE[4], View(), 224)
    assert large.shape == (224, 224, 3)
    halved = large.reshape(112, 2, 112, 2, 3).mean((1, 3))
    assert np.abs(halved - render_crop(PEOPLE[4], View()))[30:100, 30:82].mean() < 5


def test_light_from_one_side_brightens_that_side() -> None:
    crop = render_crop(PEOPLE[0], View(light_azimuth=80, light_elevation=0)).astype(float)
    assert crop[50:90, 60:85].mean() > crop[50:90, 27:52].mean() + 20


def test_a_scene_has_every_face_in_order() -> None:
    places = [(PEOPLE[0], View(), 40.0, (80.0, 90.0)), (PEOPLE[1], VIEWS[1], 90.0, (220.0, 110.0))]
    rendering = render_scene(places, size=(320, 240), background_seed=2)
    assert rendering.boxes[:, :2] + rendering.boxes[:, 2:] / 2 == pytest.approx(
        np.array([(80, 90), (220, 110)]), abs=0.01
    )
    changed = np.abs(rendering.image.astype(int) - render_background((320, 240), 2)).max(2)
    for x, y, width, height in rendering.boxes.astype(int):
        assert (changed[y : y + height, x : x + width] > 0).mean() > 0.8


def test_a_scene_of_nobody_is_the_background() -> None:
    rendering = render_scene([], size=(64, 48), background_seed=9)
    assert np.array_equal(rendering.image, render_background((64, 48), 9))
    assert (rendering.boxes.shape, rendering.landmarks.shape) == ((0, 4), (0, 5, 2))


@pytest.mark.parametrize("center", [(-500.0, 50.0), (400.0, -300.0), (0.0, 0.0), (319.0, 239.0)])
@pytest.mark.parametrize("face_height", [10.0, 150.0])
def test_a_face_may_lie_outside_the_image(center: tuple[float, float], face_height: float) -> None:
    rendering = render_portrait(PEOPLE[0], VIEWS[0], face_height=face_height, center=center)
    assert rendering.boxes[0, :2] + rendering.boxes[0, 2:] / 2 == pytest.approx(center, abs=0.01)


@pytest.mark.parametrize("style", ["bald", "buzz", "bob", "afro", "bun", "scarf", "beanie", "receding"])
@pytest.mark.parametrize("glasses", ["none", "half"])
def test_every_look_can_be_rendered(style: str, glasses: str) -> None:
    person = replace(PEOPLE[0], hair_style=style, glasses=glasses, beard=0.8, moustache=0.8, wrinkles=0.7, freckles=0.5)
    assert render_crop(person, View(yaw=15)).std() > 15


def test_backgrounds_differ_by_seed_and_not_otherwise() -> None:
    assert np.array_equal(render_background((80, 60), 1), render_background((80, 60), 1))
    assert not np.array_equal(render_background((80, 60), 1), render_background((80, 60), 2))


@pytest.mark.parametrize("size", [(0, 240), (320, -1), (9000, 9000)])
def test_an_impossible_size_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(DataError, match=f"not {size[0]} x {size[1]}$"):
        render_portrait(PEOPLE[0], View(), size=size)


def test_an_impossible_face_or_crop_is_refused() -> None:
    with pytest.raises(DataError, match=r"4 to 4096 pixels high, not 0$"):
        render_portrait(PEOPLE[0], View(), face_height=0)
    with pytest.raises(DataError, match=r"16 to 2048 pixels wide, not 3$"):
        render_crop(PEOPLE[0], View(), 3)
