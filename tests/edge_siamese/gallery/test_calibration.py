"""A gallery's own operating point rests on strangers against its own templates."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge_siamese.dataset_embeddings import embed_dataset
from edge_siamese.errors import DataError, OperatingPointError
from edge_siamese.gallery import Gallery
from edge_siamese.gallery.calibration import GalleryComparisons, compare, estimated_point, operating_point
from edge_siamese.gallery.enrollment.build import build_gallery
from edge_siamese.gallery.templates.selection import SelectionOptions
from edge_siamese.identity_dataset import IdentityDataset
from edge_siamese.matching import Q15

Folder = Callable[..., Path]


@pytest.fixture
def enrolled(people_folder: Folder, engine: Any) -> Gallery:
    dataset = IdentityDataset(people_folder("people", {"anna": (1, 2), "ben": (1, 2)}))
    return build_gallery(dataset, engine, options=SelectionOptions())[0]


def test_strangers_are_impostors_to_everybody_and_namesakes_are_genuine(
    people_folder: Folder, engine: Any, enrolled: Gallery
) -> None:
    strangers = {f"stranger {number}": (1, 2, 3) for number in range(20)}
    others = people_folder("others", strangers | {"anna": (2, 3, 4), "ben": (5,)})
    embedded = embed_dataset(IdentityDataset(others), engine)
    comparisons = compare(enrolled, embedded)
    assert len(comparisons.impostor) == 20 * 3 * 2
    assert (comparisons.strangers, comparisons.enrolled_from, len(comparisons.genuine)) == (20, 1, 3)
    assert comparisons.genuine.min() > 0.6 * Q15
    point = operating_point(enrolled, comparisons, 0.05)
    assert np.count_nonzero(comparisons.impostor >= point.threshold_q15) == 1
    assert (point.impostor_pairs, point.people, point.fnmr) == (120, 22, 0.0)
    assert (
        point.dataset_digest == compare(enrolled, embedded).digest != compare(enrolled.without("ben"), embedded).digest
    )


def test_photos_without_a_face_are_no_comparisons(
    people_folder: Folder, save_photo: Folder, engine: Any, enrolled: Gallery
) -> None:
    folder = people_folder("others", {"eve": (1,)})
    save_photo("others/eve/2.png", "eve", 2, faces=0)
    assert len(compare(enrolled, embed_dataset(IdentityDataset(folder), engine)).impostor) == 2


def test_too_few_strangers_are_rejected_with_the_number_it_takes(
    people_folder: Folder, engine: Any, enrolled: Gallery
) -> None:
    comparisons = compare(enrolled, embed_dataset(IdentityDataset(people_folder("others", {"eve": (1,)})), engine))
    missing = (
        "needs at least 2,995 impostor pairs, found 2: with 2 people in the gallery, 1,497 more photos of strangers"
    )
    with pytest.raises(OperatingPointError, match=missing):
        operating_point(enrolled, comparisons, 1e-3)


def scored(by_stranger: list[np.ndarray]) -> GalleryComparisons:
    impostor = np.concatenate(by_stranger)
    return GalleryComparisons(
        np.array([30000, 100], np.int16), impostor, tuple(by_stranger), len(by_stranger), 0, "0" * 64
    )


def test_an_estimate_is_marked_and_survives_the_file(enrolled: Gallery, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    comparisons = scored([np.asarray(rng.normal(0, 2500, 60), np.int16) for _ in range(20)])
    point, check = estimated_point(enrolled, comparisons, 1e-3)
    assert point.estimated
    assert point.to_json()["estimated"] is True
    assert (point.fmr_upper_95, point.fnmr, point.impostor_pairs) == (1e-3, 0.5, 1200)
    assert check.matches.trials == 1200
    path = tmp_path / "a.esg"
    enrolled.with_operating_point(point).save(path)
    assert Gallery.open(path).operating_points == (point,)


def test_an_estimate_that_strangers_held_back_contradict_is_rejected(enrolled: Gallery) -> None:
    rng = np.random.default_rng(1)
    by_stranger = [np.asarray(rng.normal(0, 100, 60), np.int16) for _ in range(10)]
    by_stranger += [np.asarray(rng.normal(15000, 100, 60), np.int16) for _ in range(2)]
    by_stranger[0], by_stranger[11] = by_stranger[11], by_stranger[0]
    by_stranger[2], by_stranger[10] = by_stranger[10], by_stranger[2]
    with pytest.raises(OperatingPointError, match=r"cannot be estimated: on strangers held back, 120 of 720"):
        estimated_point(enrolled, scored(by_stranger), 1e-3)


def test_without_strangers_or_people_there_is_nothing_to_measure(
    people_folder: Folder, engine: Any, enrolled: Gallery
) -> None:
    embedded = embed_dataset(IdentityDataset(people_folder("others", {"anna": (3,)})), engine)
    for gallery in (enrolled, Gallery.empty(engine.embedder_card)):
        with pytest.raises(DataError, match="found none"):
            compare(gallery, embedded)
    assert isinstance(embedded.embeddings, np.ndarray)
