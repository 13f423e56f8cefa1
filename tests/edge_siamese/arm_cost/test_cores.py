"""Cores are named on the command line."""

import re

import pytest

from edge_siamese.arm_cost import parse_cores
from edge_siamese.errors import DataError


def test_names_keep_their_order_and_occur_once() -> None:
    assert [core.name for core in parse_cores("a76, a53,A76")] == ["a76", "a53"]


@pytest.mark.parametrize(("text", "named"), [("a99", "a99"), ("", "''"), (",", "','"), ("a72,cortex", "cortex")])
def test_an_unknown_core_is_one_sentence_with_the_known_ones(text: str, named: str) -> None:
    with pytest.raises(DataError, match=f"a53, a72, a76, found {re.escape(named)}"):
        parse_cores(text)
