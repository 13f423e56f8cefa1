"""The glasses rule: recognition in the embedding, and lower scores of two faces with glasses."""

import numpy as np
import pytest

from edge_siamese.errors import DataError
from edge_siamese.quality.glasses import GlassesRule

RULE = GlassesRule(np.array([100, 0, 0, 0], np.int8), 16384, 3000)
EMBEDDINGS = np.array([(9, 1, 0, 0), (1, 9, 0, 0), (0, 0, 0, 0), (9, 0, 0, 9)], np.int8)


def test_a_face_has_glasses_if_its_score_with_the_direction_reaches_the_level() -> None:
    assert RULE.present(EMBEDDINGS, 0).tolist() == [True, False, False, True]
    assert GlassesRule(RULE.direction, 32700, 0).present(EMBEDDINGS, 0).tolist() == [False] * 4


def test_only_scores_of_two_faces_with_glasses_are_lowered() -> None:
    scores = np.array([(20000, 10000), (20000, 10000)], np.int16)
    probes, templates = np.array([True, False]), np.array([False, True])
    assert RULE.lowered(scores, probes, templates).tolist() == [[20000, 7000], [20000, 10000]]
    assert RULE.lowered(scores, np.zeros(2, bool), templates) is scores


def test_the_lowest_score_stays_the_lowest() -> None:
    scores = np.full((1, 1), -32768, np.int16)
    assert RULE.lowered(scores, np.ones(1, bool), np.ones(1, bool)).tolist() == [[-32768]]


def test_it_is_read_as_written() -> None:
    again = GlassesRule.from_json(RULE.to_json())
    assert again.to_json() == RULE.to_json()


@pytest.mark.parametrize("change", [{"level_q15": 40000}, {"raise_q15": -1}, {"direction": ""}, {"raise_q15": "1"}])
def test_values_out_of_range_are_rejected(change: dict[str, object]) -> None:
    with pytest.raises(DataError, match="expected a glasses rule"):
        GlassesRule.from_json(RULE.to_json() | change)
