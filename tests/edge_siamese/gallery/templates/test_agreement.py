"""Photos too unlike the others of their person, and how many people photos show."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from edge_siamese.gallery.templates.agreement import Agreement, group_by_person
from edge_siamese.gallery.templates.representatives import Candidates


def agreement(indices: list[tuple[int, ...]]) -> Agreement:
    return Agreement.of(Candidates.of(np.array(indices, np.int8), 0))


LIKE = [(100, 10, 0), (100, -10, 0), (90, 0, 20)]


@pytest.mark.parametrize("place", range(4))
def test_a_strangers_photo_is_found(place: int) -> None:
    indices: list[tuple[int, ...]] = [*LIKE]
    indices.insert(place, (0, 5, -100))
    assert agreement(indices).outliers == (place,)


def test_of_two_nobody_can_say_which_is_wrong() -> None:
    assert agreement([LIKE[0], (0, 5, -100)]).outliers == ()
    assert agreement(LIKE[:1]).outliers == ()


def test_templates_that_do_not_agree_at_all_are_left_alone() -> None:
    assert agreement([(100, 0, 0), (0, 100, 0), (0, 0, 100), (-100, 0, 0)]).outliers == ()


def test_below_half_the_median_of_the_means_is_exact() -> None:
    scores = np.array([(9, 8, 8, 2), (8, 9, 8, 2), (8, 8, 9, 2), (2, 2, 2, 9)], np.int64)
    at_one_third = Agreement.of(Candidates(scores, (0, 1, 2, 3)))
    assert at_one_third.with_others.tolist() == [18, 18, 18, 6]
    assert at_one_third.outliers == (3,)
    scores[3, :3] = scores[:3, 3] = 4  # sums 20, 20, 20, 12: more than half
    assert Agreement.of(Candidates(scores, (0, 1, 2, 3))).outliers == ()


@given(arrays.arrays(np.int8, st.tuples(st.integers(1, 12), st.integers(1, 4))), st.integers(-128, 127))
def test_half_or_more_always_stay(indices: np.ndarray, zero_point: int) -> None:
    assert len(Agreement.of(Candidates.of(indices, zero_point)).outliers) <= len(indices) // 2


def test_the_reason_has_both_figures() -> None:
    found = agreement([*LIKE, (0, 5, -100)])
    assert found.reason(3) == (
        f"an outlier: its mean score {found.means()[3]:.3f} with the person's other photos is below half of the "
        f"median, {np.median(found.means()):.3f}"
    )


def groups(*templates: tuple[int, ...], threshold: int = 16384) -> list[list[int]]:
    return group_by_person(np.array(templates, np.int8), 0, threshold)


def test_templates_are_sorted_by_person() -> None:
    assert groups(LIKE[0]) == [[0]]
    assert groups(*LIKE) == [[0, 1, 2]]
    assert groups(LIKE[0], (0, 5, -100), LIKE[1], (0, 0, -90), LIKE[2]) == [[0, 2, 4], [1, 3]]
    assert groups((0, 5, -100), LIKE[0]) == [[0], [1]]
    assert groups((0, 5, -100), LIKE[0], threshold=-32768) == [[0, 1]]


def test_a_group_is_compared_by_its_mean() -> None:
    """A template that is near one of a group, but not near their mean, is no part of it."""
    fan = [(100, 0, 0), (87, 50, 0), (50, 87, 0), (0, 100, 0)]  # 30 degrees apart
    assert groups(*fan, threshold=28000) == [[0, 1], [2, 3]]
    assert groups(*fan, threshold=16000) == [[0, 1, 2, 3]]
    assert groups(*fan, threshold=31000) == [[0], [1], [2], [3]]


@given(
    arrays.arrays(np.int8, st.tuples(st.integers(1, 10), st.integers(1, 4))),
    st.integers(-128, 127),
    st.integers(-32768, 32767),
)
def test_every_template_is_in_one_group(templates: np.ndarray, zero_point: int, threshold: int) -> None:
    found = group_by_person(templates, zero_point, threshold)
    assert sorted(row for group in found for row in group) == list(range(len(templates)))
    assert [len(group) for group in found] == sorted((len(group) for group in found), reverse=True)
