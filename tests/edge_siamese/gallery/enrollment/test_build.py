"""A gallery of a dataset: nothing is dropped silently, and nobody is taken for somebody else."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import cv2
import numpy as np
import pytest

from edge_siamese.errors import DataError, EnrollmentError, NoFaceError
from edge_siamese.gallery.container.writer import encode
from edge_siamese.gallery.enrollment.build import build_gallery, names_of
from edge_siamese.gallery.enrollment.face_choice import Skipped
from edge_siamese.gallery.enrollment.person import Permissions
from edge_siamese.gallery.templates.representatives import Strategy, mean_template
from edge_siamese.gallery.templates.selection import DEFAULT_SELECTION, SelectionOptions
from edge_siamese.identity_dataset import IdentityDataset
from edge_siamese.operating_point import OperatingPoint
from tests.doubles import PatternAnalyzer

Folder = Callable[..., Path]
MOMENT = {"created": "2025-01-31T12:00:00Z"}
# Photos of one pattern person score about 0.8 with each other, those of two about 0.
POINT = OperatingPoint(0.01, 13000, 0.01, 10_000, 50, 0.1, "5a" * 32)


@pytest.fixture
def checking_engine() -> PatternAnalyzer:
    """An engine whose embedder has an operating point, so that agreement is checked."""
    return PatternAnalyzer(operating_points=(POINT,))


def test_everybody_is_enrolled(people_folder: Folder, engine: Any) -> None:
    dataset = IdentityDataset(people_folder("people", {"anna": (1, 2, 3), "ben": (1,)}))
    gallery, report = build_gallery(dataset, engine)
    assert gallery.names == ("anna", "ben")
    assert [len(gallery.templates_of(name)) for name in gallery.names] == [1, 1]
    assert (report.photos, report.skipped, report.people_skipped) == (4, [], {})
    each, _ = build_gallery(dataset, engine, options=SelectionOptions())
    assert [len(each.templates_of(name)) for name in each.names] == [3, 1]
    means = [mean_template(each.templates_of(name), each.zero_point) for name in each.names]
    np.testing.assert_array_equal(gallery.templates, means)
    gallery.require(engine.embedder_card)


def test_a_zip_gives_the_same_bytes_as_the_folder(people_folder: Folder, engine: Any, tmp_path: Path) -> None:
    folder = people_folder("people", {"anna": (1, 2, 3), "ben": (1, 2)})
    with ZipFile(tmp_path / "people.zip", "w") as archive:
        for file in sorted(folder.rglob("*.png"), reverse=True):
            archive.write(file, file.relative_to(folder))
    galleries = [build_gallery(IdentityDataset(path), engine)[0] for path in (folder, tmp_path / "people.zip")]
    assert encode(galleries[0]) == encode(galleries[1])


def test_only_so_many_templates_are_kept(people_folder: Folder, engine: Any) -> None:
    dataset = IdentityDataset(people_folder("people", {"anna": tuple(range(9))}))
    assert len(build_gallery(dataset, engine)[0].templates) == 1
    assert len(build_gallery(dataset, engine, options=SelectionOptions(limit=2))[0].templates) == 2


def test_photos_that_cannot_be_used_are_named(people_folder: Folder, save_photo: Folder, engine: Any) -> None:
    folder = people_folder("people", {"anna": (1,)})
    save_photo("people/anna/2.png", "anna", 2, faces=0)
    (folder / "anna" / "3.png").write_bytes(b"no image")
    gallery, report = build_gallery(IdentityDataset(folder), engine)
    assert len(gallery.templates) == 1
    assert report.skipped[0] == Skipped("anna/2.png", "shows no face")
    assert report.skipped[1].photo == "anna/3.png"
    assert report.skipped[1].reason.startswith("not a JPEG")


def test_a_person_without_a_usable_photo_is_an_error_unless_skipped(
    people_folder: Folder, save_photo: Folder, engine: Any
) -> None:
    folder = people_folder("people", {"anna": (1,)})
    save_photo("people/ben/1.png", "ben", 1, faces=0)
    with pytest.raises(NoFaceError, match=r"no photo of ben can be used \(ben/1.png: shows no face\); --skip"):
        build_gallery(IdentityDataset(folder), engine)
    gallery, report = build_gallery(IdentityDataset(folder), engine, skip_people=True)
    assert (gallery.names, report.people_skipped) == (("anna",), {"ben": "ben/1.png: shows no face"})


def test_nobody_at_all_is_an_error(save_photo: Folder, engine: Any, tmp_path: Path) -> None:
    save_photo("people/ben/1.png", "ben", 1, faces=0)
    with pytest.raises(NoFaceError, match="nobody has a photo"):
        build_gallery(IdentityDataset(tmp_path / "people"), engine, skip_people=True)


def test_the_bytes_of_a_gallery_never_change(people_folder: Folder, engine: Any) -> None:
    """Boards compare galleries by their bytes: other ones for the same photos need a reason, and this line."""
    captures = {"anna": tuple(range(12)), "ben": tuple(range(7)), "carla": (0, 1)}
    dataset = IdentityDataset(people_folder("people", captures))
    digests = [
        hashlib.sha256(encode(build_gallery(dataset, engine, options=options, metadata=MOMENT)[0])).hexdigest()
        for options in (SelectionOptions(limit=5), DEFAULT_SELECTION)
    ]
    assert digests == [
        "4b53ceeb79229cb39f4696cff003cd73785657ac6d42cb286f4a21835796a7e9",
        "e68a8908a78e799b056a3683ed493b516934f4f06f4a0cd3b968e25030ec25d9",
    ]


def test_outliers_are_named_with_the_reason(people_folder: Folder, save_photo: Folder, engine: Any) -> None:
    folder = people_folder("people", {"anna": (1, 2, 3), "ben": (1,)})
    save_photo("people/anna/4.png", "ben", 4)
    gallery, report = build_gallery(IdentityDataset(folder), engine, options=SelectionOptions(reject_outliers=True))
    assert [len(gallery.templates_of(name)) for name in gallery.names] == [3, 1]
    ((path, reason),) = [(skip.photo, skip.reason) for skip in report.skipped]
    assert path == "anna/4.png"
    assert reason.startswith("an outlier: its mean score ")
    assert len(build_gallery(IdentityDataset(folder), engine, options=SelectionOptions())[0].templates_of("anna")) == 4


def test_an_outlier_is_no_part_of_a_mean(people_folder: Folder, save_photo: Folder, engine: Any) -> None:
    folder = people_folder("people", {"anna": (1, 2, 3), "ben": (1,)})
    clean, _ = build_gallery(IdentityDataset(folder), engine)
    save_photo("people/anna/4.png", "ben", 4)
    spoiled, _ = build_gallery(IdentityDataset(folder), engine)
    rejecting, _ = build_gallery(
        IdentityDataset(folder), engine, options=SelectionOptions(Strategy.MEAN, reject_outliers=True)
    )
    assert (rejecting.templates == clean.templates).all()
    assert (spoiled.templates != clean.templates).any()


def test_the_most_typical_photo_comes_first_under_every_strategy(people_folder: Folder, engine: Any) -> None:
    dataset = IdentityDataset(people_folder("people", {"anna": tuple(range(9))}))
    firsts = {
        build_gallery(dataset, engine, options=SelectionOptions(strategy, limit=1))[0].templates.tobytes()
        for strategy in Strategy
        if strategy is not Strategy.MEAN
    }
    assert len(firsts) == 1


def test_photos_of_different_people_are_refused(
    people_folder: Folder, save_photo: Folder, checking_engine: PatternAnalyzer
) -> None:
    folder = people_folder("people", {"anna": (1, 2), "mix": (1, 2), "ben": (1,)})
    save_photo("people/mix/3.png", "dora", 1)
    dataset = IdentityDataset(folder)
    sentence = (
        r"people: the photos of 'mix' seem to show 2 different people: mix/1.png, mix/2.png \| mix/3.png; "
        "--allow-different-faces"
    )
    with pytest.raises(EnrollmentError, match=sentence):
        build_gallery(dataset, checking_engine)
    gallery, report = build_gallery(dataset, checking_engine, skip_people=True)
    assert gallery.names == ("anna", "ben")
    assert list(report.people_skipped) == ["mix"]
    assert [skip.photo for skip in report.skipped] == ["mix/1.png", "mix/2.png", "mix/3.png"]
    allowed, _ = build_gallery(dataset, checking_engine, permissions=Permissions(different_faces=True))
    assert allowed.names == ("anna", "ben", "mix")


def test_every_person_with_different_faces_is_named(
    people_folder: Folder, save_photo: Folder, checking_engine: PatternAnalyzer
) -> None:
    folder = people_folder("people", {"mix": (1,), "mux": (1,)})
    save_photo("people/mix/2.png", "dora", 1)
    save_photo("people/mux/2.png", "emil", 1)
    with pytest.raises(EnrollmentError, match=r"the photos of 'mix' .*; so do the photos of mux"):
        build_gallery(IdentityDataset(folder), checking_engine)


def test_an_outlier_that_is_rejected_is_no_disagreement(
    people_folder: Folder, save_photo: Folder, checking_engine: PatternAnalyzer
) -> None:
    folder = people_folder("people", {"anna": (1, 2, 3), "ben": (1,)})
    save_photo("people/anna/4.png", "dora", 1)
    gallery, report = build_gallery(
        IdentityDataset(folder), checking_engine, options=SelectionOptions(Strategy.MEAN, reject_outliers=True)
    )
    assert gallery.names == ("anna", "ben")
    assert [skip.photo for skip in report.skipped] == ["anna/4.png"]


def test_people_who_look_alike_are_reported(
    people_folder: Folder, save_photo: Folder, checking_engine: PatternAnalyzer
) -> None:
    folder = people_folder("people", {"anna": (1, 2), "ben": (1,)})
    save_photo("people/anne/1.png", "anna", 3)
    gallery, report = build_gallery(IdentityDataset(folder), checking_engine)
    ((first, second, score),) = [(pair.first, pair.second, pair.score) for pair in report.look_alikes]
    assert (first, second) == ("anna", "anne")
    assert score == gallery.scores_of(gallery.templates_of("anne"))[0, 0] > POINT.threshold_q15
    assert build_gallery(IdentityDataset(folder), PatternAnalyzer())[1].look_alikes == []


def test_a_photo_with_several_faces_needs_another_that_says_who_is_meant(
    people_folder: Folder, save_photo: Folder, checking_engine: PatternAnalyzer
) -> None:
    folder = people_folder("people", {"ben": (1,)})
    save_photo("people/anna/1.png", "anna", 1, faces=2)
    with pytest.raises(NoFaceError, match=r"no photo of anna can be used \(anna/1.png: shows 2 faces, and no photo of"):
        build_gallery(IdentityDataset(folder), checking_engine)
    gallery, report = build_gallery(IdentityDataset(folder), checking_engine, largest_only=True)
    assert (gallery.names, report.several) == (("anna", "ben"), {"anna/1.png": 2})


def test_the_same_photo_counts_once(people_folder: Folder, engine: Any) -> None:
    folder = people_folder("people", {"anna": (1, 2)})
    once, _ = build_gallery(IdentityDataset(folder), engine)
    (folder / "anna" / "copy.png").write_bytes((folder / "anna" / "1.png").read_bytes())
    twice, report = build_gallery(IdentityDataset(folder), engine)
    assert report.skipped == [Skipped("anna/copy.png", "the same file as anna/1.png, counted once")]
    assert (report.used, report.photos) == (2, 2)
    np.testing.assert_array_equal(once.templates, twice.templates)
    (folder / "anna" / "copy.png").unlink()
    cv2.imwrite(str(folder / "anna" / "copy.bmp"), cv2.imread(str(folder / "anna" / "1.png")))
    twice, report = build_gallery(IdentityDataset(folder), engine)
    assert report.skipped == [Skipped("anna/copy.bmp", "the same photo as anna/1.png, which counts once")]
    assert (report.used, report.photos) == (2, 3)
    np.testing.assert_array_equal(once.templates, twice.templates)


def test_folders_of_one_name_in_two_spellings_are_one_person(
    people_folder: Folder, save_photo: Folder, engine: Any
) -> None:
    folder = people_folder("people", {"ben": (1,)})
    save_photo("people/Zo\u00e9/1.png", "zoe", 1)
    save_photo("people/Zoe\u0301/2.png", "zoe", 2)
    dataset = IdentityDataset(folder)
    assert sorted(names_of(dataset).values()) == ["Zo\u00e9", "ben"]
    gallery, report = build_gallery(dataset, engine)
    assert (gallery.names, report.skipped) == (("Zo\u00e9", "ben"), [])
    np.testing.assert_array_equal(
        gallery.templates_of("Zo\u00e9"),
        build_gallery(IdentityDataset(people_folder("other", {"zoe": (1, 2)})), engine)[0].templates,
    )


class Unused(PatternAnalyzer):
    """Fails the test when a photo is looked at."""

    def detect(self, image: Any) -> Any:
        raise AssertionError("a photo was read")


@pytest.mark.parametrize(
    ("people", "sentence"),
    [
        (("Ada", "ada"), "people: the names 'Ada' and 'ada' look the same; rename one of them"),
        (("Ada", "\uff21da"), "look the same"),
        (("Ada", "A\u200bda"), r"people: the folder 'A\\u200bda' has the invisible character U\+200B in its name"),
    ],
)
def test_names_are_checked_before_photos_are_read(
    save_photo: Folder, tmp_path: Path, people: tuple[str, ...], sentence: str
) -> None:
    for person in people:
        save_photo(f"people/{person}/1.png", person, 1)
    with pytest.raises(DataError, match=sentence):
        build_gallery(IdentityDataset(tmp_path / "people"), Unused())


def test_a_budget_is_checked_before_photos_are_read(people_folder: Folder) -> None:
    dataset = IdentityDataset(people_folder("people", {"anna": (1,), "ben": (1,)}))
    with pytest.raises(DataError, match="2 people with one template each: expected a budget of at least"):
        build_gallery(dataset, Unused(), options=SelectionOptions(budget=300))
