import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_siamese.alignment import TEMPLATE, align, similarity


@given(angle=st.floats(-3.1, 3.1), scale=st.floats(0.05, 20), x=st.floats(-500, 500), y=st.floats(-500, 500))
def test_a_similarity_is_recovered_exactly(angle: float, scale: float, x: float, y: float) -> None:
    linear = scale * np.array([(np.cos(angle), -np.sin(angle)), (np.sin(angle), np.cos(angle))])
    moved = TEMPLATE @ linear.T + (x, y)
    found = similarity(TEMPLATE.astype(np.float64), moved)
    assert found[:, :2] == pytest.approx(linear, abs=1e-6 * max(scale, 1))
    assert found[:, 2] == pytest.approx([x, y], abs=1e-3 * max(scale, 1))


def test_a_mirrored_face_is_not_mirrored_back() -> None:
    mirrored = TEMPLATE * (-1, 1) + (112, 0)
    assert np.linalg.det(similarity(mirrored, TEMPLATE)[:, :2]) > 0


def test_coinciding_landmarks_give_a_translation_not_an_error() -> None:
    matrix = similarity(np.full((5, 2), 7.0), TEMPLATE)
    assert matrix[:, :2] == pytest.approx(np.eye(2))


def test_a_face_already_in_place_is_cut_unchanged() -> None:
    image = np.random.default_rng(0).integers(0, 256, (112, 112, 3), np.uint8)
    assert np.array_equal(align(image, TEMPLATE), image)


@pytest.mark.parametrize("factor", [2, 3, 4, 7])
def test_large_faces_are_averaged_before_they_are_cut(factor: int) -> None:
    """A checkerboard finer than the crop's pixels becomes gray instead of aliasing, and stays in place."""
    side = 112 * factor
    image = np.full((side, side, 3), 90, np.uint8)
    image[: side // 2] = 200
    landmarks = (TEMPLATE + 0.5) * factor - 0.5
    crop = align(image, landmarks).astype(int)
    assert abs(crop[:55] - 200).max() <= 1
    assert abs(crop[57:111, :111] - 90).max() <= 1
    fine = np.indices((side, side)).sum(0) // max(factor // 2, 1) % 2 * 255
    crop = align(np.repeat(fine[..., None], 3, axis=2).astype(np.uint8), landmarks)[2:-2, 2:-2]
    assert crop.std() < 75  # aliasing would keep the full contrast of 127


def test_what_lies_beyond_the_image_is_black() -> None:
    crop = align(np.full((40, 40, 3), 255, np.uint8), TEMPLATE)
    assert crop[:39, :39].min() == 255
    assert crop[41:].max() == 0


@pytest.mark.parametrize(("scale", "shift"), [(1, 0), (2.2, 20), (0.7, 150), (1, 380), (30, -200)])
def test_images_too_long_to_warp_are_cut_first_and_give_the_same_crop(
    scale: float, shift: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = np.random.default_rng(0).integers(0, 256, (300, 400, 3), np.uint8)
    landmarks = TEMPLATE * scale + shift
    whole = align(image, landmarks)
    monkeypatch.setattr("edge_siamese.alignment._MAX_WARPED_SIDE", 10)
    assert np.array_equal(align(image, landmarks), whole)


@pytest.mark.parametrize("shape", [(1, 3000), (3000, 1), (1, 1), (150, 40_000), (40_000, 150)])
@pytest.mark.parametrize("scale", [0.01, 1, 50])
def test_any_shape_is_aligned(shape: tuple[int, int], scale: float) -> None:
    assert align(np.full((*shape, 3), 99, np.uint8), TEMPLATE * scale).shape == (112, 112, 3)
