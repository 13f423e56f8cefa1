"""From stored images to network inputs: one definition for training, calibration, and the model card.

A normalization is chosen by name, fitted on the training images where it needs to be, and written to JSON with
everything it has learned. What is a mere ``pixel * scale + offset`` says so in `Normalization.affine` and can be folded
into the network. The module's own are simple arithmetic; the filters are in `contrast` and `whitening`.
"""

import base64
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from edge_siamese.errors import DataError
from edge_siamese.preprocessing import INPUT_RANGE, INPUT_SCALE, normalize_pixels

from ...registry import checked_options, lookup, options_of

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
        learned = {key: _encoded(getattr(self, key)) for key in self._learned() if getattr(self, key) is not None}
        return {"name": self.name, "options": options, "learned": learned}

    @staticmethod
    def from_json(report: Any) -> "Normalization":
        """Inverse of `to_json`.

        Raises:
            DataError: the document is not what `to_json` writes.
        """
        try:
            name, options, learned = (report[key] for key in ("name", "options", "learned"))
            kind = lookup("normalization", name, normalizations())
            arrays = {key: _decoded(learned[key]) for key in kind._learned() if key in learned}
            return kind(**arrays, **checked_options(f"normalization {name}", kind, options))
        except DataError:
            raise
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise DataError(f"expected a normalization as JSON, found one that does not decode ({error!r})") from error

    @classmethod
    def _learned(cls) -> list[str]:
        return [field.name for field in fields(cls) if not field.kw_only]


class Unit(Normalization):
    """0 to 1: ``pixel / 255``."""

    name = "unit"
    affine = (1 / 255, 0.0)

    def __call__(self, images: Images) -> Floats:
        return np.asarray(images, np.float32) / np.float32(255)


class Signed(Normalization):
    """-1 to 127/128: ``(pixel - 128) / 128``, what the device's models take."""

    name = "signed"
    affine = (INPUT_SCALE, INPUT_RANGE[0])

    def __call__(self, images: Images) -> Floats:
        return normalize_pixels(np.asarray(images, np.float32))


class MinMax(Normalization):
    """-1 to 1 in every image: ``(x - min) / (max - min) * 2 - 1``; a flat image is -1."""

    name = "min-max"

    def __call__(self, images: Images) -> Floats:
        values = np.asarray(images, np.float32)
        minimum = values.min(axis=(1, 2, 3), keepdims=True)
        extent = np.maximum(values.max(axis=(1, 2, 3), keepdims=True) - minimum, 1)
        return np.asarray((values - minimum) / extent * 2 - 1, np.float32)


class Standardize(Normalization):
    """Zero mean and unit deviation in every image: ``(x - mean) / max(std, 1 / sqrt(values))``."""

    name = "standardize"

    def __call__(self, images: Images) -> Floats:
        values = np.asarray(images, np.float32)
        mean = values.mean(axis=(1, 2, 3), keepdims=True, dtype=np.float64)
        deviation = values.std(axis=(1, 2, 3), keepdims=True, dtype=np.float64)
        return np.asarray((values - mean) / np.maximum(deviation, values[0].size ** -0.5), np.float32)


def normalizations() -> dict[str, type[Normalization]]:
    """Every normalization by name."""
    from .contrast import LocalContrast, LocalMean
    from .whitening import Whitening

    kinds = (Unit, Signed, MinMax, Standardize, LocalContrast, LocalMean, Whitening)
    return {kind.name: kind for kind in kinds}


def create(name: str, **options: Any) -> Normalization:
    """A normalization that is not fitted yet.

    Args:
        name: "unit", "signed", "min-max", "standardize", "lcn", "lcn-subtractive" or "zca".
        options: the keyword-only fields of its class.

    Raises:
        DataError: there is no normalization or option of that name.
    """
    kind = lookup("normalization", name, normalizations())
    return kind(**checked_options(f"normalization {name}", kind, options))


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


def _encoded(values: Floats) -> dict[str, Any]:
    return {"shape": list(values.shape), "float32": base64.b64encode(values.astype("<f4").tobytes()).decode("ascii")}


def _decoded(report: Mapping[str, Any]) -> Floats:
    values = np.frombuffer(base64.b64decode(report["float32"], validate=True), "<f4")
    return values.astype(np.float32).reshape(report["shape"])
