from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_siamese.errors import DataError
from edge_siamese.evaluation.pairs_file import parse_pairs_file

NAMES = st.text("abcXYZ_-", min_size=1, max_size=6)
NUMBERS = st.integers(1, 9999)


@given(st.lists(st.tuples(NAMES, NUMBERS, NUMBERS, NAMES, NUMBERS), min_size=2, max_size=12), st.booleans())
def test_what_is_listed_is_read(entries: list[tuple[str, int, int, str, int]], windows_newlines: bool) -> None:
    genuine = [f"{name}\t{first}\t{second}" for name, first, second, _, _ in entries]
    impostor = [f"{name}\t{first}\t{other}\t{third}" for name, first, _, other, third in entries]
    newline = "\r\n" if windows_newlines else "\n"
    listed = parse_pairs_file(newline.join([f"1\t{len(entries)}", *genuine, *impostor, ""]))
    name, first, second, other, third = entries[-1]
    assert listed.photos[len(entries) - 1] == (f"{name}/{name}_{first:04d}", f"{name}/{name}_{second:04d}")
    assert listed.photos[-1] == (f"{name}/{name}_{first:04d}", f"{other}/{other}_{third:04d}")
    assert listed.fold.tolist() == [0] * 2 * len(entries)


def test_folds_follow_one_another() -> None:
    listed = parse_pairs_file("2\t1\nA\t1\t2\nA\t1\tB\t1\nC\t1\t2\nC\t1\tD\t1\n")
    assert (listed.folds, listed.fold.tolist()) == (2, [0, 0, 1, 1])


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "in its first line, found"),
        ("ten\t300\n", "in its first line"),
        ("1\t1\nA\t1\t2\n", "expected 2 pairs after its first line, found 1"),
        ("1\t1\nA\t1\t2\nA\t1\n", "3 or 4 fields was expected, found 'A 1'"),
        ("1\t1\nA\tone\t2\nA\t1\tB\t2\n", "3 or 4 fields was expected"),
        ("1\t1\nA\t1\t2\nA\t1\tB\t2\t7\n", "3 or 4 fields was expected"),
    ],
)
def test_what_is_no_list_of_pairs_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        parse_pairs_file(text)


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(DataError):
        listed = parse_pairs_file(text)
        assert len(listed.photos) == len(listed.fold)
