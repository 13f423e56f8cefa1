"""Identity confusions: people with the most false matches and false non-matches."""

from typing import Any

import numpy as np
import numpy.typing as npt

from .pairs import ScoredPairs

_LISTED = 10


def false_matches(
    comparisons: ScoredPairs, threshold: float, names: list[str], listed: int = _LISTED
) -> list[dict[str, Any]]:
    """The pairs of people with the most false matches: ``{people: [a, b], count, of}``, most first."""
    pairs = np.stack([comparisons.first_person, comparisons.second_person])[:, ~comparisons.genuine]
    wrong = comparisons.impostor_scores >= threshold
    key = pairs.min(axis=0).astype(np.int64) * len(names) + pairs.max(axis=0)
    return [
        {"people": [names[worst // len(names)], names[worst % len(names)]], "count": count, "of": trials}
        for worst, count, trials in _worst(key, wrong, listed)
    ]


def false_non_matches(
    comparisons: ScoredPairs, threshold: float, names: list[str], listed: int = _LISTED
) -> list[dict[str, Any]]:
    """The people with the most false non-matches: ``{person, count, of}``, most first."""
    wrong = comparisons.genuine_scores < threshold
    key = comparisons.first_person[comparisons.genuine].astype(np.int64)
    return [
        {"person": names[worst], "count": count, "of": trials} for worst, count, trials in _worst(key, wrong, listed)
    ]


def _worst(key: npt.NDArray[np.int64], wrong: npt.NDArray[np.bool_], listed: int) -> list[tuple[int, int, int]]:
    """Keys with the most errors (ties: the fewest comparisons first): key, number of errors, number of comparisons."""
    keys, place = np.unique(key, return_inverse=True)
    trials, counts = np.bincount(place), np.bincount(place[wrong], minlength=len(keys))
    order = np.lexsort((trials, -counts))[:listed]
    return [(int(keys[at]), int(counts[at]), int(trials[at])) for at in order if counts[at]]
