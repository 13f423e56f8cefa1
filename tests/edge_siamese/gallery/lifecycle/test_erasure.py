"""Nothing of an erased person is left in any file or slot."""

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from edge_siamese.errors import GalleryError
from edge_siamese.gallery import Gallery
from edge_siamese.gallery.container.packing import packed
from edge_siamese.gallery.delivery.install import install, roll_back
from edge_siamese.gallery.lifecycle.erasure import erase


def test_a_person_is_erased_from_every_file(people: Gallery, tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("one.esg", "two.esg", "without.esg")]
    for path in paths[:2]:
        people.save(path)
    people.without("Anna Berg").save(paths[2])
    proof = erase("Anna Berg", paths)
    assert proof.searched == 4  # the UUID, the name and two templates
    assert [file.path for file in proof.files] == paths[:2]
    assert proof.without == (str(paths[2]),)
    for file in proof.files:
        data = file.path.read_bytes()
        assert file.sha256 == hashlib.sha256(data).hexdigest()
        assert b"Anna" not in data
        assert all(row.tobytes() not in data for row in people.templates_of("Anna Berg"))
        assert Gallery.open(file.path).names == ("Ben", "Carl Cramer")


def test_both_slots_lose_the_person(people: Gallery, tmp_path: Path) -> None:
    folder = tmp_path / "slots"
    for sequence in (1, 2):
        replace(people, sequence=sequence).save(tmp_path / f"{sequence}.esg")
        install(tmp_path / f"{sequence}.esg", folder)
    proof = erase("Ben", [folder])
    assert [file.sequence for file in proof.files] == [3, None]
    assert [path.name for path in folder.glob("*.esg")] == ["a.esg"]
    assert Gallery.open(folder).names == ("Anna Berg", "Carl Cramer")
    with pytest.raises(GalleryError, match="there is no gallery to roll back to"):
        roll_back(folder)
    with pytest.raises(GalleryError, match="stale"):
        install(tmp_path / "2.esg", folder)


def test_a_person_in_the_other_slot_only_is_erased_as_well(people: Gallery, tmp_path: Path) -> None:
    """As after a power cut in the middle of an erasure, or an update that left the person out."""
    folder = tmp_path / "slots"
    people.save(tmp_path / "1.esg")
    replace(people.without("Ben"), sequence=2).save(tmp_path / "2.esg")
    for number in (1, 2):
        install(tmp_path / f"{number}.esg", folder)
    proof = erase("Ben", [folder])
    assert [file.sequence for file in proof.files] == [None, 2]
    assert Gallery.open(folder).sequence == 2


def test_somebody_unknown_changes_nothing(people: Gallery, tmp_path: Path) -> None:
    path = tmp_path / "one.esg"
    people.save(path)
    before = path.read_bytes()
    with pytest.raises(GalleryError, match="nobody is called 'Bem'; did you mean 'Ben'"):
        erase("Bem", [path])
    assert path.read_bytes() == before


def test_packed_templates_are_searched_for(people: Gallery, tmp_path: Path) -> None:
    small, path = people.with_four_bits(), tmp_path / "small.esg"
    small.save(path)
    rows = [packed(row[None], small.zero_point) for row in small.templates_of("Ben")]
    assert all(row in path.read_bytes() for row in rows)
    assert erase("Ben", [path]).searched == 3  # the UUID and two templates
    assert not any(row in path.read_bytes() for row in rows)
    assert Gallery.open(path).bits == 4
