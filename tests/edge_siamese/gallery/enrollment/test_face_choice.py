"""Which face of a photo is meant: one rule for every way to enroll somebody."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from edge_siamese.decision import Reason
from edge_siamese.faces import Face
from edge_siamese.frames import RGB
from edge_siamese.gallery.enrollment.face_choice import PhotoFaces, Skipped, choose_faces, meant_faces
from tests.doubles import ScriptedAnalyzer, embedder_card

ADA, BEN, NEARLY_ADA = (100, 0, 0, 10), (0, 100, 0, -10), (90, 0, 30, 0)
THRESHOLD = 13000


def face(side: float, x: float = 0) -> Face:
    landmarks = np.array([(0.3, 0.4), (0.7, 0.4), (0.5, 0.6), (0.35, 0.8), (0.65, 0.8)], np.float32) * side + (x, 0)
    return Face(np.array((x, 0, side, side), np.float32), landmarks.astype(np.float32), 0.9)


def photo(name: str, *templates: Sequence[int], faces: int = 0) -> PhotoFaces:
    return PhotoFaces(name, np.array(templates, np.int8).reshape(-1, 4), faces or len(templates))


@pytest.mark.parametrize(
    ("sides", "meant"),
    [
        ((100,), [100]),
        ((100, 49), [100]),
        ((49, 100), [100]),
        ((100, 50), [100, 50]),
        ((60, 100, 30, 99), [100, 99, 60]),
        ((), []),
    ],
)
def test_faces_in_the_background_do_not_count(sides: tuple[float, ...], meant: list[float]) -> None:
    assert [found.box[2] for found in meant_faces([face(side) for side in sides])] == meant


def test_a_photo_is_embedded_face_by_face() -> None:
    engine = ScriptedAnalyzer(embedder_card(4))
    image: RGB = np.random.default_rng(1).integers(0, 255, (200, 400, 3), np.uint8)
    engine.put(image, face(150), ADA)
    engine.put(image, face(120, 200), BEN)
    engine.put(image, face(30, 350), BEN)
    seen = PhotoFaces.of(image, "group.jpg", engine)
    assert (seen.templates.tolist(), seen.faces, engine.embedded) == ([list(ADA), list(BEN)], 3, 2)
    assert PhotoFaces.of(image, "group.jpg", engine, largest_only=True).templates.tolist() == [list(ADA)]
    assert PhotoFaces.of(image[:50], "sky.jpg", engine).problem == "shows no face"


def test_the_face_that_agrees_with_the_other_photos_is_meant() -> None:
    chosen = choose_faces([photo("group.jpg", BEN, NEARLY_ADA, faces=5), photo("ada.jpg", ADA)], 0, THRESHOLD)
    assert chosen.photos == ["group.jpg", "ada.jpg"]
    assert chosen.templates.tolist() == [list(NEARLY_ADA), list(ADA)]
    assert (chosen.skipped, chosen.several) == ([], {"group.jpg": 5})


def test_the_face_that_agrees_with_the_gallery_is_meant() -> None:
    known = np.array([ADA], np.int8)
    chosen = choose_faces([photo("group.jpg", BEN, NEARLY_ADA)], 0, THRESHOLD, known=known)
    assert chosen.templates.tolist() == [list(NEARLY_ADA)]


@pytest.mark.parametrize(
    ("photos", "reason"),
    [
        ([photo("group.jpg", BEN, ADA)], "shows 2 faces, and no photo of this person alone says which one is meant"),
        (
            [photo("group.jpg", BEN, ADA), photo("other.jpg", ADA, BEN)],
            "shows 2 faces, and no photo of this person alone says which one is meant",
        ),
        (
            [photo("group.jpg", BEN, (0, 0, 100, 0), (0, -100, 0, 0)), photo("ada.jpg", ADA)],
            "shows 3 faces, and none of them agrees with the person's other photos",
        ),
        (
            [photo("group.jpg", NEARLY_ADA, ADA), photo("ada.jpg", ADA)],
            "shows 2 faces, and 2 of them agree with the person's other photos",
        ),
    ],
)
def test_a_photo_that_does_not_say_who_is_meant_is_not_used(photos: list[PhotoFaces], reason: str) -> None:
    assert Skipped("group.jpg", reason) in choose_faces(photos, 0, THRESHOLD).skipped


def test_without_an_operating_point_only_photos_with_one_face_are_used() -> None:
    chosen = choose_faces([photo("group.jpg", BEN, ADA), photo("ada.jpg", ADA)], 0, None)
    assert (chosen.photos, len(chosen.skipped)) == (["ada.jpg"], 1)


def test_the_same_photo_counts_once_under_every_name() -> None:
    photos = [photo("a.jpg", ADA), photo("copy.jpg", ADA), photo("b.jpg", NEARLY_ADA), photo("a.jpg", ADA)]
    chosen = choose_faces(photos, 0, THRESHOLD)
    assert chosen.photos == ["a.jpg", "b.jpg"]
    assert chosen.skipped == [
        Skipped("copy.jpg", "the same photo as a.jpg, which counts once"),
        Skipped("a.jpg", "the same photo as a.jpg, which counts once"),
    ]


def test_photos_that_cannot_be_used_keep_their_reason() -> None:
    chosen = choose_faces([PhotoFaces.unusable("x.jpg", "shows no face")], 0, THRESHOLD)
    assert (chosen.photos, chosen.skipped) == ([], [Skipped("x.jpg", "shows no face")])


def test_a_photo_that_may_be_turned_is_not_used() -> None:
    """On the turned photo the detector is a little surer of the face."""
    engine = ScriptedAnalyzer(embedder_card(4))
    image: RGB = np.random.default_rng(1).integers(0, 255, (200, 200, 3), np.uint8)
    engine.put(image, replace(face(150), score=0.80), ADA)
    engine.put(np.ascontiguousarray(np.rot90(image)), replace(face(150), score=0.82), BEN)
    assert PhotoFaces.of(image, "turned.jpg", engine).problem == "its orientation is not clear"


def test_a_meant_face_that_cannot_be_enrolled_is_not_replaced_by_another() -> None:
    group = replace(photo("group.jpg", BEN, NEARLY_ADA), rejections=(None, Reason.OCCLUDED))
    chosen = choose_faces([group, photo("ada.jpg", ADA)], 0, THRESHOLD)
    assert chosen.photos == ["ada.jpg"]
    (skip,) = chosen.skipped
    assert skip.photo == "group.jpg"
    assert "shows 2 faces, and of the meant one a mask" in skip.reason
