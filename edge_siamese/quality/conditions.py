"""Condition measure: recognizes a mask, sunglasses or infrared light on an aligned crop.

Strangers who share a condition look alike to an embedder, so two faces in one condition are not compared as usual; see
``docs/quality.md``. All arithmetic is in integers.

1. The 112x112 crop is divided into 14x14 cells of 8x8 pixels. ``L(v) = round(16 * log2(v + 1))`` for v from 0 to 255.
2. Five maps of 14x14 values: ``g = L(mean green)``; ``L(mean red) - g``; ``L(mean blue) - g``; and
   ``L(min(255, s // 4)) - m`` for s the sum of the absolute differences of the gray levels of horizontal and of vertical
   neighbors, with m the median of g. The medians of the first three maps over the inner 11x10 cells (the 56th of 110 values
   in ascending order) are subtracted from them, so that light and color casts cancel. Means are rounded down.
3. Eight maps: the first three, their absolute values, and the last two. The values of each cell and of its mirror cell are
   added: 8 x 14 x 7 = 784 features.
4. A condition is present if the dot product of its weights and the features reaches its level, and suspected if it reaches
   its lower pair level.

The weights and levels are fitted by ``edge-siamese fit-conditions`` and shipped in ``models/conditions.json``.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from ..alignment import CROP_SIZE
from ..decision import Reason
from ..errors import DataError
from ..frames import RGB
from .fitted_file import read_fitted
from .glasses import GlassesRule

SCHEMA = "edge-siamese/conditions/1"
CELLS = 14
FEATURES = 8 * CELLS * CELLS // 2

INNER_CELLS = (slice(2, 13), slice(2, 12))
"""Rows and columns of the cells whose median is subtracted."""
MIDDLE_CELL = 55
"""Index of the median of the inner cells in ascending order."""
LOGARITHMS = np.round(16 * np.log2(np.arange(256) + 1)).astype(np.int16)
"""``L(v)`` for v from 0 to 255."""

_CELL = CROP_SIZE // CELLS


class Condition(StrEnum):
    """Conditions that strangers can share."""

    MASK = "mask"
    SUNGLASSES = "sunglasses"
    INFRARED = "infrared"
    DARK = "dark"


MEASURED = (Condition.MASK, Condition.SUNGLASSES, Condition.INFRARED)
"""Conditions with weights; `Condition.DARK` is measured by the brightness (`quality.gate.QualityLimits`)."""

REASONS = {
    Condition.DARK: Reason.DARK,
    Condition.INFRARED: Reason.INFRARED,
    Condition.MASK: Reason.OCCLUDED,
    Condition.SUNGLASSES: Reason.OCCLUDED,
}
"""Reason of a decision for each condition in which two faces cannot be compared."""

Conditions = frozenset[Condition]


def reason_of(conditions: Conditions) -> Reason | None:
    """The reason why two faces that share these conditions cannot be compared, or None."""
    return next((reason for condition, reason in REASONS.items() if condition in conditions), None)


def condition_features(crop: RGB) -> npt.NDArray[np.int16]:
    """Features of an aligned crop, uint8 ``(112, 112, 3)``: int16 ``(784,)``; see the description of this module."""
    means = cv2.resize(crop.astype(np.float32), (CELLS, CELLS), interpolation=cv2.INTER_AREA)
    red, green, blue = np.moveaxis(LOGARITHMS[np.asarray(means, np.uint8)], 2, 0)
    gray = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)
    colors = np.stack([green, red - green, blue - green])
    medians = np.sort(colors[:, *INNER_CELLS].reshape(3, -1), axis=1)[:, MIDDLE_CELL]
    colors -= medians[:, None, None]
    edges = np.stack([_edges(gray[:, 1:], gray[:, :-1]), _edges(gray[1:], gray[:-1])]) - medians[0]
    maps = np.concatenate([colors, np.abs(colors), edges])
    half = CELLS // 2
    return np.asarray(maps[..., :half] + maps[..., : half - 1 : -1], np.int16).reshape(-1)


def _edges(after: npt.NDArray[np.uint8], before: npt.NDArray[np.uint8]) -> npt.NDArray[np.int16]:
    """Logarithms ``(14, 14)`` of the sums of absolute differences; the last row or column of pixels has no neighbor."""
    change = np.zeros((CROP_SIZE, CROP_SIZE), np.float32)
    change[: after.shape[0], : after.shape[1]] = cv2.absdiff(after, before)
    means = cv2.resize(change, (CELLS, CELLS), interpolation=cv2.INTER_AREA)
    sums = np.asarray(means * np.float32(_CELL * _CELL) + np.float32(0.5), np.int32)  # exact: a mean times 64
    return np.asarray(LOGARITHMS[np.minimum(sums >> 2, 255)])


@dataclass(frozen=True, eq=False)
class ConditionMeasure:
    """Fitted weights and levels.

    Attributes:
        weights: int8 ``(3, 784)``, one row for each condition of `MEASURED`.
        levels: int32 ``(3,)``: a condition is present if the dot product is at least its level.
        pair_levels: int32 ``(3,)``, at most the levels: a condition is suspected if the dot product is at least this.
        glasses: the glasses rule by digest of the embedder.
        origin: digests of the detector and the data used for the fit.
    """

    weights: npt.NDArray[np.int8]
    levels: npt.NDArray[np.int32]
    pair_levels: npt.NDArray[np.int32]
    glasses: Mapping[str, GlassesRule] = field(default_factory=dict)
    origin: Mapping[str, str] = field(default_factory=dict)

    def measure(self, crop: RGB) -> tuple[Conditions, Conditions]:
        """Conditions that are present, and that are suspected, on an aligned crop, uint8 ``(112, 112, 3)``."""
        return self.found(condition_features(crop))

    def found(self, features: npt.NDArray[np.int16]) -> tuple[Conditions, Conditions]:
        """Conditions that are present, and that are suspected, for the features of a crop."""
        activations = self.weights.astype(np.int32) @ features.astype(np.int32)
        return _named(activations >= self.levels), _named(activations >= self.pair_levels)

    def glasses_rule(self, embedder: str) -> GlassesRule | None:
        """The glasses rule of an embedder, by its digest or the beginning of it; None for an unknown embedder."""
        return next((rule for digest, rule in self.glasses.items() if embedder and digest.startswith(embedder)), None)

    def to_json(self) -> dict[str, Any]:
        return {
            "schema": SCHEMA,
            "conditions": {
                str(condition): {
                    "level": int(level),
                    "pair_level": int(lower),
                    "weights": base64.b64encode(row.tobytes()).decode(),
                }
                for condition, level, lower, row in zip(
                    MEASURED, self.levels, self.pair_levels, self.weights, strict=True
                )
            },
            "glasses": {digest: rule.to_json() for digest, rule in self.glasses.items()},
            "origin": dict(self.origin),
        }

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> "ConditionMeasure":
        """Read the fields that `to_json` wrote.

        Raises:
            DataError: not a condition measure, or a value is missing or out of range.
        """
        try:
            if fields["schema"] != SCHEMA:
                raise ValueError(f"schema {fields['schema']!r}")
            entries = [fields["conditions"][condition] for condition in MEASURED]
            return cls(
                np.stack([_weights(entry["weights"]) for entry in entries]),
                np.array([_level(entry["level"]) for entry in entries], np.int32),
                np.array([_level(entry["pair_level"]) for entry in entries], np.int32),
                {str(key): GlassesRule.from_json(value) for key, value in fields["glasses"].items()},
                {str(key): str(value) for key, value in fields["origin"].items()},
            )
        except (KeyError, TypeError, ValueError, AttributeError, DataError) as error:
            raise DataError(f"expected a condition measure of the schema {SCHEMA}, found a bad {error}") from error


@cache
def shipped_conditions() -> ConditionMeasure:
    """The shipped condition measure."""
    with as_file(files("edge_siamese.models") / "conditions.json") as path:
        return read_conditions(path)


def read_conditions(path: Path) -> ConditionMeasure:
    """Read the JSON of ``edge-siamese fit-conditions``.

    Raises:
        DataError: the file cannot be read or is not a condition measure.
    """
    return read_fitted(path, ConditionMeasure.from_json)


def _named(found: npt.NDArray[np.bool_]) -> Conditions:
    return frozenset(condition for condition, present in zip(MEASURED, found, strict=True) if present)


def _weights(text: str) -> npt.NDArray[np.int8]:
    values = np.frombuffer(base64.b64decode(text, validate=True), np.int8)
    if values.shape != (FEATURES,):
        raise ValueError(f"number of weights {len(values)}, expected {FEATURES}")
    return values


def _level(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not -(2**31) < value < 2**31:
        raise ValueError(f"level {value!r}")
    return value
