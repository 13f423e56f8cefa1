"""ZCA whitening, which decorrelates the values of images."""

import math
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import numpy.typing as npt

from edge_siamese.errors import DataError

from .base import Floats, Images, Normalization, moments, parts

VALUES_LIMIT = 10_000
REGULARIZATION = 0.1
_NEGLIGIBLE = 1e-9

Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Whitening(Normalization):
    """Every value standardized, then multiplied by W = (covariance + 0.1 I)^(-1/2) (Bell and Sejnowski, 1997).

    With the covariance's eigenvectors V and eigenvalues s, W = I / sqrt(0.1) + V (1 / sqrt(s + 0.1) - 1 / sqrt(0.1)) V^T,
    where directions without variance cancel. N images need at most N columns of V; this is exact, and much smaller than W
    for few large images.

    Attributes:
        mean, deviation: mean and standard deviation of every value, float32 ``(H, W, C)``; constant values have 1.
        directions: columns of V with variance, float32 ``(H * W * C, R)``.
        gains: 1 / sqrt(s + 0.1) of each direction, float32 ``(R,)``.
    """

    name = "zca"

    mean: Floats | None = None
    deviation: Floats | None = None
    directions: Floats | None = None
    gains: Floats | None = None

    def __post_init__(self) -> None:
        learned = (self.mean, self.deviation, self.directions, self.gains)
        shapes = [None if each is None else each.shape for each in learned]
        size, rank = (0 if each is None else each.size for each in (self.mean, self.gains))
        if shapes not in ([None] * 4, [shapes[0], shapes[0], (size, rank), (rank,)]):
            raise DataError(f"zca: mean, deviation, directions and gains do not fit together: {shapes}")

    def fit(self, images: Images) -> Self:
        """Fit on uint8 ``(N, H, W, C)``; needs about 4 GB and many minutes at the size limit, 0.6 GB for 64x64."""
        values = math.prod(images.shape[1:])
        if values > VALUES_LIMIT:
            raise DataError(
                f"zca takes images of at most {VALUES_LIMIT:,} values, as 100x100 gray ones; found {values:,} in each"
            )
        mean, square = moments(images)
        variance = square - np.square(mean)
        deviation = np.sqrt(np.where(variance > _NEGLIGIBLE, variance, 1.0))
        if len(images) < values:
            variances, directions = _of_few(_standardized(images, mean, deviation))
        else:
            variances, directions = np.linalg.eigh(_covariance(images, mean, deviation))
        used = variances > _NEGLIGIBLE * values
        if not used.any():
            raise DataError(f"zca is fitted on images that differ, found {len(images)} that do not")
        gains = 1 / np.sqrt(variances[used] + REGULARIZATION)
        learned = {"mean": mean, "deviation": deviation, "directions": directions[:, used], "gains": gains}
        return replace(self, **{key: array.astype(np.float32) for key, array in learned.items()})

    def __call__(self, images: Images) -> Floats:
        if self.mean is None or self.deviation is None or self.directions is None or self.gains is None:
            raise DataError("zca has to be fitted on training images before it is used")
        if images.shape[1:] != self.mean.shape:
            raise DataError(f"zca was fitted on images {self.mean.shape}, found {images.shape[1:]}")
        rest = np.float32(REGULARIZATION**-0.5)
        whitened = np.empty((len(images), self.mean.size), np.float32)
        done = 0
        for part in parts(images):
            values = ((part - self.mean) / self.deviation).reshape(len(part), -1)
            whitened[done : done + len(part)] = (
                values * rest + (values @ self.directions * (self.gains - rest)) @ self.directions.T
            )
            done += len(part)
        return whitened.reshape(images.shape)


def _standardized(images: Images, mean: Doubles, deviation: Doubles) -> Doubles:
    return np.asarray(((images - mean) / deviation).reshape(len(images), -1))


def _covariance(images: Images, mean: Doubles, deviation: Doubles) -> Doubles:
    """Compute the covariance float64 ``(D, D)`` in blocks of images."""
    covariance = np.zeros((mean.size, mean.size))
    for part in parts(images):
        values = _standardized(part, mean, deviation)
        covariance += values.T @ values
    return covariance / len(images)


def _of_few(values: Doubles) -> tuple[Doubles, Doubles]:
    """Compute eigenvalues ``(N,)`` and eigenvectors ``(D, N)`` of the covariance if there are fewer images than values."""
    variances, mixtures = np.linalg.eigh(values @ values.T / len(values))
    lengths = np.sqrt(np.maximum(variances * len(values), _NEGLIGIBLE))
    return variances, values.T @ mixtures / lengths
