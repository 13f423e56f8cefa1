"""Parts of topics for any name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_siamese.errors import DataError
from edge_siamese.events.topics import require_prefix, topic_part


@pytest.mark.parametrize(
    "name", ["a/b", "#", "+", "Zoë", "🙂", "", " ", "\x00", "Anna", "x" * 300, "李小龙", "../..", "$SYS"]
)
def test_a_part_has_only_letters_that_any_broker_takes(name: str) -> None:
    assert set(topic_part(name)) <= set("abcdefghijklmnopqrstuvwxyz0123456789_-")
    assert 1 <= len(topic_part(name)) <= 40


@given(st.text(), st.text())
def test_two_names_never_share_a_part(first: str, second: str) -> None:
    assert (topic_part(first) == topic_part(second)) == (first == second)


def test_a_plain_name_stays_readable_and_an_imitation_of_a_marked_one_does_not() -> None:
    assert topic_part("front-door_2") == "front-door_2"
    marked = topic_part("Anna")
    assert marked.startswith("anna_")
    assert topic_part(marked) != marked


@pytest.mark.parametrize("prefix", ["", "a//b", "/a", "a/", "a/#", "+/a", "$SYS/a", "a\nb", "x" * 201])
def test_a_prefix_with_a_wildcard_or_an_empty_level_is_one_sentence(prefix: str) -> None:
    with pytest.raises(DataError, match="expected levels such as 'home/door'"):
        require_prefix(prefix)


def test_a_prefix_of_levels_is_taken() -> None:
    assert require_prefix("haus/Tür") == "haus/Tür"
