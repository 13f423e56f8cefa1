"""Counts over the budget are named; the shipped budget names what ships."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_siamese.errors import DataError
from edge_siamese.models import shipped_models
from edge_siamese_benchmarks.arm.budget import Budget
from edge_siamese_benchmarks.arm.report import Row
from edge_siamese_benchmarks.arm.subjects import resolve
from tests.counted_instructions import COUNTED

BUDGET = Budget({"net": {"a72": 1000, "a76": 500}})


def test_within_the_budget() -> None:
    assert BUDGET.check([Row("net", "", 0, instructions={"a72": 1000.0, "a76": 499.5})], {}) == []


def test_over_the_budget_says_by_how_much() -> None:
    (excess,) = BUDGET.check([Row("net", "", 0, instructions={"a72": 1010.0, "a76": 500.0})], {})
    assert str(excess) == "net on a72: 1,010 instructions, 1.00 % over 1,000"


def test_what_was_not_counted_is_not_within_the_budget() -> None:
    (excess,) = BUDGET.check([Row("net", "", 0, instructions={"a76": 1.0}), Row("net", "detect", 0)], {})
    assert str(excess) == "net on a72: not counted"


def test_words_of_the_command_line_may_be_called_otherwise_in_tables() -> None:
    budget = Budget({"pipeline": {"a72": 10}})
    row = Row("pipeline embedder + detector", "", 0, instructions={"a72": 9.0})
    assert budget.check([row], {"pipeline": row.name}) == []


def test_the_shipped_budget_holds_every_shipped_model_closely() -> None:
    budget = Budget.shipped()
    assert {path.stem for path in shipped_models()} <= set(budget.words)
    assert budget.cores == ["a53", "a72", "a76"]
    assert len(resolve(budget.words)) == len(budget.words)
    for name, counted in COUNTED.items():
        for core, millions in counted.items():
            assert 1.0 <= budget.allowed[name][core] / (millions * 1e6) < 1.002, (name, core)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "at least one table"),
        ("[net]\na99 = 5", "expected a53, a72, a76"),
        ("[net]\na72 = -5", "found a72 = -5"),
        ("[net]\na72 = true", "found a72 = True"),
        ("[net]", "a table of cores"),
        ("net = 5", "a table of cores"),
        ("[net", "expected TOML"),
    ],
)
def test_a_file_that_is_no_budget_is_rejected(text: str, expected: str) -> None:
    with pytest.raises(DataError, match=expected):
        Budget.parse(text)


@given(st.text(max_size=60))
def test_any_text_is_a_budget_or_rejected(text: str) -> None:
    with suppress(DataError):
        assert Budget.parse(text).words


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.toml: expected a budget"):
        Budget.read(tmp_path / "none.toml")
