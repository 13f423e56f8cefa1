import numpy as np
import pytest

from edge_siamese.errors import DataError
from edge_siamese_converter.data.labeled import LabeledImages
from edge_siamese_converter.data.people import split_people


def people(*counts: int) -> LabeledImages:
    names = [f"person {number}" for number, count in enumerate(counts) for _ in range(count)]
    paths = [f"{name}/{number}.png" for number, name in enumerate(names)]
    return LabeledImages(np.zeros((len(names), 2, 2, 3), np.uint8), names, paths)


def test_nobody_is_on_both_sides_and_nobody_is_lost() -> None:
    training, validation = split_people(people(*[3] * 20, 1))
    assert not set(training.names) & set(validation.names)
    assert len(set(training.names)) == 17
    assert len(set(validation.names)) == 4


def test_the_same_people_are_kept_back_every_time() -> None:
    first, again = split_people(people(*[2] * 9)), split_people(people(*[2] * 9))
    assert first[1].names == again[1].names


def test_people_with_one_photo_only_train() -> None:
    assert "person 4" in split_people(people(2, 2, 2, 2, 1))[0].names


def test_too_few_people_are_refused_with_the_number() -> None:
    with pytest.raises(DataError, match=r"at least 4 people with 2 or more photos .*, found 3"):
        split_people(people(2, 2, 2, 1, 1, 1))
