"""Every kind of defect spoils a face in its own way, the same one for the same random numbers."""

import cv2
import numpy as np
import pytest

from edge_siamese.alignment import CROP_SIZE
from edge_siamese.rendering import Person, View, render_crop
from edge_siamese_converter.augmentation.degradation import DEGRADATIONS, Image, degrade, scene

CROP = render_crop(Person.from_seed(3), View())


def strong(kind: str) -> list[Image]:
    return [degrade(CROP, kind, np.random.default_rng(seed)) for seed in range(8)]


def edges(image: Image) -> float:
    return float(cv2.Laplacian(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.CV_32F).std())


@pytest.mark.parametrize("kind", DEGRADATIONS)
def test_a_spoiled_crop_is_another_one_of_the_same_size(kind: str) -> None:
    before = CROP.copy()
    for degraded in strong(kind):
        assert (degraded.shape, degraded.dtype) == (CROP.shape, np.uint8)
        assert not np.array_equal(degraded, CROP)
    assert np.array_equal(CROP, before)
    assert np.array_equal(strong(kind)[0], strong(kind)[0])


def test_kinds_do_what_they_are_called() -> None:
    def mean(kind: str, figure: object) -> float:
        return float(np.mean([figure(image) for image in strong(kind)]))  # type: ignore[operator]

    assert mean("dark", np.mean) < 0.6 * CROP.mean()
    assert mean("bright", np.mean) > 1.2 * CROP.mean()
    assert mean("flat", np.std) < 0.8 * CROP.std()
    assert mean("blurred", edges) < 0.6 * edges(CROP)
    assert mean("moved", edges) < 0.6 * edges(CROP)
    assert mean("grainy", edges) > 1.5 * edges(CROP)


def test_light_from_the_side_leaves_the_other_half_dark() -> None:
    for image in strong("side light"):
        left, right = image[:, :30].mean() / CROP[:, :30].mean(), image[:, -30:].mean() / CROP[:, -30:].mean()
        assert min(left, right) < 0.8 * max(left, right)


@pytest.mark.parametrize("side", [14.0, 40.0, 112.0])
def test_a_scene_shows_the_crop_at_its_size(side: float) -> None:
    white, black = np.full((CROP_SIZE, CROP_SIZE, 3), 255, np.uint8), np.zeros((CROP_SIZE, CROP_SIZE, 3), np.uint8)
    for seed in range(5):
        image = scene(white, side, black, np.random.default_rng(seed))
        assert image.shape[0] == image.shape[1] >= min(2 * side, 24)
        assert image.sum() / (3 * 255) == pytest.approx(side**2, rel=0.2 if side < 20 else 0.08)
        assert image[0].max() == image[-1].max() == 0
