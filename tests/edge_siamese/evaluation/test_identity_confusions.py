import numpy as np

from edge_siamese.evaluation.identity_confusions import false_matches, false_non_matches
from edge_siamese.evaluation.pairs import ScoredPairs

NAMES = ["anna", "ben", "cleo"]
PEOPLE = np.array([0, 0, 1, 1, 2, 2])


def compared(pairs: dict[tuple[int, int], int]) -> ScoredPairs:
    scores = np.array(list(pairs.values()), np.int16)
    return ScoredPairs(np.array(list(pairs), np.int32), scores, PEOPLE)


def test_people_are_counted_whichever_photo_comes_first() -> None:
    comparisons = compared({(0, 1): 99, (0, 2): 10, (3, 1): 12, (0, 3): 1, (0, 4): 11, (2, 5): 3, (2, 4): 9})
    assert false_matches(comparisons, 10, NAMES) == [
        {"people": ["anna", "ben"], "count": 2, "of": 3},
        {"people": ["anna", "cleo"], "count": 1, "of": 1},
    ]
    assert false_matches(comparisons, 10, NAMES, listed=1) == [{"people": ["anna", "ben"], "count": 2, "of": 3}]
    assert false_matches(comparisons, 13, NAMES) == []


def test_people_who_are_not_recognized_are_listed_worst_first() -> None:
    comparisons = compared({(0, 1): 5, (2, 3): 20, (4, 5): 5, (5, 4): 30, (0, 2): 99})
    assert false_non_matches(comparisons, 10, NAMES) == [
        {"person": "anna", "count": 1, "of": 1},
        {"person": "cleo", "count": 1, "of": 2},
    ]
