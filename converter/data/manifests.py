"""The manifest of a split, read back: the same images on the same sides, or a sentence that says what differs."""

from pathlib import Path
from typing import Annotated, Literal, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from edge_siamese.errors import DataError

from .labeled import LabeledImages
from .splits import SIDES, Split, require_disjoint

Digest = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class ListedImage(BaseModel):
    """An image of a manifest.

    Attributes:
        path: inside its source.
        name: its class, ``class`` in the file.
        sha256: of its prepared pixels.
        group: the level above the class, where there is one.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: str
    name: str = Field(alias="class")
    sha256: Digest
    group: str | None = None


class Manifest(BaseModel):
    """Which image is on which side; the test side may repeat the validation side whole."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    schema_: Literal["edge-siamese/split/1"] = Field(alias="schema")
    training: tuple[ListedImage, ...]
    validation: tuple[ListedImage, ...]
    test: tuple[ListedImage, ...]

    @model_validator(mode="after")
    def _sides_are_disjoint(self) -> Self:
        sides = self.sides()
        if self.test == self.validation:
            del sides["test"]
        for what, attribute in (("class", "name"), ("image", "sha256"), ("path", "path")):
            require_disjoint(what, {name: [getattr(one, attribute) for one in side] for name, side in sides.items()})
        return self

    def sides(self) -> dict[str, tuple[ListedImage, ...]]:
        """By name, in the order of use."""
        return {name: getattr(self, name) for name in SIDES}

    def apply(self, images: LabeledImages) -> Split:
        """Split images as the manifest says; those it does not list are left out.

        Raises:
            DataError: one that it lists is missing, of another class, or of other content.
        """
        row_of = {path: row for row, path in enumerate(images.paths)}
        sides = []
        for listed in (self.training, self.validation, self.test):
            keep = np.zeros(len(images), bool)
            for one in listed:
                keep[_checked(one, row_of.get(one.path), images)] = True
            sides.append(images.where(keep))
        if self.test == self.validation:
            sides[2] = sides[1]
        return Split(*sides)


def read_manifest(path: Path) -> Manifest:
    """Read what `splits.Split.write` wrote.

    Raises:
        DataError: the file is missing or no such manifest, or a class or image is on two sides.
    """
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise DataError(f"{path}: expected the manifest of a split; {where}: {first['msg']}") from error


def _checked(one: ListedImage, row: int | None, images: LabeledImages) -> int:
    if row is None:
        why = f" ({images.skipped[one.path]})" if one.path in images.skipped else ""
        raise DataError(f"the manifest lists {one.path}, which the images do not have{why}")
    if images.names[row] != one.name:
        raise DataError(f"{one.path}: the manifest says {one.name}, the images say {images.names[row]}")
    if images.content_digests[row] != one.sha256:
        raise DataError(
            f"{one.path}: its prepared pixels are not those of the manifest: changed, or prepared otherwise"
        )
    return row
