"""Enrollment of rendered people with the shipped models: nobody is enrolled under another person's name."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from edge_siamese.engine import FaceEngine
from edge_siamese.errors import EnrollmentError, NoFaceError
from edge_siamese.frames import RGB
from edge_siamese.gallery import Gallery
from edge_siamese.gallery.enrollment.build import build_gallery
from edge_siamese.identity_dataset import IdentityDataset
from edge_siamese.image_io import write_image
from edge_siamese.rendering import DEMO_SEEDS, Person, View, render_portrait


@pytest.fixture(scope="module")
def models() -> Iterator[FaceEngine]:
    with FaceEngine.default() as opened:
        yield opened


def portrait(seed: int, yaw: float = 0.0, height: float = 130.0) -> RGB:
    person = Person.from_seed(DEMO_SEEDS[seed])
    return np.ascontiguousarray(render_portrait(person, View(yaw=yaw), face_height=height, background_seed=seed).image)


def side_by_side(*images: RGB) -> RGB:
    height = max(image.shape[0] for image in images)
    return np.hstack([np.pad(image, ((0, height - image.shape[0]), (0, 0), (0, 0)), mode="edge") for image in images])


def test_a_stranger_on_a_group_photo_is_not_enrolled(tmp_path: Path, models: FaceEngine) -> None:
    ada, ben = portrait(0, height=110), portrait(1, height=150)
    write_image(tmp_path / "people" / "Ada" / "0.png", side_by_side(ada, ben))
    write_image(tmp_path / "people" / "Cleo" / "0.png", portrait(2))
    with pytest.raises(NoFaceError, match=r"no photo of Ada can be used \(Ada/0\.png: shows 2 faces"):
        build_gallery(IdentityDataset(tmp_path / "people"), models)
    write_image(tmp_path / "people" / "Ada" / "1.png", portrait(0, yaw=10))
    gallery, report = build_gallery(IdentityDataset(tmp_path / "people"), models)
    assert report.several == {"Ada/0.png": 2}
    faces = [models.analyze(image)[0] for image in (portrait(0, yaw=-10), portrait(1, yaw=-10))]
    assert [decision.identity for decision in gallery.identify(faces)] == ["Ada", None]


def test_photos_of_a_family_are_not_one_person(models: FaceEngine) -> None:
    family = [portrait(seed) for seed in (0, 1, 2)]
    nobody = Gallery.empty(models.embedder_card)
    with pytest.raises(EnrollmentError, match=r"seem to show 3 different people: image 1 \| image 2 \| image 3"):
        nobody.enroll("Mix", family, engine=models)
    dad = nobody.enroll("Dad", family[0], engine=models)
    with pytest.raises(EnrollmentError, match="do not look like 'Dad'"):
        dad.enroll("Dad", family[1], engine=models)
    with pytest.raises(EnrollmentError, match="look like 'Dad', who is in"):
        dad.enroll("Father", portrait(0, yaw=10), engine=models)
    assert dad.enroll("Mom", family[1], engine=models).names == ("Dad", "Mom")


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_turned_photo_is_enrolled_upright(models: FaceEngine, turns: int) -> None:
    nobody, upright = Gallery.empty(models.embedder_card), portrait(0)
    turned = nobody.enroll("Ada", np.ascontiguousarray(np.rot90(upright, turns)), engine=models)
    decision = turned.identify(models.analyze(portrait(0, yaw=8))[0])
    assert decision.identity == "Ada"


def test_a_face_too_small_to_be_compared_is_not_enrolled(models: FaceEngine) -> None:
    small = portrait(0, height=40)
    small = np.ascontiguousarray(small[::3, ::3])
    with pytest.raises(NoFaceError, match="image 1: the face is too small to be compared"):
        Gallery.empty(models.embedder_card).enroll("Ada", small, engine=models)


def test_somebody_in_the_background_does_not_count(models: FaceEngine) -> None:
    image = side_by_side(portrait(0, height=160), portrait(1, height=60))
    assert len(models.detect(image)) == 2
    gallery = Gallery.empty(models.embedder_card).enroll("Ada", image, engine=models)
    assert gallery.identify(models.analyze(portrait(0, yaw=8))[0]).identity == "Ada"
