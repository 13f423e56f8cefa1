"""Class-disjoint training, validation and test splits, chosen by a hash of the class names.

The manifest of a split lists the side and the content digest of every image; `manifests` reads it.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from edge_siamese.atomic import write_atomically
from edge_siamese.errors import DataError

from .labeled import LabeledImages

SCHEMA = "edge-siamese/split/1"
SIDES = ("training", "validation", "test")
_MIN_CLASSES = 2  # of a side


@dataclass(frozen=True, eq=False)
class Split:
    """Images for training, validation and test; `test` may be the same object as `validation` if there are few classes.

    Raises:
        DataError: a class, a group or an image content is on two sides.
    """

    training: LabeledImages
    validation: LabeledImages
    test: LabeledImages

    def __post_init__(self) -> None:
        sides = self.sides()
        if self.test is self.validation:
            del sides["test"]
        require_disjoint("class", {name: side.classes for name, side in sides.items()})
        require_disjoint("group", {name: side.groups or [] for name, side in sides.items()})
        require_disjoint("image", {name: side.content_digests for name, side in sides.items()})

    def sides(self) -> dict[str, LabeledImages]:
        """Images by name of the side, in the order training, validation, test."""
        return dict(zip(SIDES, (self.training, self.validation, self.test), strict=True))

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of the manifest."""
        return hashlib.sha256(json.dumps(self.manifest(), sort_keys=True).encode()).hexdigest()

    def manifest(self) -> dict[str, Any]:
        """Return path, class, group (if any) and SHA-256 of the prepared pixels of every image, by side."""
        return {"schema": SCHEMA} | {name: _indices(side) for name, side in self.sides().items()}

    def write(self, path: Path) -> None:
        """Write the manifest as JSON, atomically."""
        with write_atomically(path) as stream:
            stream.write(json.dumps(self.manifest(), indent=1).encode() + b"\n")


def split_classes(
    images: LabeledImages, *, test: float, validation: float, seed: int = 0, min_images: int = 2
) -> Split:
    """Split by shares of the classes, or of the groups if there are any.

    Args:
        images: to be split.
        test: share of the test side, 0 to 1; 0 tests on the validation classes.
        validation: share of the validation side, 0 to 1.
        seed: 0 orders by the plain hashes of the names; each seed gives another order.
        min_images: a class with fewer is neither trained nor validated on.

    Raises:
        DataError: a side would have fewer than two classes with two images.
    """
    units = images.groups or images.names
    order = _shuffled(_with_pairs(images, units), seed)
    held = max(_min_units(images), round(test * len(order))) if test else 0
    chosen = max(_min_units(images), round(validation * len(order)))
    return split_units(images, order[:held], order[held : held + chosen], min_images=min_images)


def split_folds(
    images: LabeledImages, folds: int, *, validation: float, seed: int = 0, min_images: int = 2
) -> Iterator[Split]:
    """Yield k-fold splits: every class, or group, is on the test side exactly once.

    Args:
        images: to be split.
        folds: how many splits.
        validation: share of the remaining classes for the validation side.
        seed, min_images: as of `split_classes`.

    Raises:
        DataError: a side would have fewer than two classes with two images.
    """
    order = _shuffled(_with_pairs(images, images.groups or images.names), seed)
    for fold in range(folds):
        yield split_rest(
            images, order[fold::folds], validation=validation, seed=seed, min_images=min_images
        )  # fmt: skip


def split_rest(
    images: LabeledImages, test: Iterable[str], *, validation: float, seed: int = 0, min_images: int = 2
) -> Split:
    """Split with a given test side; a share of the other classes, or groups, is the validation side.

    Args:
        images: to be split.
        test: names of the test classes or groups.
        validation: share of the others that have a class with two images.
        seed, min_images: as of `split_classes`.

    Raises:
        DataError: a name is not known, or a side would have fewer than two classes with two images.
    """
    held = set(test)
    others = _shuffled(_with_pairs(images, images.groups or images.names) - held, seed)
    chosen = others[: max(_min_units(images), round(validation * len(others)))]
    return split_units(images, held, chosen, min_images=min_images)


def split_units(images: LabeledImages, test: Iterable[str], validation: Iterable[str], *, min_images: int = 2) -> Split:
    """Split by names of classes, or of groups if there are any; all others are on the training side.

    Raises:
        DataError: a name is not known, or a side would have fewer than two classes with two images.
    """
    units, held, chosen = np.array(images.groups or images.names), set(test), set(validation)
    unknown = sorted((held | chosen) - set(units.tolist()))
    if unknown:
        raise DataError(f"split: '{unknown[0]}' is no class or group of these images")
    testing, validating = np.isin(units, list(held)), np.isin(units, list(chosen))
    counts = images.counts()
    enough = np.array([counts[name] >= min_images for name in images.names], bool)
    sides = [images.where(~testing & ~validating & enough), images.where(validating & enough)]
    sides.append(images.where(testing) if held else sides[1])
    for name, side in zip(SIDES, sides, strict=True):
        pairs = sum(count >= 2 for count in side.counts().values())
        if pairs < _MIN_CLASSES:
            expected = _MIN_CLASSES * (3 if held else 2)
            raise DataError(
                f"{name} needs at least {_MIN_CLASSES} classes with 2 or more images, found {pairs}; there are "
                f"{sum(count >= 2 for count in counts.values())} such classes in all, and it takes {expected} at least"
            )
    return Split(*sides)


def choose_validation(names: Iterable[str], share: float, seed: int = 0) -> list[str]:
    """Choose a share of the names, at least two, by their hashes."""
    order = _shuffled(set(names), seed)
    return order[: max(_MIN_CLASSES, round(share * len(order)))]


def require_disjoint(what: str, members: Mapping[str, Iterable[str]]) -> None:
    """Check that no member is on two sides.

    Raises:
        DataError: a member is on two sides; the message names it and the sides.
    """
    side_of: dict[str, str] = {}
    for side, each in members.items():
        for member in set(each):
            if side_of.setdefault(member, side) != side:
                raise DataError(f"split: the {what} {member} is in {side_of[member]} and in {side}")


def _indices(side: LabeledImages) -> list[dict[str, str]]:
    indices = [
        {"path": path, "class": name, "sha256": digest}
        for path, name, digest in zip(side.paths, side.names, side.content_digests, strict=True)
    ]
    if side.groups is not None:
        for row, group in zip(indices, side.groups, strict=True):
            row["group"] = group
    return indices


def _with_pairs(images: LabeledImages, units: list[str]) -> set[str]:
    """Return the units that have a class with two images, as genuine pairs need them."""
    counts = images.counts()
    return {unit for unit, name in zip(units, images.names, strict=True) if counts[name] >= 2}


def _min_units(images: LabeledImages) -> int:
    """Return the minimum number of units of a side: 1 for groups, which may hold several classes."""
    return 1 if images.groups else _MIN_CLASSES


def _shuffled(names: Iterable[str], seed: int) -> list[str]:
    def key(name: str) -> bytes:
        return hashlib.sha256((f"{seed}:{name}" if seed else name).encode()).digest()

    return sorted(set(names), key=key)
