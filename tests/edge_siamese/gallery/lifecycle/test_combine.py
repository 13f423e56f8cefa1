"""Galleries are merged and split without losing templates, UUIDs, consent or retention."""

import uuid
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edge_siamese.errors import GalleryError, OtherEmbedderError
from edge_siamese.gallery import Gallery
from edge_siamese.gallery.container.reader import parse
from edge_siamese.gallery.container.writer import encode
from edge_siamese.gallery.lifecycle.combine import merge, split
from edge_siamese.gallery.lifecycle.subject import export_person


def test_the_parts_of_a_gallery_merge_to_the_same_bytes(people: Gallery) -> None:
    parts = [split(people, ["Ben"]), split(people, ["Anna Berg", "Carl Cramer"])]
    assert encode(merge(parts)) == encode(people)
    assert parts[0].names == ("Ben",)


def test_merging_a_gallery_with_itself_changes_nothing(people: Gallery) -> None:
    assert encode(merge([people, people])) == encode(people)


def test_one_name_with_other_templates_is_not_merged_by_itself(people: Gallery) -> None:
    other = people.without("Ben").with_people({"Ben": people.templates_of("Anna Berg")[:1]})
    with pytest.raises(GalleryError, match="'Ben' has other templates in another gallery"):
        merge([people, other])
    together = merge([people, other], together=True)
    expected = np.concatenate([people.templates_of("Ben"), people.templates_of("Anna Berg")[:1]])
    np.testing.assert_array_equal(together.templates_of("Ben"), expected)


def test_names_that_look_the_same_are_not_merged(people: Gallery) -> None:
    other = people.without("Ben").with_people({"ben": people.templates_of("Ben")[:1]})
    with pytest.raises(GalleryError, match="'ben' looks like 'Ben' of another gallery"):
        merge([people, other])


def test_galleries_of_two_embedders_are_not_merged(people: Gallery) -> None:
    with pytest.raises(OtherEmbedderError, match="they cannot be merged"):
        merge([people, replace(people, embedder_digest=bytes(15) + b"\1")])


def test_the_parts_of_an_unknown_name_are_none(people: Gallery) -> None:
    with pytest.raises(GalleryError, match="nobody is called 'Dora'"):
        split(people, ["Ben", "Dora"])


def test_a_person_gets_all_of_their_data(people: Gallery) -> None:
    found = export_person(people.described({"retain_until": "2999-01-01"}, "Ben"), "Ben")
    assert (found["name"], found["about"]) == ("Ben", {"consent": "on paper", "retain_until": "2999-01-01"})
    assert found["templates"] == people.templates_of("Ben").tolist()
    with pytest.raises(GalleryError, match="nobody is called 'Dora'"):
        export_person(people, "Dora")


def test_nobody_and_very_many_people_are_galleries_as_well(people: Gallery, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    templates = rng.integers(-128, 128, (100_000, 16)).astype(np.int8)
    nobody = Gallery((), (), templates[:0], np.empty(0, np.uint32), 0, bytes(16))
    everybody = replace(
        nobody,
        names=tuple(f"person {index:06}" for index in range(100_000)),
        identifiers=tuple(uuid.UUID(int=index) for index in range(100_000)),
        templates=templates,
        identity_index=np.arange(100_000, dtype=np.uint32),
    )
    everybody.save(tmp_path / "all.esg")
    read = Gallery.open(tmp_path / "all.esg")
    assert (len(read.names), read.names[99_999]) == (100_000, "person 099999")
    np.testing.assert_array_equal(read.templates, templates)
    assert merge([nobody, split(read, ["person 000007"])]).names == ("person 000007",)
    assert parse(encode(nobody), "nobody").names == ()


@pytest.mark.parametrize("character", ["a", "é", "ж", "ع", "अ", "人", "😀", "ก"])
def test_a_name_of_255_bytes_in_any_script(people: Gallery, character: str) -> None:
    name = (character * 255).encode()[:255].decode(errors="ignore")
    kept = parse(encode(people.with_people({name: people.templates[:1]})), "it")
    assert name in kept.names
    with pytest.raises(GalleryError, match="is longer than 255 bytes"):
        people.with_people({character * 256: people.templates[:1]})


def test_the_first_gallery_sets_the_bits(people: Gallery) -> None:
    small = people.with_four_bits()
    parts = [split(small, ["Ben"]), split(people, ["Anna Berg", "Carl Cramer"])]
    assert encode(merge(parts)) == encode(small)
    assert encode(merge([small, people])) == encode(small)
    assert parse(encode(merge(parts[::-1])), "it").bits == 8
