"""Which few of a person's templates stand for all of them."""

import numpy as np
import numpy.typing as npt

from ..matching import NO_SCORE, scores_q15


def representatives(templates: npt.NDArray[np.int8], zero_point: int, count: int) -> list[int]:
    """Choose templates greedily so that every template is as near as possible to a chosen one.

    The first is the medoid; each further one raises the sum of best scores most (the BUILD step of PAM: Kaufman and
    Rousseeuw, "Finding Groups in Data", 1990). An outlier is chosen late, where farthest-first would start with it.

    Args:
        templates: int8 ``(N, D)``.
        zero_point: of the templates.
        count: how many at most.

    Returns:
        Indices in the order of choice; ties go to the earlier template, and one equal to a chosen one is left out.
    """
    scores = scores_q15(templates, templates, zero_point).astype(np.int64)
    candidates = set(np.unique(templates, axis=0, return_index=True)[1].tolist())
    best = np.full(len(templates), NO_SCORE, np.int64)
    chosen: list[int] = []
    while candidates and len(chosen) < count:
        gains = np.maximum(best[:, None], scores).sum(axis=0)
        index = max(candidates, key=lambda candidate: (gains[candidate], -candidate))
        candidates.remove(index)
        chosen.append(index)
        best = np.maximum(best, scores[:, index])
    return chosen
