import numpy as np
import pytest

from edge_siamese_converter.augmentation.face_crop import CameraAugmentation

IMAGE = np.random.default_rng(0).integers(0, 256, (112, 112, 3), np.uint8)
NOTHING = {
    "flip": 0, "rotation_degrees": 0, "scale": 0, "shift_pixels": 0, "light": 0, "gray": 0, "low_resolution": 0,
    "blur": 0, "jpeg": 0, "occlusion": 0,
}  # fmt: skip


def test_without_effects_a_image_stays_as_it_is() -> None:
    assert np.array_equal(CameraAugmentation(**NOTHING)(IMAGE, np.random.default_rng(0)), IMAGE)


def test_a_flip_is_a_mirror() -> None:
    flipped = CameraAugmentation(**NOTHING | {"flip": 1})(IMAGE, np.random.default_rng(0))
    assert np.array_equal(flipped, IMAGE[:, ::-1])


@pytest.mark.parametrize("effect", ["light", "gray", "low_resolution", "blur", "jpeg", "occlusion", "worn", "night"])
def test_each_effect_changes_the_image_and_not_its_form(effect: str) -> None:
    before = IMAGE.copy()
    changed = CameraAugmentation(**NOTHING | {effect: 1})(IMAGE, np.random.default_rng(3))
    assert changed.shape == IMAGE.shape
    assert changed.dtype == np.uint8
    assert not np.array_equal(changed, IMAGE)
    assert np.array_equal(IMAGE, before)


def test_equal_generators_give_equal_images() -> None:
    first, second = (CameraAugmentation()(IMAGE, np.random.default_rng(7)) for _ in range(2))
    assert np.array_equal(first, second)


def test_what_is_worn_lies_on_the_face_and_moves_with_it() -> None:
    plain = np.full((112, 112, 3), 128, np.uint8)
    changed = np.zeros((112, 112), bool)
    for seed in range(12):
        drawn = CameraAugmentation(**NOTHING | {"worn": 1})(plain, np.random.default_rng(seed))
        changed |= (drawn != plain).any(axis=2)
    assert changed[45:58, 30:82].mean() > 0.8  # the eyes
    assert changed[80:100, 45:67].mean() > 0.8  # the mouth
    assert not changed[:25].any()
    flipped = CameraAugmentation(**NOTHING | {"worn": 1, "flip": 1})(plain, np.random.default_rng(5))
    assert np.array_equal(
        flipped, CameraAugmentation(**NOTHING | {"worn": 1})(plain, np.random.default_rng(5))[:, ::-1]
    )


def test_without_worn_and_night_the_random_numbers_stay_as_they_were() -> None:
    rng, other = np.random.default_rng(2), np.random.default_rng(2)
    CameraAugmentation(**NOTHING)(IMAGE, rng)
    other.normal(size=4)
    other.random(7)
    assert rng.random() == other.random()
