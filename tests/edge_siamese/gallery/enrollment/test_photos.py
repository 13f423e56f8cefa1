"""From photos to templates: nothing is dropped silently."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import pytest

from edge_siamese.errors import NoFaceError
from edge_siamese.gallery.container.writer import encode
from edge_siamese.gallery.enrollment.photos import Skipped, build_gallery, embed_photos
from edge_siamese.gallery.templates.mean import mean_template
from edge_siamese.gallery.templates.representatives import Strategy
from edge_siamese.gallery.templates.selection import DEFAULT_SELECTION, SelectionOptions
from edge_siamese.identity_dataset import IdentityDataset

Folder = Callable[..., Path]
MOMENT = {"created": "2025-01-31T12:00:00Z"}


def test_everybody_is_enrolled(people_folder: Folder, engine: Any) -> None:
    dataset = IdentityDataset(people_folder("people", {"anna": (1, 2, 3), "ben": (1,)}))
    gallery, report = build_gallery(dataset, engine)
    assert gallery.names == ("anna", "ben")
    assert [len(gallery.templates_of(name)) for name in gallery.names] == [1, 1]
    assert (report.photos, report.skipped, report.people_skipped) == (4, [], [])
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
    assert (gallery.names, report.people_skipped) == (("anna",), ["ben"])


def test_nobody_at_all_is_an_error(save_photo: Folder, engine: Any, tmp_path: Path) -> None:
    save_photo("people/ben/1.png", "ben", 1, faces=0)
    with pytest.raises(NoFaceError, match="nobody has a photo"):
        build_gallery(IdentityDataset(tmp_path / "people"), engine, skip_people=True)


def test_single_photos_are_embedded_or_named(save_photo: Folder, engine: Any, tmp_path: Path) -> None:
    good, empty = save_photo("1.png", "anna", 1), save_photo("2.png", "anna", 2, faces=0)
    templates, skipped = embed_photos([good, empty, tmp_path / "absent.png"], engine)
    assert templates.shape == (1, engine.embedder_card.dimension)
    assert templates.dtype == np.int8
    assert [skip.photo for skip in skipped] == [str(empty), str(tmp_path / "absent.png")]
    with pytest.raises(NoFaceError, match=r"none of the photos can be used: .*2\.png: shows no face"):
        embed_photos([empty], engine)


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
