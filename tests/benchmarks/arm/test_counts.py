"""The counter's file is read strictly, and counts are differences between its marks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_siamese.errors import EdgeSiameseError
from edge_siamese_benchmarks.arm.counts import Count, Marks

_ROWS = st.lists(st.tuples(st.integers(0, 10**12), st.integers(0, 10**12)), min_size=1, max_size=8)


@given(_ROWS)
def test_what_the_counter_writes_is_read_back(steps: list[tuple[int, int]]) -> None:
    totals = [tuple(sum(step[kind] for step in steps[: end + 1]) for kind in range(2)) for end in range(len(steps))]
    lines = [f"mark {mark} {a} {b}\n" for mark, (a, b) in enumerate(totals)]
    marks = Marks.parse("kinds dot other\n" + "".join(lines))
    assert marks.kinds == ("dot", "other")
    assert [marks.counts[mark] for mark in range(len(steps))] == totals


@given(st.text(max_size=200))
def test_any_other_text_is_rejected_in_one_sentence(text: str) -> None:
    with pytest.raises(EdgeSiameseError, match=r"^instruction counts: expected .*$"):
        Marks.parse(text)


@given(st.text(alphabet="mark kinds0123456789-\n", max_size=80))
def test_lines_that_look_alike_are_read_or_rejected(text: str) -> None:
    try:
        marks = Marks.parse("kinds a b\n" + text)
    except EdgeSiameseError:
        return
    assert all(len(counts) == 2 for counts in marks.counts.values())


def test_a_last_line_without_its_end_is_left_out() -> None:
    marks = Marks.parse("kinds a b\nmark 0 1 2\nmark 1 3")
    assert marks.counts == {0: (1, 2)}


@pytest.mark.parametrize(
    "text",
    ["", "mark 0 1\n", "kinds\n", "kinds a\nmark 0\n", "kinds a\nmark 0 1 2\n", "kinds a\nmark 0 -1\n", "kinds a\n\n"],
)
def test_a_damaged_file_is_rejected(text: str) -> None:
    with pytest.raises(EdgeSiameseError, match="instruction counts: expected"):
        Marks.parse(text)


def test_counts_that_go_down_are_rejected() -> None:
    with pytest.raises(EdgeSiameseError, match="mark 1 has fewer"):
        Marks.parse("kinds a\nmark 0 5\nmark 1 4\n")


def test_a_count_is_the_mean_of_the_runs_between_two_marks() -> None:
    marks = Marks.parse("kinds a b\nmark 0 100 10\nmark 1 300 20\n")
    by_kind = marks.between(0, 1, repeat=2)
    assert by_kind == {"a": 100.0, "b": 5.0}
    assert Count("net", "", "a72", by_kind, {}).instructions == 105.0


def test_a_missing_mark_is_named() -> None:
    with pytest.raises(EdgeSiameseError, match="mark 7 is missing"):
        Marks.parse("kinds a\nmark 0 1\n").between(0, 7, 1)
