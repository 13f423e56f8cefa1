"""Enrolling one person: who disagrees with the own photos, with the gallery, or looks like another person, is refused."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge_siamese.errors import DataError, EnrollmentError, NoFaceError, OtherEmbedderError
from edge_siamese.gallery import Gallery
from edge_siamese.gallery.enrollment.face_choice import ChosenFaces
from edge_siamese.gallery.enrollment.person import Permissions, choose_of_person, embed_images, join, read_photos
from edge_siamese.operating_point import OperatingPoint
from edge_siamese.tflite.model_card import ModelCard
from tests.doubles import PatternAnalyzer, embedder_card, pattern_image

ADA, ADA_AGAIN, BEN = (100, 0, 0, 10), (90, 0, 30, 0), (0, 100, 0, -10)
THRESHOLD = 13000


def point(threshold: int = THRESHOLD, target_fmr: float = 0.01) -> OperatingPoint:
    return OperatingPoint(target_fmr, threshold, target_fmr, 10_000, 50, 0.1, "5a" * 32)


@pytest.fixture
def card() -> ModelCard:
    return embedder_card(4, operating_points=(point(),))


@pytest.fixture
def gallery(card: ModelCard) -> Gallery:
    return Gallery.empty(card).with_people({"Ada": np.array([ADA], np.int8), "Ben": np.array([BEN], np.int8)})


def faces(*templates: tuple[int, ...]) -> ChosenFaces:
    return ChosenFaces([f"{n}.jpg" for n in range(len(templates))], np.array(templates, np.int8), [], {})


def test_a_new_person_joins_with_the_mean_of_the_photos(gallery: Gallery, card: ModelCard) -> None:
    after, other = join(gallery, "Cleo", faces((0, 0, 0, 90), (0, 0, 60, 90)), card, limit=5, about={"consent": "yes"})
    assert (after.names, other) == (("Ada", "Ben", "Cleo"), None)
    assert len(after.templates_of("Cleo")) == 1
    assert after.metadata["people"] == {"Cleo": {"consent": "yes"}}


def test_more_photos_keep_consent_and_retention(gallery: Gallery, card: ModelCard) -> None:
    about = {"created": "2025-01-31T12:00:00Z", "consent": "on paper", "retain_until": "2999-01-31"}
    once, _ = join(gallery, "Ada", faces(ADA_AGAIN), card, limit=5, about=about)
    again, _ = join(once, "Ada", faces((95, 0, 15, 5)), card, limit=5, about={"created": "2026-01-31T12:00:00Z"})
    assert again.metadata["people"]["Ada"] == about | {"created": "2026-01-31T12:00:00Z"}
    moved, _ = join(again, "Ada", faces((96, 0, 15, 5)), card, limit=5, about={"retain_until": "2999-12-31"})
    assert moved.metadata["people"]["Ada"]["retain_until"] == "2999-12-31"


def test_a_last_day_that_is_over_is_rejected(gallery: Gallery, card: ModelCard) -> None:
    with pytest.raises(DataError, match=r"retain_until: expected today, .*, or a later day, found 2020-01-01"):
        join(gallery, "Cleo", faces((0, 0, 0, 90)), card, limit=5, about={"retain_until": "2020-01-01"})


def test_photos_of_different_people_are_rejected(gallery: Gallery, card: ModelCard) -> None:
    mixed = faces((0, 0, 100, 0), BEN, (0, 0, 90, 0), ADA)
    with pytest.raises(
        EnrollmentError, match=r"'Mix' seem to show 3 different people: 0.jpg, 2.jpg \| 1.jpg \| 3.jpg; --allow"
    ):
        join(gallery, "Mix", mixed, card, limit=5)
    after, _ = join(
        gallery, "Mix", mixed, card, permissions=Permissions(different_faces=True, look_alike=True), limit=5
    )
    assert "Mix" in after.names


def test_photos_of_somebody_else_are_not_added_to_a_person(gallery: Gallery, card: ModelCard) -> None:
    with pytest.raises(
        EnrollmentError, match=r"do not look like 'Ada' in the gallery \(score -?0\.0\d\d, expected at least 0\.397"
    ):
        join(gallery, "Ada", faces((0, 0, 0, 100)), card, limit=5)
    assert len(join(gallery, "Ada", faces(ADA_AGAIN), card, limit=5)[0].templates_of("Ada")) == 2


def test_somebody_who_looks_like_another_person_is_rejected(gallery: Gallery, card: ModelCard) -> None:
    with pytest.raises(
        EnrollmentError, match=r"photos of 'Dora' look like 'Ada', who is in the gallery \(score 0\.9\d\d\)"
    ):
        join(gallery, "Dora", faces(ADA_AGAIN), card, limit=5)
    after, other = join(gallery, "Dora", faces(ADA_AGAIN), card, permissions=Permissions(look_alike=True), limit=5)
    assert other is not None
    assert (other.first, other.second) == ("Dora", "Ada")
    assert after.names == ("Ada", "Ben", "Dora")


def test_thresholds_are_those_of_the_operating_points(gallery: Gallery) -> None:
    """Agreement goes by FMR 0.01, look-alikes by the stricter rate that the size of the gallery asks for."""
    loose, strict = point(THRESHOLD), point(32000, 1e-3)
    card = embedder_card(4, operating_points=(strict, loose))
    assert "Dora" in join(gallery, "Dora", faces(ADA_AGAIN), card, limit=5)[0].names
    with pytest.raises(EnrollmentError, match="look like 'Ada'"):
        join(gallery, "Dora", faces(ADA), card, limit=5)


def test_without_an_operating_point_nothing_is_checked(gallery: Gallery) -> None:
    after, other = join(gallery, "Dora", faces(ADA, BEN), embedder_card(4), limit=5)
    assert (after.names, other) == (("Ada", "Ben", "Dora"), None)


def test_a_gallery_of_another_embedder_is_rejected(gallery: Gallery) -> None:
    with pytest.raises(OtherEmbedderError):
        join(gallery, "Dora", faces(ADA), embedder_card(4, digest="cd" * 32), limit=5)


def test_photos_are_read_or_named(save_photo: Callable[..., Path], tmp_path: Path, engine: Any) -> None:
    good, empty = save_photo("1.png", "anna", 1), save_photo("2.png", "anna", 2, faces=0)
    photos = read_photos([good, empty, tmp_path / "absent.png"], engine)
    nobody = Gallery.empty(engine.embedder_card)
    chosen = choose_of_person(photos, "Anna", nobody, engine.embedder_card)
    assert chosen.photos == [str(good)]
    assert [(skip.photo, skip.reason) for skip in chosen.skipped] == [
        (str(empty), "shows no face"),
        (str(tmp_path / "absent.png"), "cannot be read (No such file or directory)"),
    ]
    with pytest.raises(NoFaceError, match=r"none of the photos can be used: .*2\.png: shows no face"):
        choose_of_person(photos[1:], "Anna", nobody, engine.embedder_card)
    with pytest.raises(NoFaceError, match="none of the photos can be used: there are none"):
        choose_of_person([], "Anna", nobody, engine.embedder_card)


def test_a_group_photo_of_somebody_known_is_understood() -> None:
    engine = PatternAnalyzer(operating_points=(point(),))
    (known,) = embed_images([pattern_image("anna", 1)], engine)
    gallery = Gallery.empty(engine.embedder_card).with_people({"Anna": known.templates})
    group = embed_images([pattern_image("anna", 2, 1)], engine)[0]
    stranger = embed_images([pattern_image("ben", 1)], engine)[0]
    both = type(group)("group.jpg", np.concatenate([stranger.templates, group.templates]), 2)
    chosen = choose_of_person([both], "Anna", gallery, engine.embedder_card)
    np.testing.assert_array_equal(chosen.templates, group.templates)
    assert chosen.several == {"group.jpg": 2}
