"""Measure recognition errors on small and blurred faces, to set the limits of the quality gate.

Probes are photos of the validation people, shrunk or blurred in steps. Each is detected, aligned and embedded as on the
device and compared with the clean other photos of the person. The miss rate at the operating point of the embedder shows
the size and blur at which recognition fails.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from edge_siamese.alignment import CROP_SIZE
from edge_siamese.errors import DataError
from edge_siamese.faces import largest
from edge_siamese.matching import Q15, scores_q15
from edge_siamese.protocols import FaceAnalyzer
from edge_siamese.quality.gate import measure_crop

from ...augmentation.degradation import Image, scene

SIDES = (112.0, 80.0, 64.0, 56.0, 48.0, 40.0, 36.0, 32.0, 28.0, 24.0, 20.0, 16.0)
BLURS = (0.0, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0, 7.0)
"""Standard deviations of a Gaussian, in pixels of the 112-pixel crop."""
SHARPNESS_EDGES = (0.0, 0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 4.0, 6.0, 20.0)
MAX_PROBES, MAX_REFERENCES = 6, 5


@dataclass(frozen=True)
class DegradedProbes:
    """Results of all probes of one size or blur.

    Attributes:
        level: side in pixels, standard deviation of the blur, or lower bound of the sharpness.
        probes: number of probes.
        no_face: number of probes without a detected face.
        measured: 10th, 50th and 90th percentile of the measure of the gate: side in pixels, or sharpness.
        missed: share of the detected probes whose best score with other photos of the person is below the threshold.
        false_matches: share of the comparisons with photos of other people at or above the threshold.
    """

    level: float
    probes: int
    no_face: int
    measured: tuple[float, float, float]
    missed: float
    false_matches: float


@dataclass(frozen=True)
class GateMeasurement:
    """Results of the measurement.

    Attributes:
        threshold_q15: Q15 threshold of the operating point.
        people: number of people with at least two photos.
        by_side, by_blur: one row per level of `SIDES` and `BLURS`, the undegraded one first.
        by_sharpness: all probes, binned by measured sharpness with `SHARPNESS_EDGES`.
    """

    threshold_q15: int
    people: int
    by_side: tuple[DegradedProbes, ...]
    by_blur: tuple[DegradedProbes, ...]
    by_sharpness: tuple[DegradedProbes, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the attributes as JSON types, with the threshold as a float; unknown rates are null."""
        rows = {
            name: [_without_nan(asdict(row)) for row in getattr(self, name)]
            for name in ("by_side", "by_blur", "by_sharpness")
        }
        return {"threshold": self.threshold_q15 / Q15, "people": self.people} | rows


def _without_nan(row: dict[str, Any]) -> dict[str, Any]:
    unknown = math.isnan(row["missed"])
    return row | {"measured": None, "missed": None, "false_matches": None} if unknown else row


def measure_limits(
    crops: npt.NDArray[np.uint8],
    people: npt.NDArray[np.int64],
    sides: npt.NDArray[np.floating],
    engine: FaceAnalyzer,
    threshold: int,
    progress: Callable[[int, int], None] | None = None,
) -> GateMeasurement:
    """Shrink and blur up to six photos of every person and compare them with up to five other photos.

    Args:
        crops: uint8 ``(N, 112, 112, 3)``.
        people: ``(N,)``, person of each crop.
        sides: ``(N,)``, side of each crop in its photo in pixels; crops smaller than 112 are left out.
        engine: detects and embeds faces.
        threshold: Q15 score from which two photos match.
        progress: called with the number of people done and the total.

    Raises:
        DataError: fewer than two people have two photos.
    """
    groups = [np.flatnonzero((people == person) & (sides >= CROP_SIZE)) for person in np.unique(people)]
    groups = [group for group in groups if len(group) >= 2]
    if len(groups) < 2:
        raise DataError(f"the limits need 2 or more people with 2 or more photos, found {len(groups)}")
    references = _References(engine, crops, [group[: MAX_REFERENCES + 1] for group in groups])
    found: dict[tuple[str, float], list[_Probe | None]] = {}
    for number, group in enumerate(groups):
        for row in group[:MAX_PROBES]:
            for kind, level, image in _degraded(crops, int(row)):
                probe = references.compare(image, int(row), number, threshold)
                found.setdefault((kind, level), []).append(probe)
        if progress:
            progress(number + 1, len(groups))

    return GateMeasurement(
        threshold,
        len(groups),
        tuple(_summary(side, found["side", side], "side") for side in SIDES),
        tuple(_summary(blur, found["blur", blur], "sharpness") for blur in BLURS),
        tuple(_by_sharpness([probe for probes in found.values() for probe in probes if probe])),
    )


