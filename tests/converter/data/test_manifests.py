import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edge_siamese.errors import DataError
from edge_siamese_converter.data.labeled import LabeledImages
from edge_siamese_converter.data.manifests import read_manifest
from edge_siamese_converter.data.splits import Split, split_classes

Make = Callable[..., LabeledImages]


@pytest.fixture
def images(labeled: Make) -> LabeledImages:
    return labeled({f"group {number % 6}/class {number}": 3 for number in range(18)}, 1, grouped=True)


@pytest.fixture
def split(images: LabeledImages) -> Split:
    return split_classes(images, test=0.3, validation=0.2)


@pytest.fixture
def path(split: Split, tmp_path: Path) -> Path:
    split.write(tmp_path / "split.json")
    return tmp_path / "split.json"


def test_a_manifest_brings_the_same_split_back_whatever_the_order(
    path: Path, split: Split, images: LabeledImages
) -> None:
    order = np.random.default_rng(0).permutation(len(images))
    mixup = replace(
        images,
        images=images.images[order],
        names=[images.names[row] for row in order],
        paths=[images.paths[row] for row in order],
        groups=[(images.groups or [])[row] for row in order],
    )
    again = read_manifest(path).apply(mixup)
    for name, side in split.sides().items():
        assert sorted(again.sides()[name].content_digests) == sorted(side.content_digests)
    assert read_manifest(path).apply(images).digest == split.digest


def test_a_manifest_lists_class_group_and_content(path: Path, split: Split) -> None:
    first = json.loads(path.read_text())["test"][0]
    assert first == {
        "path": split.test.paths[0],
        "class": split.test.names[0],
        "sha256": split.test.content_digests[0],
        "group": (split.test.groups or [])[0],
    }


def test_a_split_judged_on_its_validation_classes_comes_back_so(labeled: Make, tmp_path: Path) -> None:
    images = labeled({f"p{number}": 2 for number in range(6)})
    split_classes(images, test=0, validation=0.4).write(tmp_path / "split.json")
    again = read_manifest(tmp_path / "split.json").apply(images)
    assert again.test is again.validation


def test_images_that_are_not_listed_are_left_out(path: Path, images: LabeledImages) -> None:
    extra = np.full((1, *images.images.shape[1:]), 7, np.uint8)
    more = LabeledImages(
        np.concatenate([images.images, extra]), [*images.names, "new"], [*images.paths, "new/1"],
        [*(images.groups or []), "new"],
    )  # fmt: skip
    assert sum(len(side) for side in read_manifest(path).apply(more).sides().values()) == len(images)


def test_a_changed_image_is_found(path: Path, images: LabeledImages) -> None:
    changed = replace(images, images=images.images ^ np.uint8(1))
    with pytest.raises(DataError, match="its prepared pixels are not those of the manifest"):
        read_manifest(path).apply(changed)


def test_a_missing_or_renamed_image_is_found(path: Path, images: LabeledImages) -> None:
    keep = np.arange(len(images)) > 0
    skipping = replace(images.where(keep), skipped={images.paths[0]: "no face found"})
    with pytest.raises(DataError, match=r"which the images do not have \(no face found\)"):
        read_manifest(path).apply(skipping)
    with pytest.raises(DataError, match="the images say other"):
        read_manifest(path).apply(replace(images, names=["other"] * len(images)))


def test_sides_that_share_something_are_refused(path: Path) -> None:
    report = json.loads(path.read_text())
    report["training"].append(report["test"][0])
    path.write_text(json.dumps(report))
    with pytest.raises(DataError, match="is in training and in test"):
        read_manifest(path)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("nothing", "Invalid JSON"),
        ('{"schema": "edge-siamese/split/2", "training": [], "validation": [], "test": []}', "schema"),
        (
            '{"schema": "edge-siamese/split/1", "training": [{"path": "a"}], "validation": [], "test": []}',
            "training.0.class",
        ),
    ],
)
def test_what_is_no_manifest_is_refused(tmp_path: Path, text: str, what: str) -> None:
    (tmp_path / "split.json").write_text(text)
    with pytest.raises(DataError, match=f"expected the manifest of a split; .*{what}"):
        read_manifest(tmp_path / "split.json")


def test_a_missing_manifest_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        read_manifest(tmp_path / "split.json")
