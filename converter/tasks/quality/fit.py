"""Fit the weights of the quality score.

The genuine score of a photo is modeled as the best score of the person times ``exp(-weights . defects)``. The weights
are fitted by least squares and are at least 0, so that no defect can raise the quality. First the relative weights of
the defects measured in the image are fitted, then their common scale together with the detector score. The detector
score reacts to every defect and would otherwise replace most of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edge_siamese.errors import DataError
from edge_siamese.evaluation.error_reject import error_versus_reject
from edge_siamese.evaluation.metrics import error_curve
from edge_siamese.quality.score import COMPONENTS, QualityFormula

from .samples import QualitySamples

Floats = npt.NDArray[np.float64]
Defects = Mapping[str, Floats]
LAST = "detection"
TARGET_FMR = 1e-2
_FOLDS = 5
_ITERATIONS, _SWEEPS, _STILL = 30, 200, 1e-6


@dataclass(frozen=True)
class ComponentAreas:
    """Contribution of one component. Areas under error-versus-reject are relative to random rejection; lower is better.

    Attributes:
        name: name of the component.
        weight: weight in the formula, or None if it is not used.
        alone: areas with this component only, on clean and on mixed photos.
        toggled: areas of the formula without the component, or with it if it is not used.
    """

    name: str
    weight: float | None
    alone: tuple[float, float]
    toggled: tuple[float, float]


@dataclass(frozen=True)
class QualityFit:
    """A fitted formula and its cross-validated areas.

    Attributes:
        formula: formula fitted on all people.
        areas: areas of the cross-validated scores, as in `ComponentAreas`.
        components: evaluated components, those of the formula first.
        photos: number of photos used.
        missed: number of photos without a detected face, by kind.
    """

    formula: QualityFormula
    areas: tuple[float, float]
    components: tuple[ComponentAreas, ...]
    photos: int
    missed: Mapping[str, int]


def fit_quality(samples: QualitySamples, origin: Mapping[str, str]) -> QualityFit:
    """Fit the formula and evaluate every component.

    Raises:
        DataError: there are too few samples for the target FMR.
    """
    utility = samples.utility()
    known = np.isfinite(utility)
    references = _references(samples)
    rough = QualityFormula(references, dict.fromkeys(COMPONENTS, 0.0))
    indices = [rough.defects(quality) for quality in samples.qualities]
    defects = {name: np.array([row[name] for row in indices]) for name in COMPONENTS}
    evaluate = _Evaluator(samples)

    def areas(names: Sequence[str], of: Defects) -> tuple[float, float]:
        return evaluate.areas(_cross_validated(of, names, utility, samples.people, known))

    weights = fit_weights(_where(defects, known), COMPONENTS, utility[known], samples.people[known])
    kept = [
        ComponentAreas(
            name, weights[name], evaluate.areas(-defects[name]), areas([n for n in COMPONENTS if n != name], defects)
        )
        for name in COMPONENTS
    ]
    added = [
        ComponentAreas(name, None, evaluate.areas(-defect), areas([name, *COMPONENTS], {**defects, name: defect}))
        for name, defect in image_candidates(samples).items()
    ]
    norm = norm_defect(samples)
    added.append(
        ComponentAreas(
            "embedding norm", None, evaluate.areas(-norm), areas([*COMPONENTS, "norm"], {**defects, "norm": norm})
        )
    )
    return QualityFit(
        QualityFormula(references, {name: round(weight, 4) for name, weight in weights.items()}, dict(origin)),
        areas(COMPONENTS, defects),
        (*kept, *added),
        len(samples.qualities),
        samples.missed,
    )


def describe_fit(fit: QualityFit) -> list[tuple[str, ...]]:
    """Return table rows: component, weight, areas alone and toggled, each on clean and on mixed photos."""
    indices: list[tuple[str, ...]] = [("quality", "", *_areas(fit.areas), "", "")]
    for component in fit.components:
        weight = "not used" if component.weight is None else f"{component.weight:.3f}"
        indices.append((component.name, weight, *_areas(component.alone), *_areas(component.toggled)))
    return indices


def fit_weights(
    defects: Defects, names: Sequence[str], utility: Floats, people: npt.NDArray[np.int64]
) -> dict[str, float]:
    """Fit weights by name: first the relative weights before `LAST`, then their scale, `LAST` and the following ones."""
    at = list(names).index(LAST) if LAST in names else len(names)
    before = _stack(defects, names[:at])
    relative = _least_squares(before, utility, people)
    if at == len(names):
        return dict(zip(names, relative.tolist(), strict=True))
    together = np.column_stack([before @ relative, _stack(defects, names[at:])])
    share, *behind = _least_squares(together, utility, people).tolist()
    return dict(zip(names, [*(share * relative).tolist(), *behind], strict=True))


def image_candidates(samples: QualitySamples) -> dict[str, Floats]:
    """Return defects measured in the image that are evaluated but not used in the formula."""
    pitch = np.array([_nose_height(face.landmarks.astype(np.float64)) for face in samples.faces])
    typical = float(np.median(pitch[samples.clean]))
    return {"pitch": np.minimum(np.abs(pitch - typical), 1.0), "side light": np.minimum(samples.side_light, 8.0)}


def norm_defect(samples: QualitySamples) -> Floats:
    """Shortness of the embedding in octaves (Meng et al., "MagFace", CVPR 2021: its length indicates quality)."""
    norms = np.linalg.norm(samples.embeddings, axis=1).astype(np.float64)
    typical = float(np.median(norms[samples.clean]))
    return np.asarray(np.clip(np.log2(typical / np.maximum(norms, 1e-6)), 0.0, 8.0), np.float64)


def _references(samples: QualitySamples) -> dict[str, float]:
    """Return the medians over the clean photos."""
    clean = [quality for quality, kept in zip(samples.qualities, samples.clean, strict=True) if kept]
    if not clean:
        raise DataError("the quality score needs clean photos with a detected face, found none")
    return {
        name: round(float(np.median([getattr(quality, name) for quality in clean])), 4)
        for name in ("sharpness", "contrast", "brightness", "confidence")
    }


def _least_squares(defects: Floats, utility: Floats, people: npt.NDArray[np.int64]) -> Floats:
    """Weights of at least 0 for ``utility = best of the person * exp(-defects . weights)``: Gauss-Newton steps of the
    weights alone, the best values following them (variable projection: Golub and Pereyra, 1973; Kaufman, 1975)."""
    _, person = np.unique(people, return_inverse=True)
    weights = np.where(defects.any(axis=0), 0.05, 0.0)
    for _ in range(_ITERATIONS):
        share = np.exp(-defects @ weights)
        product, square = utility * share, share * share
        # A prior with the weight of one photo keeps the best score finite for people with little weight.
        squares = np.bincount(person, square) + 1.0
        best = (np.bincount(person, product) + product.sum() / square.sum()) / squares
        slopes = -(best[person] * share)[:, None] * defects
        follows = np.stack([np.bincount(person, share * slope) for slope in slopes.T], axis=1) / squares[:, None]
        slopes -= share[:, None] * follows[person]
        curvature = slopes.T @ slopes
        before = weights.copy()
        _descend(curvature, slopes.T @ (utility - best[person] * share) + curvature @ weights, weights)
        if np.abs(weights - before).max() < _STILL:
            break
    return weights


def _descend(curvature: Floats, target: Floats, weights: Floats) -> None:
    """Minimize ``w . curvature . w / 2 - target . w`` over w >= 0 from `weights`, in place."""
    columns = np.flatnonzero(np.diag(curvature) > 0)
    for _ in range(_SWEEPS):
        maximum = 0.0
        for column in columns:
            step = (target[column] - curvature[column] @ weights) / curvature[column, column]
            new = max(0.0, weights[column] + step)
            maximum, weights[column] = max(maximum, abs(new - weights[column])), new
        if maximum < _STILL:
            break


def _cross_validated(
    defects: Defects,
    names: Sequence[str],
    utility: Floats,
    people: npt.NDArray[np.int64],
    known: npt.NDArray[np.bool_],
) -> Floats:
    """Compute the score of every photo, ``(S,)``, with weights fitted on other people; higher is better."""
    scores, fold = np.zeros(len(utility)), people % _FOLDS
    for held_out in range(_FOLDS):
        train = known & (fold != held_out)
        weights = fit_weights(_where(defects, train), names, utility[train], people[train])
        scores[fold == held_out] = -_stack(_where(defects, fold == held_out), names) @ [weights[name] for name in names]
    return scores


class _Evaluator:
    """Relative areas under error-versus-reject, on clean and on mixed photos.

    *Mixed* uses one photo of each crop, clean or with any degradation.
    """

    def __init__(self, samples: QualitySamples) -> None:
        rng = np.random.default_rng(0)
        mixup = [rng.choice(np.flatnonzero(samples.crop == crop)) for crop in np.unique(samples.crop)]
        self._sets = [
            (indices, *_genuine_pairs(samples, indices)) for indices in (np.flatnonzero(samples.clean), np.array(mixup))
        ]

    def areas(self, scores: Floats) -> tuple[float, float]:
        clean, mixup = (
            error_versus_reject(index, match, scores[indices]).relative_area for indices, index, match in self._sets
        )
        return clean, mixup


def _genuine_pairs(
    samples: QualitySamples, indices: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Genuine pairs ``(G, 2)`` of some samples, and whether each matches, ``(G,)``, at the threshold of `TARGET_FMR`."""
    units, people = samples.unit_embeddings[indices], samples.people[indices]
    first, second = np.triu_indices(len(indices), 1)
    scores, genuine = (units @ units.T)[first, second], people[first] == people[second]
    threshold = error_curve(scores[genuine], scores[~genuine]).threshold_at_fmr(TARGET_FMR)
    return np.stack([first, second], axis=1)[genuine], scores[genuine] >= threshold


def _areas(areas: tuple[float, float]) -> tuple[str, str]:
    return f"{areas[0]:.3f}", f"{areas[1]:.3f}"


def _nose_height(landmarks: Floats) -> float:
    """Relative position of the nose tip between eyes (0) and mouth (1)."""
    eyes, mouth = landmarks[:2].mean(axis=0), landmarks[3:].mean(axis=0)
    axis = mouth - eyes
    length = float(axis @ axis)
    return float((landmarks[2] - eyes) @ axis) / length if length > 0 else 0.0


def _where(defects: Defects, chosen: npt.NDArray[np.bool_]) -> dict[str, Floats]:
    return {name: values[chosen] for name, values in defects.items()}


def _stack(defects: Defects, names: Sequence[str]) -> Floats:
    return np.stack([defects[name] for name in names], axis=1)
