import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_siamese.errors import DataError
from edge_siamese.evaluation.pairs import IndexPairs
from edge_siamese_converter.data.labeled import LabeledImages
from edge_siamese_converter.data.pair_lists import read_pairs, write_pairs

Make = Callable[..., LabeledImages]
NAME = st.text(st.characters(categories=["L", "N", "P", "S"], exclude_characters="/\\"), min_size=1, max_size=8).filter(
    lambda name: name.isprintable() and name not in {".", ".."}
)
PATHS = st.lists(NAME, min_size=1, max_size=3).map("/".join)


HEADER = "first,second,is_genuine\n"


def images_of(paths: list[str], names: list[str]) -> LabeledImages:
    return LabeledImages(np.zeros((len(paths), 2, 2, 1), np.uint8), names, paths)


@pytest.mark.parametrize("suffix", [".csv", ".npz"])
@settings(max_examples=40)
@given(paths=st.lists(PATHS, min_size=1, max_size=6, unique=True), data=st.data())
def test_lists_come_back_as_they_were_written(suffix: str, paths: list[str], data: st.DataObject) -> None:
    images = images_of(paths, [f"class {number % 2}" for number in range(len(paths))])
    rows = st.integers(0, len(paths) - 1)
    index = np.array(data.draw(st.lists(st.tuples(rows, rows), max_size=20)), np.int64).reshape(-1, 2)
    is_genuine = index[:, 0] % 2 == index[:, 1] % 2
    with tempfile.TemporaryDirectory() as folder:
        write_pairs(Path(folder, "new", f"pairs{suffix}"), images, IndexPairs(index, is_genuine))
        read = read_pairs(Path(folder, "new", f"pairs{suffix}"), images)
    assert (read.index.tolist(), read.is_genuine.tolist()) == (index.tolist(), is_genuine.tolist())


def test_a_csv_is_plain(labeled: Make, tmp_path: Path) -> None:
    images = labeled({"a": 2, "b": 1})
    write_pairs(tmp_path / "p.csv", images, IndexPairs(np.array([[0, 1], [2, 0]]), np.array([True, False])))
    assert (tmp_path / "p.csv").read_bytes() == b"first,second,is_genuine\na/0.png,a/1.png,1\nb/0.png,a/0.png,0\n"


def test_a_csv_of_a_spreadsheet_is_read(labeled: Make, tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_bytes("\ufefffirst,second,is_genuine\r\na/1.png,b/0.png,0\r\n".encode())
    assert read_pairs(tmp_path / "p.csv", labeled({"a": 2, "b": 1})).index.tolist() == [[1, 2]]


def test_what_contradicts_the_images_is_rejected(labeled: Make, tmp_path: Path) -> None:
    images = labeled({"a": 2, "b": 1})
    for line, message in (
        ("a/0.png,a/1.png,0", r"is_genuine is 0 for a/0\.png and a/1\.png, their classes disagree"),
        ("a/0.png,c/0.png,0", r"c/0\.png is not one of the images"),
    ):
        (tmp_path / "p.csv").write_text(HEADER + line)
        with pytest.raises(DataError, match=message):
            read_pairs(tmp_path / "p.csv", images)


@pytest.mark.parametrize("path", ["/a/1.png", "a\\1.png", "../1.png", "a/../1.png", "", "a/\n.png"])
def test_paths_of_one_machine_only_are_rejected(tmp_path: Path, path: str) -> None:
    images = images_of([path, "a/1.png"], ["a", "a"])
    with pytest.raises(DataError, match="relative path with forward slashes"):
        write_pairs(tmp_path / "p.csv", images, IndexPairs(np.array([[0, 1]]), np.array([True])))


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
def test_other_csv_files_are_rejected(labeled: Make, tmp_path: Path, text: str, what: str) -> None:
    (tmp_path / "p.csv").write_text(text)
    with pytest.raises(DataError, match=what):
        read_pairs(tmp_path / "p.csv", labeled({"a": 1, "b": 1}))


def test_other_files_are_rejected(labeled: Make, tmp_path: Path) -> None:
    (tmp_path / "p.npz").write_bytes(b"PK nothing")
    for name, what in (
        ("p.npz", "cannot read it"),
        ("p.txt", "ends with .csv or .npz"),
        ("none.csv", "cannot be read"),
    ):
        with pytest.raises(DataError, match=what):
            read_pairs(tmp_path / name, labeled({"a": 1}))


def test_columns_of_other_lengths_are_rejected(labeled: Make, tmp_path: Path) -> None:
    columns = {"first": np.array(["a/0.png"]), "second": np.array([], np.str_), "is_genuine": np.array([True])}
    np.savez(tmp_path / "p.npz", **columns)  # type: ignore[arg-type]
    with pytest.raises(DataError, match="found 1, 0 and 1"):
        read_pairs(tmp_path / "p.npz", labeled({"a": 1}))
