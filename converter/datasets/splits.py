"""Splits in which no class is on two sides, chosen by a hash of the names: the same people every time.

A manifest says of every picture which side it is on, with a digest of its content, so that a split can be shown, kept and
checked.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from edge_siamese.atomic import write_atomically
from edge_siamese.errors import DataError

from .labelled import LabelledPictures

SCHEMA = "edge-siamese/split/1"
SIDES = ("training", "validation", "test")
_LEAST_CLASSES = 2  # on a side


@dataclass(frozen=True, eq=False)
class Split:
    """Pictures for training, for choosing, and for judging; no class is on two sides, and no picture twice.

    Raises:
        DataError: a class or the content of a picture is on two sides.
    """

    training: LabelledPictures
    validation: LabelledPictures
    test: LabelledPictures

    def __post_init__(self) -> None:
        for what, of in (("class", lambda side: side.classes), ("picture", lambda side: side.content_digests)):
            _require_disjoint(what, {name: of(side) for name, side in self.sides().items()})

    def sides(self) -> dict[str, LabelledPictures]:
        """By name, in the order of use."""
        return dict(zip(SIDES, (self.training, self.validation, self.test), strict=True))

    @property
    def digest(self) -> str:
        """SHA-256 of the manifest, hex."""
        return hashlib.sha256(json.dumps(self.manifest(), sort_keys=True).encode()).hexdigest()

    def manifest(self) -> dict[str, Any]:
        """Path, class and SHA-256 of every picture, by side."""
        return {"schema": SCHEMA} | {
            name: [
                {"path": path, "class": of, "sha256": digest}
                for path, of, digest in zip(side.paths, side.names, side.content_digests, strict=True)
            ]
            for name, side in self.sides().items()
        }

    def write(self, path: Path) -> None:
        """Write the manifest as JSON, whole or not at all."""
        with write_atomically(path) as stream:
            stream.write(json.dumps(self.manifest(), indent=1).encode() + b"\n")


def split_classes(
    pictures: LabelledPictures, *, test: float, validation: float, seed: int = 0, least_pictures: int = 2
) -> Split:
    """Split by shares of the classes, or of the groups where there are some.

    Args:
        pictures: to be split.
        test: share to judge on; 0 judges on the validation classes.
        validation: share to choose by.
        seed: 0 orders by the names' own hashes; another seed gives another order.
        least_pictures: a class with fewer is neither trained nor validated on.

    Raises:
        DataError: a side would have fewer than two classes with two pictures.
    """
    units = pictures.groups or pictures.names
    order = _shuffled(_with_pairs(pictures, units), seed)
    held = round(test * len(order)) if test else 0
    chosen = max(1 if pictures.groups else _LEAST_CLASSES, round(validation * len(order)))
    if test:
        held = max(1 if pictures.groups else _LEAST_CLASSES, held)
    return split_units(pictures, order[:held], order[held : held + chosen], least_pictures=least_pictures)


def split_units(
    pictures: LabelledPictures, test: Iterable[str], validation: Iterable[str], *, least_pictures: int = 2
) -> Split:
    """Split by names of classes, or of groups where there are some; what is on neither list is trained on.

    Raises:
        DataError: a side would have fewer than two classes with two pictures.
    """
    units, held, chosen = np.array(pictures.groups or pictures.names), set(test), set(validation)
    testing, validating = np.isin(units, list(held)), np.isin(units, list(chosen))
    counts = pictures.counts()
    enough = np.array([counts[name] >= least_pictures for name in pictures.names], bool)
    sides = [pictures.where(~testing & ~validating & enough), pictures.where(validating & enough)]
    sides.append(pictures.where(testing) if held else sides[1])
    for name, side in zip(SIDES, sides, strict=True):
        pairs = sum(count >= 2 for count in side.counts().values())
        if pairs < _LEAST_CLASSES:
            raise DataError(
                f"{name} needs at least {_LEAST_CLASSES} classes with 2 or more pictures, found {pairs}; there are "
                f"{sum(count >= 2 for count in counts.values())} such classes in all"
            )
    return Split(*sides) if held else _judged_on_validation(*sides[:2])


def choose_validation(names: Iterable[str], share: float, seed: int = 0) -> list[str]:
    """A share of names, two at least, by their hashes."""
    order = _shuffled(set(names), seed)
    return order[: max(_LEAST_CLASSES, round(share * len(order)))]


class _JudgedOnValidation(Split):
    """Validation and test are the same pictures."""

    def __post_init__(self) -> None:
        _require_disjoint("class", {"training": self.training.classes, "validation": self.validation.classes})


def _judged_on_validation(training: LabelledPictures, validation: LabelledPictures) -> Split:
    return _JudgedOnValidation(training, validation, validation)


def _require_disjoint(what: str, members: dict[str, list[str]]) -> None:
    seen: dict[str, str] = {}
    for side, each in members.items():
        for member in set(each):
            if seen.setdefault(member, side) != side:
                raise DataError(f"split: the {what} {member} is in {seen[member]} and in {side}")


def _with_pairs(pictures: LabelledPictures, units: list[str]) -> set[str]:
    """Units with a class of two pictures: others cannot be judged on."""
    counts = pictures.counts()
    return {unit for unit, name in zip(units, pictures.names, strict=True) if counts[name] >= 2}


def _shuffled(names: Iterable[str], seed: int) -> list[str]:
    def key(name: str) -> bytes:
        return hashlib.sha256((f"{seed}:{name}" if seed else name).encode()).digest()

    return sorted(set(names), key=key)
