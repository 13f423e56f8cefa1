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
    "text", ["1\nA\t1\t2\nA\t1\tB\t1\n", "1 1\nA 1 2\nA  1 B 1\n", "\ufeff1\t1\r\n A\t1\t2 \r\n\r\nA\t1\tB\t1"]
)
def test_one_number_spaces_and_marks_are_read(text: str) -> None:
    listed = parse_pairs_file(text)
    assert listed.photos == (("A/A_0001", "A/A_0002"), ("A/A_0001", "B/B_0001"))
    assert listed.folds == 1


def test_names_with_spaces_are_read_where_tabs_separate() -> None:
    assert parse_pairs_file("1\t1\nAnn Li\t1\t2\nAnn Li\t1\tB\t1").photos[0] == (
        "Ann Li/Ann Li_0001",
        "Ann Li/Ann Li_0002",
    )


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "line 1: expected 'folds<TAB>pairs a fold' or 'pairs', found ''"),
        ("ten\t300\n", "line 1: expected 'folds<TAB>pairs a fold' or 'pairs', found 'ten 300'"),
        ("1\t2\t3\n", "line 1: expected 'folds"),
        ("0\t3\n", "line 1: expected positive numbers"),
        ("1\t99999999\n", "line 1: expected positive numbers and at most 10,000,000 pairs"),
        ("1\t1\nA\t1\t2\n", "line 1 announces 2 pairs, 1 times 1 genuine and 1 impostor ones; found 1"),
        ("1\t1\nA\t1\t2\n\nA\t1\n", "line 4: expected 'person<TAB>n<TAB>m' or .*, found 'A 1'"),
        ("1\t1\nA\tone\t2\nA\t1\tB\t2\n", "line 2: expected 'person"),
        ("1\t1\nA\t1\t2\nA\t1\tB\t2\t7\n", "line 3: expected 'person"),
        ("1\t1\nA\t-1\t2\nA\t1\tB\t2\n", "line 2: expected 'person"),
    ],
)
def test_what_is_no_list_of_pairs_is_refused_with_the_line(text: str, sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        parse_pairs_file(text)


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(DataError):
        listed = parse_pairs_file(text)
        assert len(listed.photos) == len(listed.fold)


TEXT = "\n".join(
    [
        "2\t2",
        *("Ann_Li\t1\t2", "Bo_Ek\t3\t1", "Ann_Li\t1\tBo_Ek\t2", "Cy_Oh\t1\tDi_Wu\t1"),
        *("Ed_Xu\t1\t2", "Fay_Yu\t1\t2", "Ed_Xu\t2\tFay_Yu\t1", "Ed_Xu\t1\tGus_Ra\t4"),
    ]
)


def test_the_people_of_a_fold_include_those_of_impostor_pairs() -> None:
    assert parse_pairs_file(TEXT).of_folds([1]).people == {"Ann_Li", "Bo_Ek", "Cy_Oh", "Di_Wu"}
    assert parse_pairs_file(TEXT).of_folds([2]).people == {"Ed_Xu", "Fay_Yu", "Gus_Ra"}


def test_indices_go_by_person_and_number_wherever_the_images_lie() -> None:
    listed = parse_pairs_file(TEXT).of_folds([2, 1])
    paths = [
        "images/Ed_Xu/Ed_Xu_0001.jpg",
        "images/Ed_Xu/Ed_Xu_0002.jpg",
        "Fay_Yu/Fay_Yu_0001.png",
        "Ann_Li/Ann_Li_0001",
    ]
    rows, folds = listed.indices(paths)
    assert rows.tolist() == [[0, 1], [1, 2]]
    assert folds.tolist() == [1, 1]
    assert listed.fold.tolist() == [0, 0, 0, 0, 1, 1, 1, 1]


def test_a_missing_photo_is_named_with_the_line_where_all_have_to_be_there() -> None:
    with pytest.raises(
        DataError, match=r"pairs\.txt: line 2: names 'Ann_Li/Ann_Li_0002', which the photos do not have"
    ):
        parse_pairs_file(TEXT).require_indices(["Ann_Li/Ann_Li_0001.jpg"])


@pytest.mark.parametrize(("folds", "asked"), [([3], "3"), ([], "none"), ([0, 1], "0")])
def test_folds_that_are_not_there_are_refused(folds: list[int], asked: str) -> None:
    with pytest.raises(DataError, match=f"has the folds 1 to 2, asked for was {asked}"):
        parse_pairs_file(TEXT).of_folds(folds)
