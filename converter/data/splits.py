"""Splits in which no class is on two sides, chosen by a hash of the names: the same people every time.

A manifest says of every image which side it is on, with a digest of its content, so that a split can be shown, kept and
checked; `manifests` reads one.
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
_MIN_CLASSES = 2  # on a side


@dataclass(frozen=True, eq=False)
class Split:
    """Images for training, for choosing, and for judging; `test` may be `validation` itself where there are too few.

    Raises:
        DataError: a class, a group or the content of an image is on two sides.
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
        """By name, in the order of use."""
        return dict(zip(SIDES, (self.training, self.validation, self.test), strict=True))

    @property
    def digest(self) -> str:
        """SHA-256 of the manifest, hex."""
        return hashlib.sha256(json.dumps(self.manifest(), sort_keys=True).encode()).hexdigest()

    def manifest(self) -> dict[str, Any]:
        """Path, class, group where there are some, and SHA-256 of the prepared pixels of every image, by side."""
        return {"schema": SCHEMA} | {name: _indices(side) for name, side in self.sides().items()}

    def write(self, path: Path) -> None:
        """Write the manifest as JSON, whole or not at all."""
        with write_atomically(path) as stream:
            stream.write(json.dumps(self.manifest(), indent=1).encode() + b"\n")


def split_classes(
    images: LabeledImages, *, test: float, validation: float, seed: int = 0, min_images: int = 2
) -> Split:
    """Split by shares of the classes, or of the groups where there are some.

    Args:
        images: to be split.
        test: share to judge on; 0 judges on the validation classes.
        validation: share to choose by.
        seed: 0 orders by the names' own hashes; another seed gives another order.
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
    """Splits in each of which another part of the classes, or groups, is judged on: every one once.

    Args:
        images: to be split.
        folds: how many splits.
        validation: share of the classes that are not judged on to choose by.
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
    """Judge on the classes, or groups, named; of the rest a share is to choose by.

    Args:
        images: to be split.
        test: names.
        validation: share of the others that have two images of a class.
        seed, min_images: as of `split_classes`.

    Raises:
        DataError: a name is not known, or a side would have fewer than two classes with two images.
    """
    held = set(test)
    others = _shuffled(_with_pairs(images, images.groups or images.names) - held, seed)
    chosen = others[: max(_min_units(images), round(validation * len(others)))]
    return split_units(images, held, chosen, min_images=min_images)


def split_units(images: LabeledImages, test: Iterable[str], validation: Iterable[str], *, min_images: int = 2) -> Split:
    """Split by names of classes, or of groups where there are some; what is on neither list is trained on.

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
    """A share of names, two at least, by their hashes."""
    order = _shuffled(set(names), seed)
    return order[: max(_MIN_CLASSES, round(share * len(order)))]


def require_disjoint(what: str, members: Mapping[str, Iterable[str]]) -> None:
    """Refuse members of one side that are on another, too.

    Raises:
        DataError: one is; it names it and the sides.
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
    """Units with a class of two images: others cannot be judged on."""
    counts = images.counts()
    return {unit for unit, name in zip(units, images.names, strict=True) if counts[name] >= 2}


def _min_units(images: LabeledImages) -> int:
    """A group may have all the classes a side needs."""
    return 1 if images.groups else _MIN_CLASSES


def _shuffled(names: Iterable[str], seed: int) -> list[str]:
    def key(name: str) -> bytes:
        return hashlib.sha256((f"{seed}:{name}" if seed else name).encode()).digest()

    return sorted(set(names), key=key)
