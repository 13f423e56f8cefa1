"""Fit the condition measure of `edge_siamese.quality.conditions` on crops with drawn conditions.

Every condition is drawn on aligned crops with random color, shape and strength. These and the plain crops get the alignment
errors, blur, noise and compression of a camera and a detector. Each condition is a logistic regression of the features on
whether it is present, with a ridge penalty and int8 weights. Glasses are recognized in the embedding: `glasses`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from edge_siamese.alignment import CROP_SIZE, TEMPLATE
from edge_siamese.errors import DataError
from edge_siamese.frames import RGB
from edge_siamese.quality.conditions import (
    MEASURED,
    Condition,
    ConditionMeasure,
    condition_features,
)
from edge_siamese.rendering.conditions import Draw, random_condition

Floats = npt.NDArray[np.float64]
Progress = Callable[[int, int], None]

PLAIN, GRAY, FRAMES = "plain", "gray", "frames"
_TRAINED: dict[Condition, tuple[tuple[str, ...], tuple[str, ...], float, float]] = {
    Condition.MASK: (("mask",), (PLAIN, GRAY, "sunglasses", FRAMES), 0.003, 0.02),
    Condition.SUNGLASSES: (("sunglasses",), (PLAIN, GRAY, FRAMES, "mask"), 0.008, 0.02),
    Condition.INFRARED: (("infrared",), (PLAIN, GRAY, "mask", "sunglasses", FRAMES), 0.002, 0.008),
}
"""For each condition: the kinds with it, the kinds without it, and the shares of the plain crops that may be recognized and suspected.

