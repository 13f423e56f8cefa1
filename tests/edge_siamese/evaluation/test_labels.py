from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_siamese.errors import DataError
from edge_siamese.evaluation.labels import read_labels
from edge_siamese.identity_dataset import Photo

PHOTOS = [Photo("anna", "anna/1.jpg"), Photo("anna", "anna/2.jpg"), Photo("ben", "ben/1.jpg")]


def write(folder: Path, text: str) -> Path:
    path = folder / "labels.csv"
    path.write_text(text, "utf-8")
    return path


def test_labels_are_read_by_photo(tmp_path: Path) -> None:
    path = write(tmp_path, "\ufeffphoto,brightness,age\nben/1.jpg, night ,old\n\nanna/1.jpg,day,\n")
    assert read_labels(path, PHOTOS) == {"brightness": ["day", "", "night"], "age": ["", "", "old"]}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "expected a header of 'photo' and at least one label, each once, found ''"),
        ("photo\n", "at least one label, each once, found 'photo'"),
        ("photo,a,a\n", "each once, found 'photo,a,a'"),
        ("photo,a\nanna/1.jpg\n", "expected 2 fields in every row, found 'anna/1.jpg'"),
        ("photo,a\nanna/9.jpg,x\n", "does not have: 'anna/9.jpg'; expected paths as 'anna/1.jpg'"),
        ("photo,a\nanna/1.jpg,x\nanna/1.jpg,y\n", "names twice 'anna/1.jpg'"),
        ('photo,a\nanna/1.jpg,"x\n', "expected a CSV in UTF-8"),
    ],
)
def test_a_bad_file_of_labels_is_named(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(DataError, match=f"labels.csv: .*{sentence}"):
        read_labels(write(tmp_path, text), PHOTOS)


def test_a_missing_file_of_labels_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nothing\.csv: expected a CSV"):
        read_labels(tmp_path / "nothing.csv", PHOTOS)


@given(data=st.binary(max_size=80))
def test_whatever_stands_in_the_file_ends_in_labels_or_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "labels.csv"
    path.write_bytes(data)
    try:
        labels = read_labels(path, PHOTOS)
    except DataError:
        return
    assert all(len(column) == len(PHOTOS) for column in labels.values())
