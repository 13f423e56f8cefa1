"""A gallery file that changes while it is in use."""

import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from edge_siamese.errors import GalleryError, NotAGalleryError
from edge_siamese.gallery import Gallery
from edge_siamese.gallery.updates import GalleryFile, GalleryReloaded
from tests.doubles import embedder_card

CARD = embedder_card(3)


def gallery_of(*names: str) -> Gallery:
    templates = {name: np.array([(100, number, 0)], np.int8) for number, name in enumerate(names)}
    return Gallery.empty(CARD).with_people(templates)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    gallery_of("Ada", "Bob").save(tmp_path / "family.esg")
    return tmp_path / "family.esg"


def names(gallery: Gallery | None) -> tuple[str, ...] | None:
    return None if gallery is None else gallery.names


def test_an_unchanged_file_is_not_read_again(path: Path) -> None:
    file = GalleryFile(path)
    assert [file.changed() for _ in range(3)] == [None] * 3


def test_a_saved_change_is_noticed_once(path: Path) -> None:
    file = GalleryFile(path)
    Gallery.open(path).without("Ada").save(path)
    assert names(file.changed()) == ("Bob",)
    assert file.changed() is None
    assert file.gallery.names == ("Bob",)


def test_a_file_overwritten_in_place_does_no_harm_and_is_noticed(path: Path, tmp_path: Path) -> None:
    gallery_of("Cleo").save(tmp_path / "other.esg")
    file = GalleryFile(path)
    before = file.gallery
    shutil.copyfile(tmp_path / "other.esg", path)
    assert before.templates[0].tolist() == [100, 0, 0]
    assert names(file.changed()) == ("Cleo",)


def test_the_same_size_and_time_with_another_file_is_noticed(path: Path, tmp_path: Path) -> None:
    status = path.stat()
    gallery_of("Eva", "Bob").save(tmp_path / "other.esg")
    os.utime(tmp_path / "other.esg", ns=(status.st_atime_ns, status.st_mtime_ns))
    file = GalleryFile(path)
    os.replace(tmp_path / "other.esg", path)
    assert names(file.changed()) == ("Bob", "Eva")


def test_a_touched_file_is_no_change(path: Path) -> None:
    file = GalleryFile(path)
    os.utime(path)
    assert file.changed() is None


def test_a_reload_can_be_requested(path: Path) -> None:
    file = GalleryFile(path)
    file.request_reload()
    assert names(file.changed()) == ("Ada", "Bob")
    assert file.changed() is None


@pytest.mark.parametrize("broken", ["cut", "other", "missing", "folder"])
def test_a_broken_file_is_raised_once_and_the_gallery_stays(path: Path, broken: str, tmp_path: Path) -> None:
    file, data = GalleryFile(path), path.read_bytes()
    path.unlink()
    if broken == "folder":
        path.mkdir()
    elif broken != "missing":
        path.write_bytes(data[:100] if broken == "cut" else b"no gallery at all" * 20)
    with pytest.raises(GalleryError, match=r"family\.esg"):
        file.changed()
    assert file.changed() is None
    assert file.gallery.names == ("Ada", "Bob")
    if broken == "folder":
        path.rmdir()
    path.write_bytes(data)
    assert names(file.changed()) == ("Ada", "Bob")


def test_what_is_no_file_is_refused_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(NotAGalleryError, match="found a folder"):
        GalleryFile(tmp_path)


def test_an_event_counts_who_came_and_went() -> None:
    event = GalleryReloaded.between(gallery_of("Ada", "Bob"), gallery_of("Bob", "Cleo", "Dev"), 5)
    assert (event.identities, event.added, event.removed) == (3, 2, 1)
