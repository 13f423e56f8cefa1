import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from edge_siamese.errors import DataError
from edge_siamese_converter.data.preparation import Preparation
from edge_siamese_converter.data.sources import drawers, load_source, pairs_text

Write = Callable[..., None]
SMALL = Preparation(size=(12, 10))


def test_folders_may_lie_under_images(tmp_path: Path, write_noise: Write) -> None:
    for number, name in enumerate(["images/b/1.png", "images/a/1.png", "images/a/2.png"]):
        write_noise(tmp_path / name, number)
    found = load_source("folders", tmp_path, SMALL)
    assert found.names == ["a", "a", "b"]
    assert found.paths == ["images/a/1.png", "images/a/2.png", "images/b/1.png"]
    assert found.images.shape == (3, 12, 10, 3)
    assert found.groups is None


def test_top_folders_with_the_same_classes_are_merged(tmp_path: Path, write_noise: Write) -> None:
    for number, name in enumerate(["training/s1/1.ppm", "training/s2/1.ppm", "testing/s1/2.ppm"]):
        write_noise(tmp_path / name, number)
    merged = load_source("folders", tmp_path, SMALL, merge_top=True)
    assert merged.counts() == {"s1": 2, "s2": 1}
    with pytest.raises(
        DataError, match=r"'training' would be one person with photos in 2 folders .*--merge-top merges"
    ):
        load_source("folders", tmp_path, SMALL)


def test_an_archive_gives_what_its_folder_gives(tmp_path: Path, write_noise: Write) -> None:
    for number in range(4):
        write_noise(tmp_path / "tree" / f"p{number % 2}" / f"{number}.png", number)
    packed = Path(shutil.make_archive(str(tmp_path / "packed"), "xztar", tmp_path / "tree"))
    assert load_source("folders", packed, SMALL).digest == load_source("folders", tmp_path / "tree", SMALL).digest


def test_what_gives_no_image_is_named_with_the_reason(tmp_path: Path, write_noise: Write) -> None:
    write_noise(tmp_path / "a" / "1.png", 1)
    write_noise(tmp_path / "stray.png", 2)
    (tmp_path / "a" / "2.png").write_bytes(b"no image")
    (tmp_path / "a" / "3.png").write_bytes(b"")
    seen: list[int] = []
    found = load_source("folders", tmp_path, SMALL, progress=seen.append)
    assert found.paths == ["a/1.png"]
    assert {path: reason.split(",")[0] for path, reason in found.skipped.items()} == {
        "a/2.png": "not a JPEG",
        "a/3.png": "the file is empty",
        "stray.png": "is in no folder that names its class",
    }
    assert seen == [1, 2, 3, 4]


def test_without_any_usable_image_one_reason_is_told(tmp_path: Path, write_noise: Write) -> None:
    write_noise(tmp_path / "stray.png", 2)
    with pytest.raises(DataError, match=r"expected photos as <person>/<photo>, found 'stray.png'"):
        load_source("folders", tmp_path, SMALL)


def test_omniglot_has_alphabets_characters_and_drawers(tmp_path: Path, write_noise: Write) -> None:
    names = ["images_background/Greek/character01/0001_07.png", "images_evaluation/Tengwar/character02/0002_12.png"]
    for number, name in enumerate(names):
        write_noise(tmp_path / name, number)
    found = load_source("omniglot", tmp_path, SMALL)
    assert found.names == ["Greek/character01", "Tengwar/character02"]
    assert found.groups == ["images_background/Greek", "images_evaluation/Tengwar"]
    assert drawers(found) == ["07", "12"]


def test_lfw_is_found_below_the_folders_of_its_archive(tmp_path: Path, write_noise: Write) -> None:
    write_noise(tmp_path / "lfw" / "Ann_Li" / "Ann_Li_0001.jpg", 0)
    assert load_source("lfw", tmp_path, SMALL).names == ["Ann_Li"]


def test_thermal_images_get_their_identity_from_the_table_that_ships(tmp_path: Path, write_noise: Write) -> None:
    for number, name in enumerate(["L-46.bmp", "L-56.bmp", "L-1655.bmp", "L-9.bmp"]):
        write_noise(tmp_path / name, number)
    found = load_source("thermal", tmp_path, Preparation(size=(12, 10), channels=1))
    assert dict(zip(found.paths, found.names, strict=True)) == {
        "L-46.bmp": "person1", "L-56.bmp": "person1", "L-1655.bmp": "person9",
    }  # fmt: skip
    assert found.skipped == {"L-9.bmp": "is not in the table of identities"}
    assert found.images.shape[3] == 1


def test_a_table_of_ones_own_goes_first(tmp_path: Path, write_noise: Write) -> None:
    write_noise(tmp_path / "x.bmp", 0)
    (tmp_path / "identities.csv").write_text("file,identity\nx.bmp,anna\n")
    assert load_source("thermal", tmp_path, SMALL).names == ["anna"]
    (tmp_path / "identities.csv").write_text("\ufefffile,identity\nx.bmp,bela\n", "utf-8")
    assert load_source("thermal", tmp_path, SMALL).names == ["bela"]
    (tmp_path / "identities.csv").write_text("image,who\nx.bmp,anna\n")
    with pytest.raises(DataError, match="columns file,identity"):
        load_source("thermal", tmp_path, SMALL)


@pytest.mark.parametrize("kind", ["folders", "omniglot", "thermal"])
def test_what_cannot_be_downloaded_has_to_be_given(kind: str) -> None:
    with pytest.raises(DataError, match=f"kind {kind} has to be given"):
        load_source(kind, None, SMALL)


def test_the_official_pairs_are_found_or_missed_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "lfw").mkdir()
    with pytest.raises(DataError, match=r"expected pairs\.txt inside it or beside it"):
        pairs_text("lfw", tmp_path / "lfw")
    (tmp_path / "pairs.txt").write_text("1\t1\n")
    assert pairs_text("lfw", tmp_path / "lfw") == "1\t1\n"


def test_equal_files_are_used_once(tmp_path: Path, write_noise: Write) -> None:
    write_noise(tmp_path / "a" / "1.png", 1)
    shutil.copy(tmp_path / "a" / "1.png", tmp_path / "a" / "copy.png")
    found = load_source("folders", tmp_path, SMALL)
    assert found.skipped == {"a/copy.png": "the same image as a/1.png"}
    assert np.array_equal(found.labels(), [0])
