"""The table of counted operators is written, read back and extended."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_siamese.arm_cost import CORES, KernelOperator, read_operators
from edge_siamese.errors import DataError
from edge_siamese_benchmarks.arm.counting import CountingRun
from edge_siamese_benchmarks.arm.operator_table import (  # fmt: skip
    CountedOperator,
    collect,
    merge,
    read_table,
    read_table_file,
    shipped_table,
    write_table,
    write_table_file,
)

from .conftest import STEP, HostRig

_SHAPES = st.lists(st.integers(1, 500), min_size=1, max_size=4).map(tuple)
_PAIRS = st.tuples(st.integers(0, 9), st.integers(0, 9))
_OPERATORS = st.builds(
    KernelOperator,
    st.sampled_from(["CONV_2D", "ADD", "custom, with a comma"]),
    _SHAPES, _SHAPES, st.sampled_from(["int8", "float32"]), _PAIRS, _PAIRS, st.just(False), st.booleans(),
)  # fmt: skip
_COUNTS = st.dictionaries(st.sampled_from(list(CORES)), st.integers(1, 10**10).map(float), min_size=1)


@given(st.dictionaries(_OPERATORS, _COUNTS, min_size=1, max_size=6))
def test_a_table_is_read_back(entries: dict[KernelOperator, dict[str, float]]) -> None:
    counted = [CountedOperator(operator, instructions) for operator, instructions in entries.items()]
    found = read_table(write_table(counted, list(CORES)))
    assert {entry.operator: entry.instructions for entry in found} == entries


@given(st.text(max_size=200))
def test_other_text_is_rejected(text: str) -> None:
    with pytest.raises(DataError, match="operator counts: expected the columns"):
        read_table(text)


def test_a_damaged_line_is_named() -> None:
    text = write_table([CountedOperator(KernelOperator("ADD", (1,), (1,)), {"a72": 1.0})], ["a72"])
    with pytest.raises(DataError, match="line 2 is not of the expected form"):
        read_table(text.replace("0x0", "one", 1))


def test_a_file_is_written_and_read(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    write_table_file(path, shipped_table())
    assert read_table_file(path) == shipped_table()
    with pytest.raises(DataError, match="cannot read it"):
        read_table_file(tmp_path / "none.csv")


def test_later_counts_replace_earlier_ones() -> None:
    add = KernelOperator("ADD", (1,), (1,))
    merged = merge([CountedOperator(add, {"a53": 1.0, "a72": 1.0})], [CountedOperator(add, {"a72": 2.0})])
    assert merged == [CountedOperator(add, {"a53": 1.0, "a72": 2.0})]


def test_every_distinct_operator_of_a_network_is_counted(host_rig: HostRig, small_model: Path) -> None:
    run = CountingRun(host_rig, repeat=1)  # type: ignore[arg-type]
    counted = collect([small_model], run, [CORES["a72"]])
    assert {entry.operator for entry in counted} == {
        operator for operator in read_operators(small_model) if not operator.is_free
    }
    assert all(entry.instructions == {"a72": float(sum(STEP))} for entry in counted)
