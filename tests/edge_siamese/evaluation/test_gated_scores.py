"""Scores with the quality gate."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from edge_siamese.dataset_embeddings import DatasetEmbeddings
from edge_siamese.evaluation.gated_scores import GatedScores
from edge_siamese.matching import NO_SCORE
from edge_siamese.quality.conditions import Condition, shipped_conditions
from edge_siamese.quality.gate import Quality
from edge_siamese.quality.glasses import GlassesRule

ALL = np.arange(4)


def changed(embedded: DatasetEmbeddings, *suspected: set[Condition], side: float = 120.0) -> DatasetEmbeddings:
    """The dataset with conditions on its first photos, and its last photo of another side."""
    qualities: list[Quality | None] = list(embedded.qualities)
    for row, conditions in enumerate(suspected):
        quality = qualities[row]
        assert quality is not None
        qualities[row] = replace(quality, suspected=frozenset(conditions))
    last = qualities[-1]
    assert last is not None
    qualities[-1] = replace(last, side=side)
    return replace(embedded, qualities=qualities)


def test_plain_photos_score_as_ever(make_embeddings: Callable[..., DatasetEmbeddings]) -> None:
    embedded = make_embeddings((2, 2))
    assert np.array_equal(GatedScores(embedded)(ALL, ALL), embedded.scores(ALL, ALL))


def test_photos_in_one_condition_and_rejected_photos_are_rejected(
    make_embeddings: Callable[..., DatasetEmbeddings],
) -> None:
    mask, dark = {Condition.MASK}, {Condition.DARK, Condition.INFRARED}
    embedded = changed(make_embeddings((2, 2)), mask, mask, dark, side=10.0)
    rejected = GatedScores(embedded)(ALL, ALL) == NO_SCORE
    assert rejected.tolist() == [
        [True, True, False, True],
        [True, True, False, True],
        [False, False, True, True],
        [True] * 4,
    ]


def test_two_faces_with_glasses_score_lower(
    make_embeddings: Callable[..., DatasetEmbeddings], monkeypatch: pytest.MonkeyPatch
) -> None:
    embedded = make_embeddings((2, 2))
    rule = GlassesRule(embedded.embeddings[0], 32000, 1000)
    measure = replace(shipped_conditions(), glasses={embedded.embedder: rule})
    monkeypatch.setattr("edge_siamese.evaluation.gated_scores.shipped_conditions", lambda: measure)
    lowered = embedded.scores(ALL, ALL).astype(int) - GatedScores(embedded)(ALL, ALL)
    assert lowered.tolist() == [[1000, 0, 0, 0], [0] * 4, [0] * 4, [0] * 4]
