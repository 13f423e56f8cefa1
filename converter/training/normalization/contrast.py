"""Local contrast normalization (Jarrett et al., ICCV 2009)."""

from dataclasses import dataclass, field, replace
from typing import Self

import cv2
import numpy as np
import numpy.typing as npt

from edge_siamese.errors import DataError

from .base import Floats, Images, Normalization, moments

SOFTENING = 0.1


@dataclass(frozen=True, eq=False)
class LocalMean(Normalization):
    """Subtractive normalization: standardize globally, then subtract the weighted mean of the neighborhood.

    The neighborhood covers all channels, with Gaussian weights of sigma ``round(0.0625 * W)``, truncated at 1.5 sigma on
    each side; borders are padded with the nearest pixel.

    Attributes:
        overall: mean and standard deviation of all values of the training images, float32 ``(2,)``.
        even_kernel: use the published window (Kadenze/siamese_net) of width ``int(3 * sigma)``, which shifts the mean by
            half a pixel if even; False uses the next odd width.
    """

    name = "lcn-subtractive"

    overall: Floats | None = None
    even_kernel: bool = field(default=False, kw_only=True)

    def __post_init__(self) -> None:
        if self.overall is not None and self.overall.shape != (2,):
            raise DataError(f"{self.name}: expected a mean and a deviation, found an array {self.overall.shape}")

    def fit(self, images: Images) -> Self:
        mean, square = (float(each.mean()) for each in moments(images))
        if square - mean**2 < 1e-9:
            raise DataError(f"{self.name} is fitted on images that show something, found a single gray level")
        return replace(self, overall=np.array([mean, np.sqrt(square - mean**2)], np.float32))

    def __call__(self, images: Images) -> Floats:
        if self.overall is None:
            raise DataError(f"{self.name} has to be fitted on training images before it is used")
        mean, deviation = self.overall
        kernel = gaussian(images.shape[2], even=self.even_kernel)
        normalized = np.empty(images.shape, np.float32)
        for place, image in enumerate(images):
            normalized[place] = self._localized((image.astype(np.float32) - mean) / deviation, kernel)
        return normalized

    def _localized(self, image: Floats, kernel: Floats) -> Floats:
        return image - _neighborhood(image, kernel)


@dataclass(frozen=True, eq=False)
class LocalContrast(LocalMean):
    """Also divided by the neighborhood's deviation + 0.1: ``centered / (sqrt(local mean of centered^2) + 0.1)``."""

    name = "lcn"

    def _localized(self, image: Floats, kernel: Floats) -> Floats:
        centered = super()._localized(image, kernel)
        deviation: Floats = np.sqrt(_neighborhood(np.square(centered), kernel)) + np.float32(SOFTENING)
        return centered / deviation


def gaussian(width: int, *, even: bool = False) -> Floats:
    """Compute Gaussian weights along one axis for images of that width, float32 ``(K,)``, with sum 1.

    Args:
        width: width of the images in pixels.
        even: use the published samples: K points from -K/2 to K/2, not at integer pixels.
    """
    sigma = max(round(0.0625 * width), 1)
    size = 3 * sigma if even else 3 * sigma | 1
    reach = size / 2 if even else size // 2
    weights: npt.NDArray[np.float64] = np.exp(-np.square(np.linspace(-reach, reach, size) / sigma) / 2)
    return np.asarray(weights / weights.sum(), np.float32)


def _neighborhood(image: Floats, kernel: Floats) -> Floats:
    """Compute the weighted mean around every pixel over all channels, float32 ``(H, W, 1)``."""
    middle = (len(kernel) - 1) // 2
    gray = np.ascontiguousarray(image.mean(axis=-1))
    mean = cv2.sepFilter2D(gray, cv2.CV_32F, kernel, kernel, anchor=(middle, middle), borderType=cv2.BORDER_REPLICATE)
    return np.asarray(mean, np.float32)[..., None]
