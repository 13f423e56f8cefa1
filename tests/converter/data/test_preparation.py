from contextlib import ExitStack

import cv2
import numpy as np
import pytest
from pydantic import ValidationError

from edge_siamese.alignment import align
from edge_siamese.engine import FaceEngine
from edge_siamese.errors import DataError
from edge_siamese.rendering import Person, View, render_portrait
from edge_siamese_converter.data.labeled import LabeledImages
from edge_siamese_converter.data.preparation import Preparation


def prepared(preparation: Preparation, image: np.ndarray) -> np.ndarray:
    with ExitStack() as stack:
        result = preparation.open(stack)(image)
    assert not isinstance(result, str), result
    return np.asarray(result)


def test_shrinking_averages_and_growing_interpolates() -> None:
    stripes = np.tile(np.array([0, 255], np.uint8)[None, :, None], (16, 8, 3))
    assert set(np.unique(prepared(Preparation(size=(8, 8)), stripes))) <= {127, 128}
    ramp = np.arange(0, 160, 10, dtype=np.uint8)[None, :, None].repeat(16, 0).repeat(3, 2)
    grown = prepared(Preparation(size=(16, 32)), ramp)
    assert np.all(np.diff(grown[0, :, 0].astype(int)) >= 0)
    assert len(np.unique(grown)) > 16


def test_gray_is_the_luma_of_bt_601() -> None:
    image = np.full((8, 8, 3), (200, 100, 50), np.uint8)
    gray = prepared(Preparation(size=(8, 8), channels=1), image)
    assert gray.shape == (8, 8, 1)
    assert abs(int(gray[0, 0, 0]) - (0.299 * 200 + 0.587 * 100 + 0.114 * 50)) <= 1


def test_the_center_keeps_the_proportions_of_the_size() -> None:
    """A disc stays a disc, though the image is wide and the size is high."""
    image = np.zeros((100, 200, 3), np.uint8)
    cv2.circle(image, (100, 50), 20, (255, 255, 255), -1)
    seen = prepared(Preparation(size=(80, 40), align="center"), image)[..., 0] > 127
    assert abs(int(seen.any(0).sum()) - int(seen.any(1).sum())) <= 1
    closer = prepared(Preparation(size=(80, 40), align="center", crop_factor=0.5), image)[..., 0] > 127
    assert closer.any(1).sum() == pytest.approx(2 * seen.any(1).sum(), abs=2)


def test_an_aligned_crop_is_the_devices_own() -> None:
    portrait = render_portrait(Person.from_seed(5), View(), background_seed=1).image
    with FaceEngine.default() as engine:
        expected = align(portrait, engine.detect(portrait)[0].landmarks)
    assert np.array_equal(prepared(Preparation(align="detector"), portrait), expected)


def test_a_larger_crop_factor_shows_more_around_the_same_center() -> None:
    portrait = render_portrait(Person.from_seed(5), View(), background_seed=1).image
    usual = prepared(Preparation(align="detector"), portrait).astype(float)
    wide = prepared(Preparation(align="detector", crop_factor=1.6), portrait)
    # The middle 1 / 1.6 of the wide crop, enlarged, is the usual crop.
    matrix = np.array([[1.6, 0, 55.5 * (1 - 1.6)], [0, 1.6, 55.5 * (1 - 1.6)]])
    enlarged = cv2.warpAffine(wide, matrix, (112, 112), flags=cv2.INTER_LINEAR).astype(float)
    assert np.abs(enlarged - usual).mean() < 6
    assert np.abs(wide.astype(float) - usual).mean() > 12


def test_without_a_face_the_reason_is_given() -> None:
    with ExitStack() as stack:
        assert Preparation(align="detector").open(stack)(np.full((90, 90, 3), 80, np.uint8)) == "no face found"


@pytest.mark.parametrize(
    "settings",
    [
        {"size": (0, 5)},
        {"channels": 2},
        {"crop_factor": 1.2},
        {"align": "center", "crop_factor": 1.2},
        {"near_duplicates": 1.0},
        {"color": True},
    ],
)
def test_settings_that_make_no_sense_are_refused(settings: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Preparation.model_validate(settings)


def levels(images: list[tuple[str, int]]) -> LabeledImages:
    array = np.stack([np.full((8, 8, 1), level, np.uint8) for _, level in images])
    names = [name for name, _ in images]
    return LabeledImages(array, names, [f"{name}/{row}" for row, name in enumerate(names)], None, {"x": "broken"})


def test_equal_images_are_left_out_and_named_in_one_class_or_two() -> None:
    kept = Preparation().select(levels([("a", 1), ("a", 1), ("a", 9), ("b", 9), ("b", 5)]))
    assert kept.paths == ["a/0", "a/2", "b/4"]
    assert kept.skipped == {"x": "broken", "a/1": "the same image as a/0", "b/3": "the same image as a/2"}


def test_near_duplicates_are_judged_within_a_class_by_the_mean_difference() -> None:
    kept = Preparation(near_duplicates=0.1).select(levels([("a", 0), ("a", 25), ("a", 26), ("b", 1), ("b", 99)]))
    assert kept.paths == ["a/0", "a/2", "b/3", "b/4"]
    assert kept.skipped["a/1"] == "nearly the same image as a/0"


def test_classes_are_limited_below_and_above_and_everything_is_accounted_for() -> None:
    everything = levels([("a", 1), ("b", 2), ("b", 3), ("b", 4)])
    kept = Preparation(min_images=2, max_images=2).select(everything)
    assert kept.paths == ["b/1", "b/2"]
    assert {*kept.paths, *kept.skipped} == {*everything.paths, "x"}
    assert "fewer than 2" in kept.skipped["a/0"]


def test_nothing_left_is_an_error_that_says_why() -> None:
    with pytest.raises(DataError, match="no image is left"):
        Preparation(min_images=3).select(levels([("a", 1), ("b", 2)]))
