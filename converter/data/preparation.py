"""From photos to images of one size: which part, which colors, which classes."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from typing import Annotated, Literal, Self

import cv2
import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, model_validator

from edge_siamese.alignment import CROP_SIZE, TEMPLATE, align
from edge_siamese.engine import FaceEngine
from edge_siamese.errors import DataError
from edge_siamese.faces import largest
from edge_siamese.frames import RGB

from .labeled import LabeledImages

Prepare = Callable[[RGB], npt.NDArray[np.uint8] | str]
Side = Annotated[int, Field(ge=8, le=1024)]


class Preparation(BaseModel):
    """What is done to every photo, and which are kept.

    Attributes:
        size: height and width.
        channels: 3 is RGB, 1 gray.
        align: "detector" cuts the largest face out on the five landmarks, "center" the largest window of the size's
            proportions from the middle, "none" takes the photo whole, whatever its proportions.
        crop_factor: how much is seen, about the middle: of an aligned face 1 is the usual crop and more shows more, of
            a photo 1 is the largest window. Not for "none".
        min_images, max_images: a class with fewer is left out, of one with more the first are taken.
        near_duplicates: leave an image out that differs from another of its class by less than this, as the mean
            absolute difference of pixels from 0 to 1; 0 leaves out equal ones only.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    size: tuple[Side, Side] = (CROP_SIZE, CROP_SIZE)
    channels: Literal[1, 3] = 3
    align: Literal["detector", "center", "none"] = "none"
    crop_factor: float = Field(default=1.0, gt=0.1, le=3)
    min_images: int = Field(default=1, ge=1)
    max_images: int | None = Field(default=None, ge=1)
    near_duplicates: float = Field(default=0.0, ge=0, lt=1)

    @model_validator(mode="after")
    def _crop_factor_fits(self) -> Self:
        if self.align == "none" and self.crop_factor != 1:
            raise ValueError('crop_factor is for align = "detector" or "center"')
        if self.align == "center" and self.crop_factor > 1:
            raise ValueError('crop_factor is at most 1 for align = "center": there is nothing beyond the photo')
        return self

    def open(self, stack: ExitStack) -> Prepare:
        """What turns one photo into an image ``(H, W, C)``, or into the reason why it gives none."""
        if self.align != "detector":
            return lambda image: self.fitted(
                _middle(image, self.size, self.crop_factor) if self.align == "center" else image
            )
        engine = stack.enter_context(FaceEngine.default())
        center = (CROP_SIZE - 1) / 2
        template = center + (TEMPLATE - center) / self.crop_factor

        def aligned(image: RGB) -> npt.NDArray[np.uint8] | str:
            face = largest(engine.detect(image))
            if face is None:
                return "no face found"
            return self.fitted(_middle(align(image, face.landmarks, template), self.size, 1.0))

        return aligned

    def fitted(self, image: RGB) -> npt.NDArray[np.uint8]:
        """An RGB image at the size and with the channels asked for: averaged when it shrinks, else interpolated."""
        height, width = self.size
        if image.shape[:2] != self.size:
            shrinks = image.shape[0] > height or image.shape[1] > width
            image = np.asarray(
                cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
            )
        if self.channels == 1:
            return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8)[..., None]
        return image

    def select(self, images: LabeledImages) -> LabeledImages:
        """Leave out duplicates, what is too much of large classes, and small classes; each is named in ``skipped``.

        Raises:
            DataError: nothing is left.
        """
        skipped = dict(images.skipped)
        keep = np.zeros(len(images), bool)
        first_seen: dict[str, int] = {}
        for name, members in _rows_by_class(images).items():
            chosen: list[int] = []
            for row in members:
                reason = self._against(images, chosen, row, first_seen)
                if reason:
                    skipped[images.paths[row]] = reason
                else:
                    chosen.append(row)
            if len(chosen) < self.min_images:
                reason = f"{name} has {len(chosen)} images, fewer than {self.min_images}"
                skipped |= {images.paths[row]: reason for row in chosen}
            else:
                keep[chosen] = True
        if not keep.any():
            raise DataError(f"no image is left: {next(iter(skipped.values()), 'there was none')}")
        return replace(images.where(keep), skipped=skipped)

    def _against(self, images: LabeledImages, chosen: list[int], row: int, first_seen: dict[str, int]) -> str | None:
        """Why an image is not wanted beside those chosen of its class, or None."""
        same = first_seen.setdefault(images.content_digests[row], row)
        if same != row:
            return f"the same image as {images.paths[same]}"
        near = self._near(images, chosen, row)
        if near is not None:
            return f"nearly the same image as {images.paths[near]}"
        if self.max_images is not None and len(chosen) >= self.max_images:
            return f"one more than {self.max_images} images of {images.names[row]}"
        return None

    def _near(self, images: LabeledImages, chosen: list[int], row: int) -> int | None:
        if not self.near_duplicates or not chosen:
            return None
        differences = np.abs(images.images[chosen].astype(np.int16) - images.images[row])
        means = differences.reshape(len(chosen), -1).mean(axis=1) / 255
        nearest = int(means.argmin())
        return chosen[nearest] if means[nearest] < self.near_duplicates else None


def _rows_by_class(images: LabeledImages) -> dict[str, list[int]]:
    rows: dict[str, list[int]] = {name: [] for name in images.classes}
    for row, name in enumerate(images.names):
        rows[name].append(row)
    return rows


def _middle(image: RGB, size: tuple[int, int], factor: float) -> RGB:
    """The largest window about the middle with the proportions of `size`, its sides times `factor`."""
    height, width = image.shape[:2]
    unit = min(height / size[0], width / size[1]) * factor
    rows, columns = max(1, round(size[0] * unit)), max(1, round(size[1] * unit))
    top, left = (height - rows) // 2, (width - columns) // 2
    return image[top : top + rows, left : left + columns]
