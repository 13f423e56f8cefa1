"""Masks, glasses and light are drawn where the landmarks are, and on a copy."""

import numpy as np
import pytest

from edge_siamese.frames import RGB
from edge_siamese.rendering import Person, View, render_portrait
from edge_siamese.rendering.conditions import CONDITIONS, KINDS, Darkness, Infrared, random_condition
from edge_siamese.rendering.wearables import Glasses, Mask

PORTRAIT = render_portrait(Person.from_seed(3), View())
IMAGE, LANDMARKS = PORTRAIT.image, PORTRAIT.landmarks[0]


def changed(drawn: RGB) -> RGB:
    return np.asarray((drawn != IMAGE).any(axis=2))


def at(mask: RGB, point: np.ndarray) -> bool:  # type: ignore[type-arg]
    x, y = np.round(point).astype(int)
    return bool(mask[y, x])


@pytest.mark.parametrize("name", CONDITIONS)
def test_every_condition_draws_on_a_copy_and_again_the_same(name: str) -> None:
    before = IMAGE.copy()
    drawn = [CONDITIONS[name](IMAGE, LANDMARKS, np.random.default_rng(1)) for _ in range(2)]
    assert np.array_equal(IMAGE, before)
    assert np.array_equal(*drawn)
    assert (drawn[0].shape, drawn[0].dtype) == (IMAGE.shape, np.uint8)
    assert changed(drawn[0]).any()


@pytest.mark.parametrize("kind", KINDS)
def test_random_conditions_differ(kind: str) -> None:
    rng = np.random.default_rng(2)
    first, second = (random_condition(kind, rng)(IMAGE, LANDMARKS, np.random.default_rng(1)) for _ in range(2))
    assert not np.array_equal(first, second)


def test_a_mask_covers_nose_and_mouth_and_leaves_the_eyes() -> None:
    covered = changed(Mask().draw(IMAGE, LANDMARKS))
    right_eye, left_eye, nose, *mouth = LANDMARKS
    assert [at(covered, point) for point in (nose + np.array([0, 3]), *mouth)] == [True] * 3
    assert [at(covered, point) for point in (right_eye, left_eye)] == [False] * 2


def test_sunglasses_hide_the_eyes_and_frames_do_not() -> None:
    dark = Glasses(opacity=1.0, lens_color=(0.0, 0.0, 0.0)).draw(IMAGE, LANDMARKS)
    frames = changed(Glasses().draw(IMAGE, LANDMARKS))
    for eye in LANDMARKS[:2]:
        x, y = np.round(eye).astype(int)
        assert dark[y, x].max() == 0
        assert not at(frames, eye)
    assert frames.any()
    assert not at(frames, LANDMARKS[3])


def test_the_lower_rim_of_half_frames_is_absent() -> None:
    whole, half = (changed(Glasses(rim=rim).draw(IMAGE, LANDMARKS)) for rim in (1.0, 0.5))
    below = LANDMARKS[0] + (0, 0.28 * np.hypot(*(LANDMARKS[1] - LANDMARKS[0])))
    assert at(whole, below)
    assert not at(half, below)


def test_darkness_scales_the_light() -> None:
    drawn = Darkness(0.1, 0.0).draw(IMAGE, np.random.default_rng(1))
    assert drawn.mean() == pytest.approx(IMAGE.mean() * 0.1, abs=0.6)


def test_infrared_light_is_gray_and_brightest_at_the_face() -> None:
    drawn = Infrared(noise=0.0).draw(IMAGE, LANDMARKS, np.random.default_rng(1))
    assert (drawn[..., :1] == drawn).all()
    assert drawn[0, 0, 0] < 30 < drawn[tuple(np.round(LANDMARKS[2]).astype(int)[::-1])][0]
