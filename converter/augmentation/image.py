"""Random affine augmentation for images of any size with one or three channels."""

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
    """Random affine warp about the image center, for images with one or three channels.

    Each amount is a maximum: the applied value is drawn uniformly from -amount to +amount.

    Attributes:
        rotation_degrees: maximum rotation angle in degrees.
        shift: maximum shift as a fraction of each side.
        scale: both sides are multiplied by 1 - scale to 1 + scale; scale, stretch and zoom are at most 0.9.
        stretch: each side is multiplied by a further, independent factor of 1 - stretch to 1 + stretch.
        shear: maximum horizontal displacement as a fraction of the vertical distance.
        zoom: fraction of the sides of the enlarged image outside of a random window; always applied in full.
            25 / 130 takes a window of 105 pixels from an image enlarged to 130.
        flip: probability of a horizontal flip, 0 to 1; use 0 for letters and digits.
        border: fill beyond the border: the nearest pixel, the reflected image, or the opposite side.
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
        """Return an augmented copy of a uint8 ``(H, W, C)`` image."""
        height, width = image.shape[:2]
        middle = np.array([(width - 1) / 2, (height - 1) / 2])
        turn, offset = self._drawn(rng)
        matrix = np.column_stack([turn, middle + offset * (width, height) - turn @ middle])
        warped = cv2.warpAffine(image, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=BORDERS[self.border])
        return np.asarray(warped, np.uint8).reshape(image.shape)

    def _drawn(self, rng: np.random.Generator) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Draw a linear map ``(2, 2)`` and a shift ``(2,)`` in fractions of width and height."""
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
    """Create an augmentation by name: "camera" for color face crops, "image" for any image.

    Raises:
        DataError: the name or an option is unknown, or an option is out of range.
    """
    make = lookup("augmentation", name, AUGMENTATIONS)
    return make(**checked_options(f"augmentation {name}", make, options))
