import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_siamese.errors import DataError
from edge_siamese_converter.data.labeled import LabeledImages
from edge_siamese_converter.data.pair_lists import PairList, read_pairs, write_pairs

Make = Callable[..., LabeledImages]
NAME = st.text(st.characters(categories=["L", "N", "P", "S"], exclude_characters="/\\"), min_size=1, max_size=8).filter(
    lambda name: name.isprintable() and name not in {".", ".."}
)
PATHS = st.lists(NAME, min_size=1, max_size=3).map("/".join)


@pytest.mark.parametrize("suffix", [".csv", ".npz"])
@settings(max_examples=40)
@given(pairs=st.lists(st.tuples(PATHS, PATHS, st.booleans()), max_size=20))
def test_lists_come_back_as_they_were_written(suffix: str, pairs: list[tuple[str, str, bool]]) -> None:
    is_genuine = np.array([pair[2] for pair in pairs], bool)
    written = PairList([pair[0] for pair in pairs], [pair[1] for pair in pairs], is_genuine)
    with tempfile.TemporaryDirectory() as folder:
        write_pairs(Path(folder, "new", f"pairs{suffix}"), written)
        read = read_pairs(Path(folder, "new", f"pairs{suffix}"))
    assert (read.first, read.second, read.is_genuine.tolist()) == (written.first, written.second, is_genuine.tolist())


def test_a_csv_is_plain(labeled: Make, tmp_path: Path) -> None:
    images = labeled({"a": 2, "b": 1})
    write_pairs(tmp_path / "p.csv", PairList.of(images, np.array([[0, 1], [2, 0]]), np.array([True, False])))
    assert (tmp_path / "p.csv").read_bytes() == b"first,second,is_genuine\na/0.png,a/1.png,1\nb/0.png,a/0.png,0\n"


def test_a_csv_of_a_spreadsheet_is_read(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_bytes("\ufefffirst,second,is_genuine\r\na/1.png,b/1.png,0\r\n".encode())
    assert read_pairs(tmp_path / "p.csv").second == ["b/1.png"]


def test_rows_are_found_again(labeled: Make) -> None:
    images = labeled({"a": 3, "b": 2})
    index, is_genuine = np.array([[0, 2], [4, 1], [3, 4]]), np.array([True, False, True])
    assert np.array_equal(PairList.of(images, index, is_genuine).rows(images), index)


def test_what_contradicts_the_images_is_refused(labeled: Make) -> None:
    images = labeled({"a": 2, "b": 1})
    with pytest.raises(DataError, match=r"same is 0 for a/0\.png and a/1\.png, their classes disagree"):
        PairList(["a/0.png"], ["a/1.png"], np.array([False])).rows(images)
    with pytest.raises(DataError, match=r"c/0\.png is not one of the images"):
        PairList(["a/0.png"], ["c/0.png"], np.array([False])).rows(images)


@pytest.mark.parametrize("path", ["/a/1.png", "a\\1.png", "../1.png", "a/../1.png", "", "a/\n.png"])
def test_paths_of_one_machine_only_are_refused(path: str) -> None:
    with pytest.raises(DataError, match="relative path with forward slashes"):
        PairList([path], ["a/1.png"], np.array([True]))


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "expected the header"),
        ("a,b,label\n", "expected the header first,second,is_genuine, found a,b,label"),
        ("first,second,is_genuine\na,b,1\na,b\n", "line 3: expected two paths and 0 or 1"),
        ("first,second,is_genuine\na,b,yes\n", "line 2"),
        ('first,second,is_genuine\n"a,b,1\n', "cannot read it"),
    ],
)
def test_other_csv_files_are_refused(tmp_path: Path, text: str, what: str) -> None:
    (tmp_path / "p.csv").write_text(text)
    with pytest.raises(DataError, match=what):
        read_pairs(tmp_path / "p.csv")


def test_other_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "p.npz").write_bytes(b"PK nothing")
    for name, what in (
        ("p.npz", "cannot read it"),
        ("p.txt", "ends with .csv or .npz"),
        ("none.csv", "cannot read it"),
    ):
        with pytest.raises(DataError, match=what):
            read_pairs(tmp_path / name)


def test_parts_of_other_lengths_are_refused() -> None:
    with pytest.raises(DataError, match="found 1, 0 and 1"):
        PairList(["a"], [], np.array([True]))
