"""Cores are named on the command line and described to programs as a board's kernel would."""

import re

import pytest

from edge_siamese.errors import DataError
from edge_siamese_benchmarks.arm.cores import CORES, parse_cores


def test_names_keep_their_order_and_occur_once() -> None:
    assert [core.name for core in parse_cores("a76, a53,A76")] == ["a76", "a53"]


@pytest.mark.parametrize(("text", "named"), [("a99", "a99"), ("", "''"), (",", "','"), ("a72,cortex", "cortex")])
def test_an_unknown_core_is_one_sentence_with_the_known_ones(text: str, named: str) -> None:
    with pytest.raises(DataError, match=f"a53, a72, a76, found {re.escape(named)}"):
        parse_cores(text)


@pytest.mark.parametrize("core", CORES.values(), ids=list(CORES))
def test_cpuinfo_tells_the_part_and_the_dot_product(core: object) -> None:
    from edge_siamese_benchmarks.arm.cores import ArmCore

    assert isinstance(core, ArmCore)
    text = core.cpuinfo(count=2)
    assert text.count("processor\t:") == 2
    assert f"CPU part\t: 0x{core.part:03x}" in text
    assert ("asimddp" in text) == core.has_dot
