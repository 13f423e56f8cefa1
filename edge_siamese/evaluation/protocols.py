"""Verification protocols: which photographs are compared, and what is said about the scores.

*All pairs*: every two photographs of an album, genuine when of one person; ``accuracy`` is the balanced accuracy at the
EER threshold. *LFW pairs*: the pairs and folds of a ``pairs.txt`` (Huang et al., "Labeled Faces in the Wild", 2007);
``accuracy`` is the mean over the folds, each with the threshold that is best on the others.

A photograph without a face scores -1 in all its pairs; it is never left out.
"""

import hashlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..errors import DataError, OperatingPointError
from ..matching import NO_SCORE, Q15, scores_q15
from .metrics import ErrorCurve, error_curve
from .operating_point import OperatingPoint, calibrate
from .survey import Survey

Index = npt.NDArray[np.int64]
REPORTED_FMRS = (1e-3, 1e-4)
_BLOCK = 512


@dataclass(frozen=True)
class Pairs:
    """Pairs of photographs by index: ``first``, ``second``, whether ``genuine``, and the ``fold`` of each."""

    first: Index
    second: Index
    genuine: npt.NDArray[np.bool_]
    fold: Index


@dataclass(frozen=True)
class Verification:
    """What a protocol measured.

    Attributes:
        protocol: ``"all-pairs"`` or ``"lfw-pairs"``.
        curve: FMR and FNMR over Q15 thresholds.
        genuine_pairs, impostor_pairs: counts.
        accuracy: see the module; `accuracy_sd` over the folds, None without folds.
        threshold: score, -1 to 1, of the accuracy (mean over the folds).
        error_rates: FMR and FNMR at that threshold.
        tar_at_fmr: TAR by FMR, None where the impostor pairs are fewer than 1 / FMR.
        operating_point: calibrated to the target FMR, None where the data cannot support it.
        refusal: why there is no operating point.
    """

    protocol: str
    curve: ErrorCurve
    genuine_pairs: int
    impostor_pairs: int
    accuracy: float
    accuracy_sd: float | None
    threshold: float
    error_rates: tuple[float, float]
    tar_at_fmr: dict[float, float | None]
    operating_point: OperatingPoint | None
    refusal: str | None


def verify_all_pairs(survey: Survey, target_fmr: float) -> Verification:
    """Score every two photographs of a survey.

    Raises:
        DataError: there are no genuine or no impostor pairs.
    """
    genuine, impostor = all_pair_scores(survey)
    curve = error_curve(genuine, impostor)
    return _verification(
        "all-pairs", curve, genuine, impostor, survey, target_fmr, (1.0 - curve.eer, None, curve.eer_threshold)
    )


def verify_lfw_pairs(survey: Survey, pairs: Pairs, target_fmr: float) -> Verification:
    """Score the pairs of a ``pairs.txt``, fold by fold."""
    scores = pair_scores(survey, pairs)
    genuine, impostor = scores[pairs.genuine], scores[~pairs.genuine]
    curve = error_curve(genuine, impostor)
    folds = [_fold_accuracy(scores, pairs, fold) for fold in np.unique(pairs.fold)]
    accuracies, thresholds = np.array(folds).T
    summary = (float(accuracies.mean()), float(accuracies.std(ddof=1)), float(thresholds.mean()))
    return _verification("lfw-pairs", curve, genuine, impostor, survey, target_fmr, summary)


def all_pair_scores(survey: Survey) -> tuple[npt.NDArray[np.int16], npt.NDArray[np.int16]]:
    """Q15 scores of all genuine and of all impostor pairs."""
    people, found = survey.people, survey.found
    genuine, impostor = [], []
    for start in range(0, len(people), _BLOCK):
        rows = slice(start, start + _BLOCK)
        scores = scores_q15(survey.embeddings[rows], survey.embeddings, survey.zero_point)
        scores[~(found[rows, None] & found[None])] = NO_SCORE
        upper = np.arange(len(people))[None] > np.arange(len(people))[rows, None]
        same = people[rows, None] == people[None]
        genuine.append(scores[upper & same])
        impostor.append(scores[upper & ~same])
    return np.concatenate(genuine), np.concatenate(impostor)