The plain crops are not labeled: about 1 % of these people wear sunglasses."""

_RIDGE, _FOLDS, _STEPS, _STILL = 0.003, 3, 12, 1e-2
_DRAWN = ("mask", "sunglasses", FRAMES, "infrared")
_KEPT = (PLAIN, "sunglasses", FRAMES)
_MIN_CROPS = 40


@dataclass(frozen=True, eq=False)
class ConditionSamples:
    """Features of N crops in every kind of condition.

    Attributes:
        features: by kind (`PLAIN`, `GRAY` and the drawn kinds), int16 ``(N, 784)`` each.
        crops: the crops of the kinds `PLAIN`, "sunglasses" and `FRAMES`, uint8 ``(N, 112, 112, 3)``.
    """

    features: Mapping[str, npt.NDArray[np.int16]]
    crops: Mapping[str, npt.NDArray[np.uint8]]


@dataclass(frozen=True)
class ConditionRow:
    """Cross-validated result of one condition: the shares of crops on which it is recognized.

    Attributes:
        condition: the condition.
        recognized: share of the crops that have it.
        plain: share of the plain crops.
        level: smallest dot product of a recognized crop.
        suspected: share of the crops that have it and are recognized or suspected.
        pair_level: smallest dot product of a suspected crop.
    """

    condition: Condition
    recognized: float
    plain: float
    level: int
    suspected: float
    pair_level: int


def collect_condition_samples(crops: npt.NDArray[np.uint8], progress: Progress | None = None) -> ConditionSamples:
    """Draw every kind of condition on every crop and compute the features; deterministic.

    Args:
        crops: uint8 ``(N, 112, 112, 3)``.
        progress: called with the number of crops done and the total.

    Raises:
        DataError: there are too few crops.
    """
    if len(crops) < _MIN_CROPS:
        raise DataError(f"the condition measure needs {_MIN_CROPS} crops, found {len(crops)}")
    drawn: dict[str, list[RGB]] = {kind: [] for kind in _KEPT}
    features: dict[str, list[npt.NDArray[np.int16]]] = {kind: [] for kind in (PLAIN, GRAY, *_DRAWN)}
    for row, crop in enumerate(crops):
        for number, kind in enumerate((PLAIN, *_DRAWN)):
            rng = np.random.default_rng((row, number))
            image = photographed(crop if kind == PLAIN else draw_on_crop(crop, random_condition(kind, rng), rng), rng)
            features[kind].append(condition_features(image))
            if kind in drawn:
                drawn[kind].append(image)
            if kind == PLAIN:
                gray = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
                features[GRAY].append(condition_features(np.repeat(gray[..., None], 3, axis=2)))
        if progress:
            progress(row + 1, len(crops))
    return ConditionSamples(
        {kind: np.array(rows, np.int16) for kind, rows in features.items()},
        {kind: np.array(each, np.uint8) for kind, each in drawn.items()},
    )


def draw_on_crop(crop: RGB, draw: Draw, rng: np.random.Generator) -> RGB:
    """Draw a condition on a copy of an aligned crop, whose landmarks are those of the template."""
    return draw(crop, TEMPLATE, rng)


def fit_conditions(samples: ConditionSamples) -> tuple[ConditionMeasure, list[ConditionRow]]:
    """Fit the weights on all samples and the levels on held-out samples (three folds of the crops)."""
    weights, rows = [], []
    for condition in MEASURED:
        fitted, row = _fit(samples, condition)
        weights.append(fitted)
        rows.append(row)
    return ConditionMeasure(
        np.stack(weights),
        np.array([row.level for row in rows], np.int32),
        np.array([row.pair_level for row in rows], np.int32),
    ), rows


def describe_conditions(rows: Sequence[ConditionRow]) -> list[tuple[str, ...]]:
    """Table rows: condition, share recognized, share of plain crops, level, share suspected, pair level."""
    return [
        (
            str(row.condition),
            f"{row.recognized:.1%}",
            f"{row.plain:.2%}",
            f"{row.level:,}",
            f"{row.suspected:.1%}",
            f"{row.pair_level:,}",
        )
        for row in rows
    ]


def _fit(samples: ConditionSamples, condition: Condition) -> tuple[npt.NDArray[np.int8], ConditionRow]:
    """Fit one condition; its level is the quantile of the held-out plain crops."""
    present, absent, share, pair_share = _TRAINED[condition]
    kinds, count = (*present, *absent), len(samples.features[PLAIN])
    features = np.concatenate([samples.features[kind] for kind in kinds]).astype(np.float64)
    fold_of = np.tile(np.arange(count) % _FOLDS, len(kinds))
    target = np.repeat([float(kind in present) for kind in kinds], count)
    plain = np.repeat([kind == PLAIN for kind in kinds], count)
    held_out = np.zeros(len(features))
    for fold in range(_FOLDS):
        inside = fold_of == fold
        weights, intercept = logistic(features[~inside], target[~inside])
        held_out[inside] = features[inside] @ weights + intercept
    cut, lower = (float(np.quantile(held_out[plain], 1 - each)) for each in (share, pair_share))
    weights, intercept = logistic(features, target)
    scale = 127 / max(float(np.abs(weights).max()), 1e-12)
    row = ConditionRow(
        condition,
        float((held_out[target > 0] >= cut).mean()),
        float((held_out[plain] >= cut).mean()),
        round((cut - intercept) * scale),
        float((held_out[target > 0] >= lower).mean()),
        round((lower - intercept) * scale),
    )
    return np.asarray(np.round(weights * scale), np.int8), row


def logistic(features: Floats, target: Floats, ridge: float = _RIDGE) -> tuple[Floats, float]:
    """Weights and intercept of a logistic regression with a ridge penalty on standardized features (Newton's method)."""
    mean, deviation = features.mean(axis=0), 6.0 * (features.std(axis=0) + 1.0)
    rows = np.column_stack([(features - mean) / deviation, np.ones(len(features))]).astype(np.float32)
    penalty = np.full(rows.shape[1], ridge * len(rows))
    penalty[-1] = 1e-6
    weights = np.zeros(rows.shape[1])
    for _ in range(_STEPS):
        expected = 1 / (1 + np.exp(-np.clip(rows @ weights, -30, 30)))
        weighted = rows * (expected * (1 - expected)).astype(np.float32)[:, None]
        curvature = (weighted.T @ rows).astype(np.float64) + np.diag(penalty)
        step = np.linalg.solve(curvature, rows.T @ (target - expected) - penalty * weights)
        weights += step
        if np.abs(step).max() < _STILL:
            break
    scaled = weights[:-1] / deviation
    return scaled, float(weights[-1] - scaled @ mean)


def photographed(image: RGB, rng: np.random.Generator) -> RGB:
    """Alignment errors, and at random the blur, noise and compression of a camera."""
    middle = (CROP_SIZE - 1) / 2
    matrix = cv2.getRotationMatrix2D((middle, middle), float(rng.normal(0, 2)), float(np.exp(rng.normal(0, 0.04))))
    matrix[:, 2] += rng.normal(0.0, 1.5, 2)
    image = np.asarray(cv2.warpAffine(image, matrix, (CROP_SIZE, CROP_SIZE), borderMode=cv2.BORDER_REPLICATE), np.uint8)
    if rng.random() < 0.3:
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), float(rng.uniform(0.4, 1.0))), np.uint8)
    if rng.random() < 0.3:
        image = np.clip(image + rng.normal(0.0, rng.uniform(1.0, 4.0), image.shape) + 0.5, 0, 255).astype(np.uint8)
    if rng.random() < 0.5:
        _, encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(55, 96))])
        image = np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR), np.uint8)
    return image
