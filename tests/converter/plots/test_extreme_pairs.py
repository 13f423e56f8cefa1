import numpy as np

from edge_siamese_converter.evaluation.scoring import ScoredPairs
from edge_siamese_converter.plots.extreme_pairs import extreme_pairs, pair_sheet

INDEX = np.array([[0, 1], [0, 2], [1, 2], [3, 4], [0, 3], [1, 4], [2, 3], [0, 4]])
SCORES = np.array([0.9, 0.2, 0.5, 0.4, 0.7, 0.1, 0.3, 0.6])
LABELS = np.array([0, 0, 0, 1, 1])


def test_the_extreme_pairs_of_each_kind_come_first_and_no_image_twice() -> None:
    reported = {each.kind: each for each in extreme_pairs(ScoredPairs(INDEX, SCORES, LABELS))}
    assert reported["worst genuine"].index.tolist() == [[0, 2], [3, 4]]
    assert reported["worst genuine"].scores == [0.2, 0.4]
    assert reported["best genuine"].index.tolist() == [[0, 1], [3, 4]]
    assert reported["worst impostor"].index.tolist() == [[0, 3], [1, 4]]
    assert reported["best impostor"].index.tolist() == [[1, 4], [2, 3]]
    assert len(extreme_pairs(ScoredPairs(INDEX, SCORES, LABELS), 1)[0].index) == 1


def test_the_sheet_shows_scores_and_names() -> None:
    images = np.random.default_rng(0).integers(0, 255, (5, 20, 16, 1)).astype(np.uint8)
    reported = extreme_pairs(ScoredPairs(INDEX, SCORES, LABELS), 2)
    svg = pair_sheet(reported, images, ["Ada"] * 3 + ["Ben"] * 2, threshold=0.45).svg()
    assert "worst impostor: different classes, highest scores" in svg
    for score in ("0.200", "0.900", "0.700", "0.100"):
        assert f">{score}<" in svg
    assert svg.count("<image") == 8
