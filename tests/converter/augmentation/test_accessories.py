import numpy as np
import pytest

from edge_siamese.alignment import TEMPLATE
from edge_siamese_converter.augmentation.accessories import with_frames, with_glasses, with_mask

LEVEL = np.full((112, 112, 3), 200, np.uint8)


def changed(image: np.ndarray) -> np.ndarray:
    return (image != LEVEL).any(axis=2)


@pytest.mark.parametrize("seed", range(8))
def test_a_mask_covers_the_mouth_and_not_the_eyes(seed: int) -> None:
    covered = changed(with_mask(LEVEL, TEMPLATE, np.random.default_rng(seed)))
    (right, left, _, *mouth) = np.round(TEMPLATE).astype(int)
    assert all(covered[y, x] for x, y in mouth)
    assert not any(covered[y, x] for x, y in (right, left))


@pytest.mark.parametrize("seed", range(8))
def test_glasses_cover_the_eyes_and_neither_nose_nor_mouth(seed: int) -> None:
    covered = changed(with_glasses(LEVEL, TEMPLATE, np.random.default_rng(seed)))
    (right, left, *others) = np.round(TEMPLATE).astype(int)
    assert covered[right[1], right[0]]
    assert covered[left[1], left[0]]
    assert not any(covered[y, x] for x, y in others)


@pytest.mark.parametrize("seed", range(8))
def test_a_frame_goes_around_the_eyes_and_covers_none(seed: int) -> None:
    covered = changed(with_frames(LEVEL, TEMPLATE, np.random.default_rng(seed)))
    for x, y in np.round(TEMPLATE).astype(int):
        assert not covered[y, x]
    for x, y in np.round(TEMPLATE[:2]).astype(int):
        assert covered[:y, x].any()
        assert covered[y + 1 : y + 25, x].any()


def test_a_profiles_mask_is_not_a_line_and_the_image_is_kept() -> None:
    profile = TEMPLATE.copy()
    profile[:, 0] = 56 + (profile[:, 0] - 56) * 0.05
    image = LEVEL.copy()
    covered = changed(with_mask(image, profile, np.random.default_rng(0)))
    assert covered.any(axis=0).sum() > 15
    assert (image == LEVEL).all()


def test_landmarks_far_outside_draw_nothing_inside() -> None:
    assert not changed(with_mask(LEVEL, TEMPLATE + 5000, np.random.default_rng(0))).any()
