"""Error rates by face size, brightness, sharpness and pose, or by the user's labels.

The attribute of a pair is that of the worse photo, so that every pair is in one row. The label of a pair is the label of both
photos if they agree (the within-group comparisons of ISO/IEC 19795-10), otherwise "different".
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..dataset_embeddings import DatasetEmbeddings
from ..quality.gate import Quality
from .bootstrap import PersonBootstrap
from .error_counts import Rates, grouped_rates
from .pairs import ScoredPairs

NO_FACE, DIFFERENT, UNLABELED = "no face found", "different", "unlabeled"
Groups = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Attribute:
    """A measured attribute of a face and its classes.

    Attributes:
        name: name of the attribute.
        rule: the unit, and which of a pair's two values is used.
        value: returns the value of a face's quality.
        worse: returns the worse values of two arrays.
        limits: lower limits of the classes after the first, ascending.
        classes: names of the classes; one more than `limits`.
    """

    name: str
    rule: str
    value: Callable[[Quality], float]
    worse: Callable[[npt.NDArray[np.float64], npt.NDArray[np.float64]], npt.NDArray[np.float64]]
    limits: tuple[float, ...]
    classes: tuple[str, ...]


ATTRIBUTES = (
    Attribute(
        "face size", "side of the aligned crop in pixels of the photo, the smaller of the two",
        lambda quality: quality.side, np.minimum, (64, 112), ("small, under 64", "medium, 64 to 112", "large, from 112"),
    ),
    Attribute(
        "brightness", "mean gray of the face, 0 to 255, the darker of the two",
        lambda quality: quality.brightness, np.minimum, (100, 160), ("dark, under 100", "medium, 100 to 160", "bright, from 160"),
    ),
    Attribute(
        "sharpness", "squared gradient over variance of the aligned face, the softer of the two",
        lambda quality: quality.sharpness, np.minimum, (3, 6), ("soft, under 3", "medium, 3 to 6", "sharp, from 6"),
    ),
    Attribute(
        "yaw", "nose tip off the middle of the eyes, in half eye distances, the more turned of the two",
        lambda quality: quality.yaw, np.maximum, (0.15, 0.4),
        ("frontal, under 0.15", "turned, 0.15 to 0.4", "far turned, from 0.4"),
    ),
)  # fmt: skip


@dataclass(frozen=True)
class SliceTable:
    """FMR and FNMR by class of one attribute; classes without pairs are left out."""

    name: str
    rule: str
    rows: tuple[tuple[str, Rates], ...]

    def to_json(self) -> dict[str, Any]:
        rows = [{"class": label} | rates.to_json() for label, rates in self.rows]
        return {"attribute": self.name, "rule": self.rule, "rows": rows}


def slice_by_quality(
    embedded: DatasetEmbeddings, comparisons: ScoredPairs, threshold: float, bootstrap: PersonBootstrap
) -> list[SliceTable]:
    """Error rates by each of `ATTRIBUTES`."""
    tables = []
    for attribute in ATTRIBUTES:
        values = np.array([attribute.value(quality) if quality else np.nan for quality in embedded.qualities])
        worse = attribute.worse(values[comparisons.first], values[comparisons.second])
        group = np.where(np.isnan(worse), len(attribute.classes), np.searchsorted(attribute.limits, worse, "right"))
        rows = _rows((*attribute.classes, NO_FACE), group, comparisons, threshold, bootstrap)
        tables.append(SliceTable(attribute.name, attribute.rule, rows))
    return tables


def slice_by_labels(
    labels: dict[str, list[str]], comparisons: ScoredPairs, threshold: float, bootstrap: PersonBootstrap
) -> list[SliceTable]:
    """Error rates by each column of `labels`, which maps names to the label of every photo (empty: none)."""
    tables = []
    for name, column in labels.items():
        classes, number = np.unique([label or UNLABELED for label in column], return_inverse=True)
        one, other = number[comparisons.first], number[comparisons.second]
        group = np.where(one == other, one, len(classes))
        rows = _rows((*map(str, classes), DIFFERENT), group, comparisons, threshold, bootstrap)
        tables.append(SliceTable(name, "the label of both photos", rows))
    return tables


def _rows(
    classes: tuple[str, ...], group: Groups, comparisons: ScoredPairs, threshold: float, bootstrap: PersonBootstrap
) -> tuple[tuple[str, Rates], ...]:
    rates = grouped_rates(comparisons, threshold, group.astype(np.int64), len(classes), bootstrap)
    named = zip(classes, rates, strict=True)
    return tuple((label, row) for label, row in named if row.fmr.counted.trials or row.fnmr.counted.trials)
