"""From stored images to network inputs: one definition for training, calibration, and the model card.

A normalization is chosen by name, fitted on the training images where it needs to be, and written to JSON with
everything it has learned. What is a mere ``pixel * scale + offset`` says so in `Normalization.affine` and can be folded
into the network. This module has the base class; `scaling`, `contrast` and `whitening` have the normalizations.
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
    """Base of all. Keyword-only fields are options, the others what `fit` learns, None before.

    Attributes:
        name: a key of `normalizations`.
        affine: scale and offset where the result is ``pixel * scale + offset``, else None.
    """

    name: ClassVar[str]
    affine: ClassVar[tuple[float, float] | None] = None

    def fit(self, images: Images) -> Self:
        """Return it fitted on the training images, uint8 ``(N, H, W, C)``; itself where nothing is learned.

        Raises:
            DataError: the images are too few, too large or all alike.
        """
        return self

    @abstractmethod
    def __call__(self, images: Images) -> Floats:
        """Return float32 ``(N, H, W, C)`` of uint8 images ``(N, H, W, C)``.

        Raises:
            DataError: it is not fitted, or was on images of another size.
        """

    def to_json(self) -> dict[str, Any]:
        """Name, options and what was learned, of JSON's types; arrays are little-endian float32 as base64."""
        options = {key: getattr(self, key) for key in options_of(type(self))}
        learned = {key: encode(getattr(self, key)) for key in self.learned() if getattr(self, key) is not None}
        return {"name": self.name, "options": options, "learned": learned}

    @classmethod
    def learned(cls) -> list[str]:
        """Names of the fields that `fit` sets."""
        return [field.name for field in fields(cls) if not field.kw_only]


def moments(images: Images) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Mean and mean square of every value over the images, float64 ``(H, W, C)``, from exact sums.

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
    """The images, some at a time."""
    for first in range(0, len(images), _IMAGES_AT_ONCE):
        yield images[first : first + _IMAGES_AT_ONCE]


def encode(values: Floats) -> dict[str, Any]:
    """An array as JSON."""
    return {"shape": list(values.shape), "float32": base64.b64encode(values.astype("<f4").tobytes()).decode("ascii")}


def decode(report: Mapping[str, Any]) -> Floats:
    """Inverse of `encode`."""
    values = np.frombuffer(base64.b64decode(report["float32"], validate=True), "<f4")
    return values.astype(np.float32).reshape(report["shape"])
