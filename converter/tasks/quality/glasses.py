"""Fit the recognition of glasses in an embedding, and the raise of the threshold for two faces with glasses.

Embeddings of faces with frames point in a common direction. The direction is the weight vector of a logistic regression on
unit-length embeddings; a face has glasses if the match score of its embedding and the direction reaches a level.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from edge_siamese.embedding import unit_rows
from edge_siamese.errors import DataError
from edge_siamese.frames import RGB
from edge_siamese.matching import Q15, scores_q15
from edge_siamese.protocols import FaceAnalyzer
from edge_siamese.quality.glasses import MAX_RAISE_Q15, GlassesRule
from edge_siamese.rendering.conditions import random_condition

from .conditions import FRAMES, PLAIN, ConditionSamples, Progress, draw_on_crop, logistic, photographed

_PLAIN_SHARE = 0.05
_UNIT, _RIDGE = 600.0, 2e-4  # the standard deviation of a unit vector's values is about 0.06
_LENGTH = 100.0
_STYLES, _FMR, _MIN_FMR = 4, 0.0006, 0.0002
_MIN_PEOPLE = 40

Templates = npt.NDArray[np.int8]


def one_crop_each(crops: npt.NDArray[np.uint8], people: Sequence[str]) -> npt.NDArray[np.uint8]:
    """The first crop of each person.

    Args:
        crops: uint8 ``(N, 112, 112, 3)``.
        people: N names.

    Raises:
        DataError: there are too few people.
    """
    _, first = np.unique(people, return_index=True)
    if len(first) < _MIN_PEOPLE:
        raise DataError(f"the raise for glasses needs {_MIN_PEOPLE} people, found {len(first)}")
    return crops[np.sort(first)]


def fit_glasses(
    samples: ConditionSamples,
    strangers: npt.NDArray[np.uint8],
    engine: FaceAnalyzer,
    threshold_q15: int,
    progress: Progress | None = None,
) -> GlassesRule:
    """Fit the rule of one embedder.

    The level is reached by 5 % of the plain crops, which are not labeled. Every person gets four random frames in turn; the
    raise is the smallest with which 0.06 % of the stranger pairs in the same frames match.

    Args:
        samples: crops with and without glasses and sunglasses.
        strangers: crops of different people, uint8 ``(N, 112, 112, 3)``.
        engine: embeds crops.
        threshold_q15: threshold for an FMR of 0.1 % of the embedder.
        progress: called with the number of frames done and the total.

    Raises:
        DataError: the raise is implausible.
    """
    zero_point = engine.embedder_card.zero_point
    plain, *worn = (_embedded(list(samples.crops[kind]), engine) for kind in (PLAIN, FRAMES, "sunglasses"))
    units = unit_rows(np.concatenate([plain, *worn]).astype(np.float64) - zero_point) * _UNIT
    weights, _ = logistic(units, np.repeat([0.0, 1.0], [len(plain), sum(map(len, worn))]), _RIDGE)
    direction = np.clip(np.round(weights * (_LENGTH / np.abs(weights).max())) + zero_point, -128, 127).astype(np.int8)
    level = int(np.quantile(scores_q15(plain, direction[None], zero_point), 1 - _PLAIN_SHARE))
    rule, raised = GlassesRule(direction, level, 0), 0
    for style in range(_STYLES):
        rng = np.random.default_rng((7, style))
        draw = random_condition("frames", rng)
        embeddings = _embedded([photographed(draw_on_crop(crop, draw, rng), rng) for crop in strangers], engine)
        raised = max(raised, _required_raise(embeddings, rule, zero_point, threshold_q15))
        if progress:
            progress(style + 1, _STYLES)
    if raised > MAX_RAISE_Q15:
        raise DataError(
            f"strangers in the same glasses need a threshold raised by {raised / Q15:.3f}, which is implausible"
        )
    return GlassesRule(direction, level, raised)


def _required_raise(embeddings: Templates, rule: GlassesRule, zero_point: int, threshold_q15: int) -> int:
    """Smallest raise for pairs with recognized glasses with which at most `_FMR` of all stranger pairs match."""
    pairs = np.triu_indices(len(embeddings), 1)
    if not len(pairs[0]):
        return 0
    scores = scores_q15(embeddings, embeddings, zero_point)[pairs].astype(np.int64)
    present = rule.present(embeddings, zero_point)
    both = present[pairs[0]] & present[pairs[1]]
    others = np.count_nonzero(scores[~both] >= threshold_q15)
    allowed = int(max(_FMR * len(scores) - others, _MIN_FMR * len(scores)))
    highest = np.sort(scores[both])[::-1]
    return max(0, int(highest[allowed]) + 1 - threshold_q15) if len(highest) > allowed else 0


def _embedded(crops: list[RGB], engine: FaceAnalyzer) -> Templates:
    return np.array([engine.embed_crop(crop).values for crop in crops], np.int8).reshape(len(crops), -1)
