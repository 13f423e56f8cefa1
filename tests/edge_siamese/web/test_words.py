"""Sentences for people, checked against the numbers behind them."""

from collections.abc import Callable

import pytest

from edge_siamese.decision import Reason
from edge_siamese.gallery.operating_point_choice import OperatingPointChoice
from edge_siamese.operating_point import OperatingPoint
from edge_siamese.web.words import REASON_ADVICE, REASON_WORDS, one_in, strangers_named, strangers_pass


@pytest.mark.parametrize(
    ("rate", "words"),
    [
        (0.001, "1 in 1,000"),
        (0.0001, "1 in 10,000"),
        (0.0015, "1 in 670"),
        (0.01, "1 in 100"),
        (0.1, "1 in 10"),
        (0.32, "1 in 3.1"),
        (0.5, "1 in 2"),
        (1.0, "1 in 1"),
        (1e-6, "1 in 1,000,000"),
    ],
)
def test_a_rate_is_a_proportion(rate: float, words: str) -> None:
    assert one_in(rate) == words


def test_the_rate_of_two_photos_is_that_of_the_operating_point(operating_point: Callable[..., OperatingPoint]) -> None:
    assert strangers_pass(operating_point(1e-3)) == "about 1 in 1,000 strangers would pass"


def test_a_weak_operating_point_is_not_called_strict(operating_point: Callable[..., OperatingPoint]) -> None:
    point = operating_point(1e-4)
    enough = OperatingPointChoice(point, "model", 1e-3, 1e-4, 10)
    weak = OperatingPointChoice(point, "model", 1e-3, 1e-5, 100)
    assert strangers_named(enough) == "about 1 in 1,000 strangers would be named"
    assert strangers_named(weak) == "up to 1 in 100 strangers would be named"


def test_every_reason_has_words_and_every_failure_advice() -> None:
    assert set(REASON_WORDS) == set(Reason)
    assert set(REASON_ADVICE) == set(Reason) - {Reason.OK}
