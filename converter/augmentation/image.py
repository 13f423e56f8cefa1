"""Augmentation of images that are no color crops of faces: single-channel, small, of any shape."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import cv2
import numpy as np
import numpy.typing as npt

from ..registry import checked_options, in_range, lookup
from .face_crop import Augmentation, CameraAugmentation, Image

BORDERS = {"replicate": cv2.BORDER_REPLICATE, "reflect": cv2.BORDER_REFLECT_101, "wrap": cv2.BORDER_WRAP}


@dataclass(frozen=True, kw_only=True)
class ImageAugmentation:
    """A random affine warp about the middle, for images of one or three channels.

    Each amount is the largest; what is done is drawn evenly up to it, in both directions.

    Attributes:
        rotation_degrees: angle.
        shift: part of each side.
        scale: a factor of both sides, 1 - scale to 1 + scale; scale, stretch and zoom are at most 0.9.
        stretch: a further factor of each side of its own.
        shear: horizontal displacement as a part of the vertical distance.
        zoom: part of the sides that a random window of the enlarged image leaves out; always in full. 25 / 130
            takes a window of 105 from an image enlarged to 130.
        flip: probability of a mirror image; letters and digits are others in the mirror.
        border: what is seen beyond the border: its nearest pixel, the image mirrored, or the other side.
    """

    rotation_degrees: float = 10.0
    shift: float = 0.05
    scale: float = 0.1
    stretch: float = 0.0
    shear: float = 0.05
    zoom: float = 0.0
    flip: float = 0.0
    border: Literal["replicate", "reflect", "wrap"] = "replicate"

    def __post_init__(self) -> None:
        in_range(0.0, 180.0, rotation_degrees=self.rotation_degrees)
        in_range(0.0, 1.0, shift=self.shift, shear=self.shear, flip=self.flip)
        in_range(0.0, 0.9, scale=self.scale, stretch=self.stretch, zoom=self.zoom)
        lookup("border", self.border, BORDERS)

    def __call__(self, image: Image, rng: np.random.Generator) -> Image:
        """Return a changed copy of a uint8 ``(H, W, C)`` image."""
        height, width = image.shape[:2]
        middle = np.array([(width - 1) / 2, (height - 1) / 2])
        turn, offset = self._drawn(rng)
        matrix = np.column_stack([turn, middle + offset * (width, height) - turn @ middle])
        warped = cv2.warpAffine(image, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=BORDERS[self.border])
        return np.asarray(warped, np.uint8).reshape(image.shape)

    def _drawn(self, rng: np.random.Generator) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """A random linear part ``(2, 2)`` and a shift in parts of width and height ``(2,)``."""
        angle, shear, scale, *stretch, right, down = rng.uniform(-1, 1, 7)
        angle = np.deg2rad(angle * self.rotation_degrees)
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        turn = turn @ np.array([[1, shear * self.shear], [0, 1]])
        turn = turn @ np.diag(1 + np.array(stretch) * self.stretch) * (1 + scale * self.scale) / (1 - self.zoom)
        if rng.random() < self.flip:
            turn = np.diag([-1, 1]) @ turn
        reach = self.shift + self.zoom / (1 - self.zoom) / 2
        return turn, np.array([right, down]) * reach


AUGMENTATIONS: dict[str, Callable[..., Augmentation]] = {"camera": CameraAugmentation, "image": ImageAugmentation}


def create_augmentation(name: str, **options: Any) -> Augmentation:
    """An augmentation by name, "camera" for color crops of faces or "image" for any.

    Raises:
        DataError: there is no augmentation or option of that name, or an option is out of its range.
    """
    make = lookup("augmentation", name, AUGMENTATIONS)
    return make(**checked_options(f"augmentation {name}", make, options))
