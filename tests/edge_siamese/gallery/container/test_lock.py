"""Of several programs that change one gallery nobody's change is lost, and none waits for a dead one."""

import os
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest

from edge_siamese.errors import GalleryError, StaleGalleryError
from edge_siamese.gallery import Gallery
from edge_siamese.gallery.container.content import GalleryContent
from edge_siamese.gallery.container.lock import locked
from edge_siamese.gallery.container.writer import update

FORK = get_context("fork")


def in_child(work: Callable[[], object]) -> int:
    """Run `work` in a forked child; its exit code, 0 when it returned."""
    child = FORK.Process(target=work)
    child.start()
    child.join(30)
    assert child.exitcode is not None
    return child.exitcode


def add(path: Path, name: str) -> None:
    def change(there: GalleryContent | None) -> Gallery:
        assert there is not None
        time.sleep(0.02)
        return Gallery.of(there).with_people({name: np.ones((1, there.dimension), np.int8)})

    update(path, change)


def test_parallel_changes_are_all_kept(tmp_path: Path, gallery: Gallery) -> None:
    path = tmp_path / "people.esg"
    gallery.save(path)
    children = [FORK.Process(target=add, args=(path, f"new {number}")) for number in range(8)]
    for child in children:
        child.start()
    for child in children:
        child.join(30)
    assert [child.exitcode for child in children] == [0] * 8
    assert Gallery.open(path).names == ("anna", "ben", *(f"new {number}" for number in range(8)))
    assert Gallery.open(path).sequence == 9
    assert list(tmp_path.iterdir()) == [path]


def test_the_lock_of_a_killed_process_stops_nobody(tmp_path: Path, gallery: Gallery) -> None:
    path = tmp_path / "people.esg"

    def hold_and_die() -> None:
        with locked(path):
            os.kill(os.getpid(), signal.SIGKILL)

    assert in_child(hold_and_die) == -signal.SIGKILL
    assert (tmp_path / ".people.esg.lock").exists()
    gallery.save(path)
    assert list(tmp_path.iterdir()) == [path]


def test_a_lock_that_is_never_freed_ends_in_a_sentence(tmp_path: Path, gallery: Gallery) -> None:
    path = tmp_path / "people.esg"
    before = gallery.save(path)
    with locked(path):

        def wait() -> None:
            with pytest.raises(
                GalleryError, match=r"another program has been changing it for 0\.1 s .*nothing is written"
            ):
                locked(path, patience=0.1).__enter__()

        assert in_child(wait) == 0
    assert Gallery.open(path).sequence == before.sequence


def test_the_longest_file_name_can_be_locked(tmp_path: Path, gallery: Gallery) -> None:
    path = tmp_path / ("ü" * 125 + ".esg")
    gallery.save(path)
    assert gallery.without("anna").save(path).names == ("ben",)


def test_a_change_of_an_old_reading_is_refused(tmp_path: Path, gallery: Gallery) -> None:
    path = tmp_path / "people.esg"
    gallery.save(path)
    mine, other = Gallery.open(path), Gallery.open(path)
    written = other.without("ben").save(path)
    with pytest.raises(StaleGalleryError, match=r"changed since it was read \(sequence number 2 now\)"):
        mine.without("anna").save(path)
    assert Gallery.open(path).names == ("anna",)
    assert written.without("anna").save(path).names == ()


def test_another_file_of_the_same_sequence_is_a_change_too(tmp_path: Path, gallery: Gallery) -> None:
    path = tmp_path / "people.esg"
    gallery.save(path)
    mine = Gallery.open(path)
    path.unlink()
    replace(gallery.without("ben"), sequence=1).save(path)
    with pytest.raises(StaleGalleryError):
        mine.without("anna").save(path)


def test_a_link_and_its_target_are_one_gallery(tmp_path: Path, gallery: Gallery) -> None:
    path, link = tmp_path / "people.esg", tmp_path / "link.esg"
    link.symlink_to(path)
    gallery.save(path)
    mine = Gallery.open(link)
    gallery.without("anna").save(path)
    with pytest.raises(StaleGalleryError):
        mine.save(path)
    assert list(tmp_path.glob(".*")) == []


def test_a_failed_change_leaves_the_file_and_no_lock(tmp_path: Path, gallery: Gallery) -> None:
    path = tmp_path / "people.esg"
    gallery.save(path)
    before = path.read_bytes()

    def fail(there: GalleryContent | None) -> GalleryContent:
        raise GalleryError("no")

    with pytest.raises(GalleryError, match="no"):
        update(path, fail)
    assert (path.read_bytes(), list(tmp_path.iterdir())) == (before, [path])
