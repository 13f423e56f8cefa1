import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from edge_siamese.evaluation.open_set import OpenSetSplit

IMAGES = {"Ada": np.array([4, 0, 2]), "Ben": np.array([1, 3]), "Cyd": np.array([5])}


def test_enrolled_people_keep_images_back_and_all_others_are_strangers() -> None:
    split = OpenSetSplit.assign(IMAGES, {"Ada"}, lambda images: images[:2])
    assert (split.enrolled.tolist(), split.known.tolist(), split.strangers.tolist()) == ([0, 4], [2], [1, 3, 5])


def test_without_strangers_the_part_is_empty() -> None:
    split = OpenSetSplit.assign(IMAGES, set(IMAGES), lambda images: images)
    assert (len(split.enrolled), len(split.known), len(split.strangers)) == (6, 0, 0)
    assert split.known.dtype == np.int64


@given(st.sets(st.sampled_from(sorted(IMAGES))), st.integers(0, 3))
def test_every_image_plays_one_part(enrolled: set[str], count: int) -> None:
    split = OpenSetSplit.assign(IMAGES, enrolled, lambda images: images[:count])
    parts = np.concatenate([split.enrolled, split.known, split.strangers])
    assert sorted(parts.tolist()) == list(range(6))
