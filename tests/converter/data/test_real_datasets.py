"""The loaders on the real archives. Needs the data named by ``EDGE_SIAMESE_DATA``."""

import os
from pathlib import Path

import pytest

from edge_siamese.evaluation.pairs_file import parse_pairs_file
from edge_siamese_converter.data.preparation import Preparation
from edge_siamese_converter.data.sources import drawers, load_source, pairs_text
from edge_siamese_converter.data.splits import split_rest

DATA = Path(os.environ.get("EDGE_SIAMESE_DATA", ""))
pytestmark = pytest.mark.skipif(
    "EDGE_SIAMESE_DATA" not in os.environ, reason="EDGE_SIAMESE_DATA does not name a folder with the real photos"
)
SMALL = Preparation(size=(32, 32), channels=1)


def test_the_two_folders_of_orl_are_one_set_of_40_people() -> None:
    found = load_source("folders", DATA / "seeds" / "orl.zip", SMALL, merge_top=True)
    assert (len(found), set(found.counts().values()), len(found.classes)) == (400, {10}, 40)


def test_the_13_celebrities_have_three_files_twice() -> None:
    found = load_source("folders", DATA / "seeds" / "celebrities13.zip", SMALL)
    assert (len(found), len(found.classes), len(found.skipped)) == (315, 13, 3)
    assert all("the same image as" in reason for reason in found.skipped.values())


def test_every_thermal_image_has_an_identity() -> None:
    found = load_source("thermal", DATA / "seeds" / "thermal.zip", SMALL)
    assert (len(found), len(found.classes), found.skipped) == (51, 9, {})
    assert min(found.counts().values()) == 4


@pytest.mark.slow
def test_omniglot_has_50_alphabets_each_drawn_by_20_people() -> None:
    found = load_source("omniglot", DATA / "seeds" / "omniglot.tar.xz", SMALL)
    assert (len(found), len(found.classes), len(set(found.groups or []))) == (32459, 1623, 50)
    assert len(set(drawers(found))) == 20


@pytest.mark.slow
def test_the_people_of_the_official_folds_are_judged_on_and_never_trained_on() -> None:
    found = load_source("lfw", DATA / "lfw_dev.zip", Preparation(size=(32, 32), align="center", crop_factor=0.5))
    listed = parse_pairs_file(pairs_text("lfw", DATA / "lfw_dev.zip")).of_folds([4, 5])
    split = split_rest(found, listed.people, validation=0.15, min_images=4)
    rows, folds = listed.indices(split.test.paths)
    assert len(rows) >= 1195
    assert set(folds.tolist()) == {0, 1}
    assert not listed.people & {*split.training.classes, *split.validation.classes}
    assert min(split.training.counts().values()) >= 4
