"""ZCA whitening: pictures turned so that their values no longer depend on each other, yet still look like pictures."""

import math
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import numpy.typing as npt

from edge_siamese.errors import DataError

from .base import Floats, Normalization, Pictures, moments, parts

VALUES_LIMIT = 10_000
REGULARISATION = 0.1
_NEGLIGIBLE = 1e-9

Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Whitening(Normalization):
    """Every value standardized, then multiplied by W = (covariance + 0.1 I)^(-1/2) (Bell and Sejnowski, 1997).

    With the covariance's eigenvectors V and eigenvalues s, W = I / sqrt(0.1) + V (1 / sqrt(s + 0.1) - 1 / sqrt(0.1)) V^T,
    in which directions without variance drop out. So N pictures need N columns of V at most: exact, and for few large
    pictures far smaller than W.

    Attributes:
        mean, deviation: of every value, float32 ``(H, W, C)``; a value that never changes has deviation 1.
        directions: V of the directions with variance, float32 ``(H * W * C, R)``.
        gains: of each direction, 1 / sqrt(s + 0.1), float32 ``(R,)``.
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

    def fit(self, pictures: Pictures) -> Self:
        """Fit on uint8 ``(N, H, W, C)``; at the limit that takes some 4 GB and many minutes, for 64x64 0.6 GB."""
        values = math.prod(pictures.shape[1:])
        if values > VALUES_LIMIT:
            raise DataError(
                f"zca takes pictures of at most {VALUES_LIMIT:,} values, as 100x100 gray ones; found {values:,} in each"
            )
        mean, square = moments(pictures)
        variance = square - np.square(mean)
        deviation = np.sqrt(np.where(variance > _NEGLIGIBLE, variance, 1.0))
        if len(pictures) < values:
            variances, directions = _of_few(_standardized(pictures, mean, deviation))
        else:
            variances, directions = np.linalg.eigh(_covariance(pictures, mean, deviation))
        used = variances > _NEGLIGIBLE * values
        if not used.any():
            raise DataError(f"zca is fitted on pictures that differ, found {len(pictures)} that do not")
        gains = 1 / np.sqrt(variances[used] + REGULARISATION)
        learned = {"mean": mean, "deviation": deviation, "directions": directions[:, used], "gains": gains}
        return replace(self, **{key: array.astype(np.float32) for key, array in learned.items()})

    def __call__(self, pictures: Pictures) -> Floats:
        if self.mean is None or self.deviation is None or self.directions is None or self.gains is None:
            raise DataError("zca has to be fitted on training pictures before it is used")
        if pictures.shape[1:] != self.mean.shape:
            raise DataError(f"zca was fitted on pictures {self.mean.shape}, found {pictures.shape[1:]}")
        rest = np.float32(REGULARISATION**-0.5)
        whitened = np.empty((len(pictures), self.mean.size), np.float32)
        done = 0
        for part in parts(pictures):
            values = ((part - self.mean) / self.deviation).reshape(len(part), -1)
            whitened[done : done + len(part)] = (
                values * rest + (values @ self.directions * (self.gains - rest)) @ self.directions.T
            )
            done += len(part)
        return whitened.reshape(pictures.shape)


def _standardized(pictures: Pictures, mean: Doubles, deviation: Doubles) -> Doubles:
    return np.asarray(((pictures - mean) / deviation).reshape(len(pictures), -1))


def _covariance(pictures: Pictures, mean: Doubles, deviation: Doubles) -> Doubles:
    """Float64 ``(D, D)``, gathered some pictures at a time."""
    covariance = np.zeros((mean.size, mean.size))
    for part in parts(pictures):
        values = _standardized(part, mean, deviation)
        covariance += values.T @ values
    return covariance / len(pictures)


def _of_few(values: Doubles) -> tuple[Doubles, Doubles]:
    """Eigenvalues ``(N,)`` and eigenvectors ``(D, N)`` of the covariance of fewer pictures than values."""
    variances, mixtures = np.linalg.eigh(values @ values.T / len(values))
    lengths = np.sqrt(np.maximum(variances * len(values), _NEGLIGIBLE))
    return variances, values.T @ mixtures / lengths
