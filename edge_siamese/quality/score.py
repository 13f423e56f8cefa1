"""Quality score: a number from 0 to 100 that predicts the loss of score in genuine comparisons.

A *defect* is the difference of one measurement from that of an ordinary photo, from 0 (as good or better) to 8.

    quality = 100 * exp(-(sum of weight * defect))

Every component is a factor between 0 and 1; the smallest one shows the main defect. A quality of 50 means about half the
genuine score. Higher is better, as in ISO/IEC 29794-1. The references (medians of ordinary
photos) and the weights are fitted by ``edge-siamese fit-quality`` and shipped in ``models/quality.json``.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..alignment import CROP_SIZE
from ..errors import DataError
from .fitted_file import read_fitted

if TYPE_CHECKING:
    from .gate import Quality

SCHEMA = "edge-siamese/quality/1"
REFERENCES = ("sharpness", "contrast", "brightness", "confidence")
COMPONENTS = ("size", "sharpness", "contrast", "darkness", "brightness", "yaw", "roll", "detection")
MAX_DEFECT = 8.0


@dataclass(frozen=True)
class QualityFormula:
    """Reference values of an ordinary photo and the weight of each defect.

    Attributes:
        references: reference values by name in `REFERENCES`, in the units of `Quality`.
        weights: weights by name in `COMPONENTS`, at least 0.
        origin: digests of the models and data used for the fit.
    """

    references: Mapping[str, float]
    weights: Mapping[str, float]
    origin: Mapping[str, str] = field(default_factory=dict)

    def defects(self, quality: "Quality") -> dict[str, float]:
        """Defects by component: octaves below the reference, except yaw (half eye distances), roll (units of 45 degrees)
        and detection (natural logarithm of the odds)."""
        typical = self.references
        values = {
            "size": _octaves(CROP_SIZE, quality.side),
            "sharpness": _octaves(typical["sharpness"], quality.sharpness),
            "contrast": _octaves(typical["contrast"], quality.contrast),
            "darkness": _octaves(typical["brightness"], quality.brightness),
            "brightness": _octaves(255.0 - typical["brightness"], 255.0 - quality.brightness),
            "yaw": quality.yaw,
            "roll": quality.roll / 45.0,
            "detection": _log_odds(typical["confidence"]) - _log_odds(quality.confidence),
        }
        return {name: min(max(value, 0.0), MAX_DEFECT) for name, value in values.items()}

    def score(self, quality: "Quality") -> float:
        """Quality score of a face, 0 to 100."""
        defects = self.defects(quality)
        return 100.0 * math.exp(-sum(self.weights[name] * defects[name] for name in COMPONENTS))

    def to_json(self) -> dict[str, Any]:
        return {
            "schema": SCHEMA,
            "references": dict(self.references),
            "weights": dict(self.weights),
            "origin": dict(self.origin),
        }

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> "QualityFormula":
        """Read the fields that `to_json` wrote.

        Raises:
            DataError: not a quality formula, or a number is missing, negative or not finite.
        """
        try:
            if fields["schema"] != SCHEMA:
                raise ValueError(f"schema {fields['schema']!r}")
            return cls(
                {name: _checked(fields["references"][name]) for name in REFERENCES},
                {name: _checked(fields["weights"][name]) for name in COMPONENTS},
                {str(name): str(value) for name, value in fields["origin"].items()},
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise DataError(f"expected a quality formula of the schema {SCHEMA}, found a bad {error}") from error


@cache
def shipped_formula() -> QualityFormula:
    """The formula of the shipped models."""
    with as_file(files("edge_siamese.models") / "quality.json") as path:
        return read_formula(path)


def read_formula(path: Path) -> QualityFormula:
    """Read the JSON of ``edge-siamese fit-quality``.

    Raises:
        DataError: the file cannot be read or is not a quality formula.
    """
    return read_fitted(path, QualityFormula.from_json)


def _octaves(reference: float, value: float) -> float:
    """Number of doublings from `value` to `reference`."""
    return math.log2(reference / value) if value > 0 else MAX_DEFECT


def _log_odds(probability: float) -> float:
    inside = min(max(probability, 1e-6), 1.0 - 1e-6)
    return math.log(inside / (1.0 - inside))


def _checked(value: object) -> float:
    number = float(value)  # type: ignore[arg-type]
    if not (math.isfinite(number) and number >= 0):
        raise ValueError(f"number {value!r}")
    return number
