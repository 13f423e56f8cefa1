import numpy as np

from edge_siamese.evaluation.pairs import ScoredPairs
from edge_siamese_converter.plots.extreme_pairs import extreme_pairs, pair_sheet

INDEX = np.array([[0, 1], [0, 2], [1, 2], [3, 4], [0, 3], [1, 4], [2, 3], [0, 4]])
SCORES = np.array([0.9, 0.2, 0.5, 0.4, 0.7, 0.1, 0.3, 0.6])
LABELS = np.array([0, 0, 0, 1, 1])


def test_the_extreme_pairs_of_each_kind_come_first_and_no_image_twice() -> None:
    chosen = extreme_pairs(ScoredPairs(INDEX, SCORES, LABELS))
    reported = {kind: INDEX[at].tolist() for kind, at in chosen.items()}
    assert reported["worst genuine"] == [[0, 2], [3, 4]]
    assert SCORES[chosen["worst genuine"]].tolist() == [0.2, 0.4]
    assert reported["best genuine"] == [[0, 1], [3, 4]]
    assert reported["worst impostor"] == [[0, 3], [1, 4]]
    assert reported["best impostor"] == [[1, 4], [2, 3]]
    assert len(extreme_pairs(ScoredPairs(INDEX, SCORES, LABELS), 1)["worst genuine"]) == 1


def test_the_sheet_shows_scores_and_names() -> None:
    images = np.random.default_rng(0).integers(0, 255, (5, 20, 16, 1)).astype(np.uint8)
    pairs = ScoredPairs(INDEX, SCORES, LABELS)
    svg = pair_sheet(pairs, images, ["Ada"] * 3 + ["Ben"] * 2, threshold=0.45, count=2).svg()
    assert "worst impostor: different classes, highest scores" in svg
    for score in ("0.200", "0.900", "0.700", "0.100"):
        assert f">{score}<" in svg
    assert svg.count("<image") == 8
