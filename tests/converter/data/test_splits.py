from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_siamese.errors import DataError
from edge_siamese_converter.data.labeled import LabeledImages
from edge_siamese_converter.data.splits import Split, split_classes, split_folds, split_rest, split_units

Make = Callable[..., LabeledImages]
PEOPLE = {f"person {number}": 3 for number in range(20)}
ALPHABETS = {f"alphabet {number % 8}/letter {number}": 2 for number in range(40)}


def unlike(counts: dict[str, int], grouped: bool = False) -> LabeledImages:
    """Images whose two pixels count them."""
    names = [name for name, count in counts.items() for _ in range(count)]
    labels = np.arange(len(names))
    images = np.stack([labels // 256, labels % 256], axis=1).astype(np.uint8).reshape(-1, 1, 2, 1)
    groups = [name.split("/")[0] for name in names] if grouped else None
    return LabeledImages(images, names, [f"{name}#{row}" for row, name in enumerate(names)], groups)


@given(
    counts=st.dictionaries(
        st.integers(0, 60).map(lambda number: f"{number % 7}/{number}"), st.integers(1, 4), min_size=8, max_size=40
    ),
    shares=st.tuples(st.floats(0.05, 0.6), st.floats(0.05, 0.4)),
    seed=st.integers(0, 5),
    grouped=st.booleans(),
)
def test_sides_never_share_a_class_a_group_or_a_image(
    counts: dict[str, int], shares: tuple[float, float], seed: int, grouped: bool
) -> None:
    images = unlike(counts, grouped)
    try:
        split = split_classes(images, test=shares[0], validation=shares[1], seed=seed, min_images=1)
    except DataError:
        return
    sides = list(split.sides().values())
    for members in ([side.classes for side in sides], [side.content_digests for side in sides]):
        assert sum(len(set(each)) for each in members) == len(set().union(*members))
    if grouped:
        assert not set(split.test.groups or []) & set(split.training.groups or [])
    assert sorted(path for side in sides for path in side.paths) == sorted(images.paths)
    assert all(sum(count >= 2 for count in side.counts().values()) >= 2 for side in sides)


def test_the_same_classes_are_kept_back_whatever_else_is_there(labeled: Make) -> None:
    first = split_classes(labeled(PEOPLE), test=0.3, validation=0.2)
    again = split_classes(labeled(dict(reversed(PEOPLE.items()))), test=0.3, validation=0.2)
    assert first.test.classes == again.test.classes
    assert [len(side.classes) for side in first.sides().values()] == [10, 4, 6]
    other = split_classes(labeled(PEOPLE), test=0.3, validation=0.2, seed=1)
    assert other.test.classes != first.test.classes


def test_groups_stay_whole(labeled: Make) -> None:
    split = split_classes(labeled(ALPHABETS, grouped=True), test=0.25, validation=0.1)
    assert [len(set(side.groups or [])) for side in split.sides().values()] == [5, 1, 2]
    assert [len(side.classes) for side in split.sides().values()] == [25, 5, 10]


def test_classes_with_too_few_images_are_not_trained_on(labeled: Make) -> None:
    split = split_classes(labeled(PEOPLE | {"once": 1, "twice": 2}), test=0.2, validation=0.2, min_images=3)
    assert not {"once", "twice"} & set(split.training.classes) | {"once"} & set(split.validation.classes)


def test_without_test_classes_the_validation_classes_are_judged_on(labeled: Make) -> None:
    split = split_classes(labeled(PEOPLE), test=0, validation=0.2)
    assert split.test is split.validation


def test_every_class_is_judged_on_in_one_fold(labeled: Make) -> None:
    folds = list(split_folds(labeled(PEOPLE), 5, validation=0.25))
    assert sorted(name for fold in folds for name in fold.test.classes) == sorted(PEOPLE)
    assert {len(fold.validation.classes) for fold in folds} == {4}


def test_named_classes_are_judged_on_and_a_share_of_the_others_chosen_by(labeled: Make) -> None:
    split = split_rest(labeled(PEOPLE), ["person 3", "person 7"], validation=0.5)
    assert split.test.classes == ["person 3", "person 7"]
    assert len(split.validation.classes) == 9


def test_an_unknown_name_is_refused(labeled: Make) -> None:
    with pytest.raises(DataError, match="'nobody' is no class or group"):
        split_units(labeled(PEOPLE), ["nobody"], ["person 1", "person 2"])


def test_too_few_classes_are_refused_with_the_numbers(labeled: Make) -> None:
    with pytest.raises(DataError, match=r"training needs at least 2 classes .*, found 1; there are 5 such classes"):
        split_classes(labeled({f"p{number}": 2 for number in range(5)}), test=0.3, validation=0.2)


def test_a_class_or_a_image_on_two_sides_is_refused(labeled: Make) -> None:
    first, second, third = (labeled({name: 2}) for name in "abc")
    with pytest.raises(DataError, match=r"the class a is in \w+ and in \w+"):
        Split(first, second, first)
    with pytest.raises(DataError, match=r"the image [0-9a-f]{64} is in training and in validation"):
        Split(first, second, third)
