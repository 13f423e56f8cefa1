import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge_siamese.errors import DataError, ImageError
from edge_siamese.identity_dataset import IdentityDataset, Photo

PEOPLE = {"Ada/1.png": 10, "Ada/2.png": 20, "Ada/10.png": 30, "Ben/1.png": 40}


def png(level: int) -> bytes:
    return cv2.imencode(".png", np.full((4, 6, 3), level, np.uint8))[1].tobytes()


def write(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def pack(folder: Path, kind: str) -> Path:
    return folder if kind == "folder" else Path(shutil.make_archive(str(folder.parent / "packed"), kind, folder))


@pytest.fixture
def people(tmp_path: Path) -> Path:
    return write(tmp_path / "people", {name: png(level) for name, level in PEOPLE.items()})


@pytest.mark.parametrize("kind", ["folder", "zip", "gztar"])
@pytest.mark.parametrize("top", ["", "images/", "people/"])
def test_photos_are_sorted_by_person_and_number(tmp_path: Path, kind: str, top: str) -> None:
    tree = write(tmp_path / "tree", {top + name: png(level) for name, level in PEOPLE.items()})
    with IdentityDataset(pack(tree, kind)) as dataset:
        assert [photo.path for photo in dataset.photos] == list(PEOPLE)
        assert dataset.people == ["Ada", "Ben"]
        assert dataset.read(Photo("Ada", "Ada/10.png"))[0, 0].tolist() == [30, 30, 30]
        assert "Ben/1.png" in dataset
        assert "Ben/2.png" not in dataset


@pytest.mark.parametrize("kind", ["folder", "zip", "tar"])
def test_the_same_photo_of_one_person_counts_once(people: Path, kind: str) -> None:
    write(people, {"Ada/copy.png": png(10), "Ada/copy of copy.png": png(10), "Ben/adas.png": png(10)})
    with IdentityDataset(pack(people, kind)) as dataset:
        assert [photo.path for photo in dataset.photos] == [*PEOPLE, "Ben/adas.png"]
        assert {file.path: file.reason for file in dataset.skipped} == {
            "Ada/copy.png": "the same file as Ada/1.png, counted once",
            "Ada/copy of copy.png": "the same file as Ada/1.png, counted once",
        }


def test_what_is_not_used_is_named(people: Path) -> None:
    write(people, {"cover.png": png(1), "Ada/clip.mov": b"\0\0\0\x14ftypqt  \0\0"})
    (people / "Cyd").mkdir()
    with IdentityDataset(people) as dataset:
        assert {file.path for file in dataset.skipped} == {"cover.png", "Ada/clip.mov", "Cyd/"}


def test_a_photo_that_cannot_be_read_is_one_of_the_photos(people: Path) -> None:
    write(people, {"Cyd/1.heic": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"})
    with IdentityDataset(people) as dataset:
        assert dataset.people == ["Ada", "Ben", "Cyd"]
        with pytest.raises(ImageError, match=r"Cyd/1\.heic: "):
            dataset.read(dataset.photos[-1])


@pytest.mark.parametrize("kind", ["folder", "zip", "tar"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_pairs_are_found_inside_in_any_encoding(people: Path, kind: str, encoding: str) -> None:
    write(people, {"pairs.txt": "1\t1\r\nÄda\t1\t2\r\n".encode(encoding)})
    with IdentityDataset(pack(people, kind)) as dataset:
        assert dataset.pairs_file() == "1\t1\nÄda\t1\t2\n"


def test_pairs_are_found_beside(people: Path) -> None:
    with IdentityDataset(people) as dataset:
        assert dataset.pairs_file() is None
        (people.parent / "pairs.txt").write_text("beside")
        assert dataset.pairs_file() == "beside"


def test_pairs_that_are_no_text_are_refused_with_the_line(people: Path) -> None:
    write(people, {"pairs.txt": b"1\t1\nA\xe4da\t1\t2\n"})
    with (
        IdentityDataset(people) as dataset,
        pytest.raises(DataError, match=r"pairs\.txt: line 2: expected text in UTF-8"),
    ):
        dataset.pairs_file()