@dataclass(frozen=True)
class _Probe:
    side: float
    sharpness: float
    missed: bool
    false_matches: float


class _References:
    """The clean photos that probes are compared with."""

    def __init__(
        self, engine: FaceAnalyzer, crops: npt.NDArray[np.uint8], groups: Sequence[npt.NDArray[np.int64]]
    ) -> None:
        self._engine, self._zero_point = engine, engine.embedder_card.zero_point
        rows, owners, templates = [], [], []
        for number, group in enumerate(groups):
            for row in group:
                image = _scene(crops, int(row), float(CROP_SIZE))
                face = largest(engine.detect(image))
                if face is not None:
                    rows.append(int(row))
                    owners.append(number)
                    templates.append(engine.embed_crop(engine.align(image, face)).values)
        self._rows, self._owners, self._templates = np.array(rows), np.array(owners), np.array(templates, np.int8)

    def compare(self, image: Image, row: int, owner: int, threshold: int) -> _Probe | None:
        face = largest(self._engine.detect(image))
        genuine = (self._owners == owner) & (self._rows != row)
        if face is None or not genuine.any():
            return None
        crop = self._engine.align(image, face)
        values = self._engine.embed_crop(crop).values
        scores = scores_q15(values[None], self._templates, self._zero_point)[0]
        quality = measure_crop(crop, face)
        false_matches = float((scores[self._owners != owner] >= threshold).mean())
        return _Probe(quality.side, quality.sharpness, bool(scores[genuine].max() < threshold), false_matches)


def _degraded(crops: npt.NDArray[np.uint8], row: int) -> Iterator[tuple[str, float, Image]]:
    for side in SIDES:
        yield "side", side, _scene(crops, row, side)
    for blur in BLURS:
        crop = np.asarray(cv2.GaussianBlur(crops[row], (0, 0), blur), np.uint8) if blur else crops[row]
        yield "blur", blur, scene(crop, float(CROP_SIZE), *_background(crops, row))


def _scene(crops: npt.NDArray[np.uint8], row: int, side: float) -> Image:
    return scene(crops[row], side, *_background(crops, row))


def _background(crops: npt.NDArray[np.uint8], row: int) -> tuple[Image, np.random.Generator]:
    rng = np.random.default_rng(row)
    return crops[rng.integers(len(crops))], rng


def _by_sharpness(probes: Sequence[_Probe]) -> Iterator[DegradedProbes]:
    for low, high in pairwise(SHARPNESS_EDGES):
        inside = [probe for probe in probes if low <= probe.sharpness < high]
        if inside:
            yield _summary(low, inside, "sharpness")


def _summary(level: float, probes: Sequence[_Probe | None], measured: str) -> DegradedProbes:
    seen = [probe for probe in probes if probe is not None]
    values = [getattr(probe, measured) for probe in seen] or [math.nan]
    low, middle, high = (float(value) for value in np.percentile(values, (10, 50, 90)))
    return DegradedProbes(
        level,
        len(probes),
        len(probes) - len(seen),
        (low, middle, high),
        float(np.mean([probe.missed for probe in seen])) if seen else math.nan,
        float(np.mean([probe.false_matches for probe in seen])) if seen else math.nan,
    )
