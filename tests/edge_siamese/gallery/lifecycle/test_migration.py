"""A gallery moves to another embedder by kept crops, or not at all."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge_siamese.errors import EnrollmentError, GalleryError, OtherEmbedderError
from edge_siamese.gallery import Gallery
from edge_siamese.gallery.enrollment.build import build_gallery
from edge_siamese.gallery.lifecycle.migration import keep_crops, migrate
from edge_siamese.identity_dataset import IdentityDataset


@pytest.fixture
def photos(people_folder: Callable[..., Path]) -> Path:
    return people_folder("photos", {"anna": (1, 2), "ben": (1, 2, 3)})


@pytest.fixture
def old(photos: Path, engine: Any) -> Gallery:
    """The gallery as another embedder has made it."""
    with IdentityDataset(photos) as dataset:
        built, _ = build_gallery(dataset, engine)
    about = {"people": {"ben": {"consent": "folder 7"}}}
    return replace(built, embedder_digest=bytes(16), templates=built.templates[:, ::-1].copy(), metadata=about)


@pytest.fixture
def crops(photos: Path, engine: Any, tmp_path: Path) -> Path:
    with IdentityDataset(photos) as dataset:
        keep_crops(dataset, engine, tmp_path / "crops")
    return tmp_path / "crops"


def test_the_crops_make_the_gallery_that_the_photos_make(old: Gallery, crops: Path, photos: Path, engine: Any) -> None:
    assert sorted(path.relative_to(crops).as_posix() for path in crops.rglob("*.png")) == [
        "anna/1.png", "anna/2.png", "ben/1.png", "ben/2.png", "ben/3.png",
    ]  # fmt: skip
    with pytest.raises(OtherEmbedderError):
        old.require(engine.embedder_card)
    with IdentityDataset(crops) as dataset:
        new = migrate(old, dataset, engine)
    new.require(engine.embedder_card)
    with IdentityDataset(photos) as dataset:
        built, _ = build_gallery(dataset, engine)
    np.testing.assert_array_equal(new.templates, built.templates)
    assert (new.identifiers, new.sequence) == (old.identifiers, old.sequence + 1)
    assert new.metadata == old.metadata


def test_a_gallery_is_not_migrated_without_everybody(old: Gallery, crops: Path, engine: Any) -> None:
    for path in (crops / "ben").iterdir():
        path.unlink()
    with (
        IdentityDataset(crops) as dataset,
        pytest.raises(EnrollmentError, match=r"1 of 2 people without crops in .*'ben'"),
    ):
        migrate(old, dataset, engine)


def test_photos_are_no_crops(old: Gallery, photos: Path, engine: Any) -> None:
    with (
        IdentityDataset(photos) as dataset,
        pytest.raises(GalleryError, match="expected an aligned crop of 112x112 pixels, found"),
    ):
        migrate(old, dataset, engine)
