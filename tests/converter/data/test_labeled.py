import numpy as np
import pytest

from edge_siamese_converter.data.labeled import LabeledImages


def gray(levels: list[int], names: list[str]) -> LabeledImages:
    images = np.array(levels, np.uint8)[:, None, None, None] * np.ones((1, 2, 3, 1), np.uint8)
    return LabeledImages(images, names, [f"{name}/{number}" for number, name in enumerate(names)])


def test_numbers_follow_the_sorted_names_whatever_the_order_of_the_images() -> None:
    images = gray([1, 2, 3, 4], ["mia", "anna", "mia", "ben"])
    assert images.classes == ["anna", "ben", "mia"]
    assert images.labels().tolist() == [2, 0, 2, 1]
    assert images.counts() == {"anna": 1, "ben": 1, "mia": 2}


def test_chosen_images_keep_their_names_and_paths() -> None:
    chosen = gray([1, 2, 3], ["a", "b", "c"]).where(np.array([True, False, True]))
    assert (chosen.names, chosen.paths) == (["a", "c"], ["a/0", "c/2"])
    assert chosen.images[:, 0, 0, 0].tolist() == [1, 3]


def test_the_digest_sees_names_pixels_and_shape() -> None:
    is_genuine, images = gray([1, 2], ["a", "b"]), gray([1, 2], ["a", "b"])
    assert is_genuine.digest == images.digest
    turned = LabeledImages(images.images.reshape(2, 3, 2, 1), images.names, images.paths)
    others = {gray([1, 3], ["a", "b"]).digest, gray([1, 2], ["a", "c"]).digest, turned.digest}
    assert len(others | {is_genuine.digest}) == 4


def test_equal_images_have_equal_content_digests() -> None:
    first, second, third = gray([5, 5, 6], ["a", "b", "b"]).content_digests
    assert first == second != third


@pytest.mark.parametrize(
    "images", [np.zeros((2, 4, 4), np.uint8), np.zeros((2, 4, 4, 2), np.uint8), np.zeros((2, 4, 4, 3), np.float32)]
)
def test_other_arrays_are_refused(images: np.ndarray) -> None:
    with pytest.raises(ValueError, match="expected uint8"):
        LabeledImages(images, ["a", "b"], ["1", "2"])


def test_a_missing_name_is_refused() -> None:
    with pytest.raises(ValueError, match="each of 2 images"):
        LabeledImages(np.zeros((2, 4, 4, 1), np.uint8), ["a"], ["1", "2"])
