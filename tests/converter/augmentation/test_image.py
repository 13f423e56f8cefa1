import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_siamese.errors import DataError
from edge_siamese_converter.augmentation.face_crop import CameraAugmentation
from edge_siamese_converter.augmentation.image import ImageAugmentation, create_augmentation

NOTHING = {"rotation_degrees": 0.0, "shift": 0.0, "scale": 0.0, "shear": 0.0}
SOFT = np.add.outer(np.arange(24) * 4, np.arange(32) * 3).astype(np.uint8)[..., None]
EFFECTS = {"rotation_degrees": 20.0, "shift": 0.2, "scale": 0.3, "stretch": 0.3, "shear": 0.3, "zoom": 0.2, "flip": 1.0}


def changed(image: np.ndarray, seed: int = 3, **settings: object) -> np.ndarray:
    return ImageAugmentation(**NOTHING | settings)(image, np.random.default_rng(seed))


@pytest.mark.parametrize("channels", [1, 3])
def test_without_amounts_a_image_stays_as_it_is(channels: int) -> None:
    image = np.random.default_rng(0).integers(0, 256, (9, 14, channels), np.uint8)
    assert np.array_equal(changed(image), image)


def test_a_flip_is_a_mirror_and_off_by_default() -> None:
    assert np.array_equal(changed(SOFT, flip=1.0), SOFT[:, ::-1])
    assert ImageAugmentation().flip == 0


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("effect", sorted(EFFECTS))
def test_each_effect_changes_the_image_and_not_its_form(effect: str, channels: int) -> None:
    image = np.repeat(SOFT, channels, axis=2)
    before = image.copy()
    result = changed(image, **{effect: EFFECTS[effect]})
    assert result.shape == image.shape
    assert result.dtype == np.uint8
    assert not np.array_equal(result, image)
    assert np.array_equal(image, before)


@settings(max_examples=50)
@given(height=st.integers(2, 40), width=st.integers(2, 40), channels=st.sampled_from([1, 3]), seed=st.integers(0, 99))
def test_any_size_works_and_equal_generators_give_equal_images(
    height: int, width: int, channels: int, seed: int
) -> None:
    image = np.random.default_rng(seed).integers(0, 256, (height, width, channels), np.uint8)
    results = [ImageAugmentation(**EFFECTS)(image, np.random.default_rng(seed)) for _ in range(2)]
    assert results[0].shape == image.shape
    assert np.array_equal(*results)


def test_a_zoom_shows_a_window_of_the_enlarged_image() -> None:
    ramp = np.broadcast_to(np.linspace(0, 255, 105).astype(np.uint8)[None, :, None], (105, 105, 1))
    for seed in range(20):
        result = changed(ramp, seed, zoom=25 / 130)[50, :, 0].astype(int)
        assert result[-1] - result[0] == pytest.approx(255 * 105 / 130, abs=6)


def test_a_shift_goes_no_further_than_asked() -> None:
    image = np.zeros((21, 21, 1), np.uint8)
    image[10, 10] = 255
    for seed in range(30):
        rows, columns = np.nonzero(changed(image, seed, shift=0.2)[..., 0])
        assert (np.abs([*rows - 10, *columns - 10]) <= 5).all()


def test_borders_are_continued_as_asked() -> None:
    image = np.random.default_rng(0).integers(0, 256, (8, 8, 1), np.uint8)
    shown = {border: changed(image, 5, shift=0.5, border=border) for border in ("replicate", "reflect", "wrap")}
    assert len({each.tobytes() for each in shown.values()}) == 3


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"shift": -0.1}, r"shift has to be from 0 to 1, found -0\.1"),
        ({"zoom": 1.0}, r"zoom has to be from 0 to 0\.9, found 1"),
        ({"border": "mirror"}, "unknown border 'mirror'"),
        ({"rotation": 3.0}, "augmentation image: unknown option 'rotation'; did you mean 'rotation_degrees'"),
    ],
)
def test_options_out_of_range_are_refused(options: dict[str, object], sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        create_augmentation("image", **options)


def test_augmentations_are_made_by_name() -> None:
    assert create_augmentation("image", flip=0.5) == ImageAugmentation(flip=0.5)
    assert create_augmentation("camera", flip=0) == CameraAugmentation(flip=0)
    with pytest.raises(DataError, match="unknown augmentation 'images'; did you mean 'image'"):
        create_augmentation("images")