def pair_scores(survey: Survey, pairs: Pairs) -> npt.NDArray[np.int16]:
    """Q15 score of each pair, ``(P,)``."""
    scores = np.full(len(pairs.first), NO_SCORE, np.int16)
    for index, (a, b) in enumerate(zip(pairs.first, pairs.second, strict=True)):
        if survey.found[a] and survey.found[b]:
            scores[index] = scores_q15(survey.embeddings[a : a + 1], survey.embeddings[b : b + 1], survey.zero_point)[
                0, 0
            ]
    return scores


def parse_pairs(text: str, survey: Survey) -> Pairs:
    """Read a ``pairs.txt``: ``folds<TAB>pairs``, then that many genuine and as many impostor lines a fold.

    Raises:
        DataError: a line is malformed, or names a photograph the survey lacks.
    """
    lines = [line.split("\t") for line in text.splitlines() if line.strip()]
    try:
        folds, size = (int(field) for field in lines[0])
    except (IndexError, ValueError) as error:
        raise DataError(f"pairs.txt: expected 'folds<TAB>pairs a fold' in its first line, found {lines[:1]}") from error
    if len(lines) - 1 != 2 * folds * size:
        raise DataError(f"pairs.txt: expected {2 * folds * size} pairs after its first line, found {len(lines) - 1}")
    index = {photo.path.rsplit(".", 1)[0]: number for number, photo in enumerate(survey.photos)}
    first, second = zip(*(_pair(line, index) for line in lines[1:]), strict=True)
    position = np.arange(2 * folds * size)
    return Pairs(np.array(first), np.array(second), position // size % 2 == 0, position // (2 * size))


def _pair(fields: list[str], index: dict[str, int]) -> tuple[int, int]:
    try:
        if len(fields) == 3:
            names = [f"{fields[0]}/{fields[0]}_{int(number):04d}" for number in fields[1:]]
        else:
            names = [f"{fields[at]}/{fields[at]}_{int(fields[at + 1]):04d}" for at in (0, 2)]
        return index[names[0]], index[names[1]]
    except (IndexError, ValueError) as error:
        raise DataError(f"pairs.txt: a line of 3 or 4 fields was expected, found {' '.join(fields)!r}") from error
    except KeyError as error:
        raise DataError(f"pairs.txt: names {error.args[0]!r}, which the photographs do not have") from error


def _fold_accuracy(scores: npt.NDArray[np.int16], pairs: Pairs, fold: int) -> tuple[float, float]:
    """Accuracy of one fold at the threshold that is best on the others, and that threshold."""
    others = pairs.fold != fold
    curve = error_curve(scores[others & pairs.genuine], scores[others & ~pairs.genuine])
    threshold = float(curve.thresholds[np.argmin(curve.fmr + curve.fnmr)])
    return float(np.mean((scores[~others] >= threshold) == pairs.genuine[~others])), threshold


def _verification(
    protocol: str,
    curve: ErrorCurve,
    genuine: npt.NDArray[np.int16],
    impostor: npt.NDArray[np.int16],
    survey: Survey,
    target_fmr: float,
    accuracy: tuple[float, float | None, float],
) -> Verification:
    point, refusal = None, None
    try:
        people = len(set(survey.people))
        point = calibrate(
            genuine, impostor, target_fmr=target_fmr, people=people, dataset_digest=dataset_digest(survey)
        )
    except OperatingPointError as error:
        refusal = str(error)
    return Verification(
        protocol=protocol,
        curve=curve,
        genuine_pairs=len(genuine),
        impostor_pairs=len(impostor),
        accuracy=accuracy[0],
        accuracy_sd=accuracy[1],
        threshold=min(accuracy[2], Q15 - 1) / Q15,
        error_rates=curve.rates_at(accuracy[2]),
        tar_at_fmr={fmr: curve.tar_at_fmr(fmr) if len(impostor) >= 1 / fmr else None for fmr in REPORTED_FMRS},
        operating_point=point,
        refusal=refusal,
    )


def dataset_digest(survey: Survey) -> str:
    """SHA-256 over who is on each photograph and its embedding, hex."""
    digest = hashlib.sha256()
    for photo, row in zip(survey.photos, survey.embeddings, strict=True):
        digest.update(f"{photo.path}\0".encode() + row.tobytes())
    return digest.hexdigest()
