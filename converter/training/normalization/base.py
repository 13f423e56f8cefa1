"""Base class of image normalizations, used in training, calibration and model cards.

A normalization is created by name, fitted on the training images if necessary, and written to JSON with its fitted
values. A normalization of the form ``pixel * scale + offset`` sets `Normalization.affine` and can be folded into the
network. The normalizations are in `scaling`, `contrast` and `whitening`.
"""

import base64
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from edge_siamese.errors import DataError

from ...registry import options_of

Images = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]

_IMAGES_AT_ONCE = 256


@dataclass(frozen=True, eq=False)
class Normalization(ABC):
    """Base class. Keyword-only fields are options; the other fields are set by `fit` and None before.

    Attributes:
        name: a key of `normalizations`.
        affine: scale and offset if the result is ``pixel * scale + offset``, else None.
    """

    name: ClassVar[str]
    affine: ClassVar[tuple[float, float] | None] = None

    def fit(self, images: Images) -> Self:
        """Return a copy fitted on training images uint8 ``(N, H, W, C)``, or itself if there is nothing to fit.

        Raises:
            DataError: there are too few images, or they are too large or all equal.
        """
        return self

    @abstractmethod
    def __call__(self, images: Images) -> Floats:
        """Normalize uint8 images ``(N, H, W, C)`` to float32 ``(N, H, W, C)``.

        Raises:
            DataError: the normalization is not fitted, or was fitted on images of another size.
        """

    def to_json(self) -> dict[str, Any]:
        """Return name, options and fitted values as JSON types; arrays are little-endian float32 in base64."""
        options = {key: getattr(self, key) for key in options_of(type(self))}
        learned = {key: encode(getattr(self, key)) for key in self.learned() if getattr(self, key) is not None}
        return {"name": self.name, "options": options, "learned": learned}

    @classmethod
    def learned(cls) -> list[str]:
        """Return the names of the fields that `fit` sets."""
        return [field.name for field in fields(cls) if not field.kw_only]


def moments(images: Images) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Compute mean and mean square of every value over the images, float64 ``(H, W, C)``, from exact sums.

    Raises:
        DataError: there are no images.
    """
    if not len(images):
        raise DataError("a normalization is fitted on images, found none")
    total = np.zeros(images.shape[1:], np.int64)
    squares = np.zeros_like(total)
    for part in parts(images):
        values = part.astype(np.int64)
        total += values.sum(axis=0)
        squares += np.square(values).sum(axis=0)
    return total / len(images), squares / len(images)


def parts(images: Images) -> Iterator[Images]:
    """Yield the images in blocks."""
    for first in range(0, len(images), _IMAGES_AT_ONCE):
        yield images[first : first + _IMAGES_AT_ONCE]


def encode(values: Floats) -> dict[str, Any]:
    """Encode an array as JSON."""
    return {"shape": list(values.shape), "float32": base64.b64encode(values.astype("<f4").tobytes()).decode("ascii")}


def decode(report: Mapping[str, Any]) -> Floats:
    """Decode an array from the result of `encode`."""
    values = np.frombuffer(base64.b64decode(report["float32"], validate=True), "<f4")
    return values.astype(np.float32).reshape(report["shape"])
