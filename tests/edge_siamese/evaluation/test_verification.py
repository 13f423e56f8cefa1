from collections.abc import Callable

import numpy as np
import pytest

from edge_siamese.dataset_embeddings import DatasetEmbeddings
from edge_siamese.errors import DataError
from edge_siamese.evaluation.bootstrap import PersonBootstrap
from edge_siamese.evaluation.comparisons import compare_all
from edge_siamese.evaluation.pairs import ScoredPairs
from edge_siamese.evaluation.verification import VerificationMetrics, as_score

MakeEmbeddings = Callable[..., DatasetEmbeddings]


def width(bounds: tuple[float, float]) -> float:
    return bounds[1] - bounds[0]


def test_figures_lie_within_their_intervals(make_embeddings: MakeEmbeddings) -> None:
    comparisons = compare_all(make_embeddings([4] * 30, noise=1.3))
    body = VerificationMetrics.measure(comparisons, PersonBootstrap(30, 200)).to_json()
    for name in ("accuracy", "eer", "auc"):
        low, high = body["person_intervals_95"][name]
        assert low < body[name] < high
    assert body["fmr"] == pytest.approx(body["fnmr"], abs=0.02)


def test_a_tar_needs_one_impostor_pair_for_each_false_match_allowed(make_embeddings: MakeEmbeddings) -> None:
    body = VerificationMetrics.measure(compare_all(make_embeddings([3] * 17)), PersonBootstrap(17, 20)).to_json()
    assert body["tar_at_fmr"]["0.001"] is not None  # 1,224 impostor pairs
    assert body["tar_at_fmr"]["0.0001"] is None
    assert body["person_intervals_95"]["tar_at_fmr"]["0.0001"] is None
    assert body["tar_at_fmr_rejected"] == {"0.0001": "needs at least 10,000 impostor pairs, found 1,224"}


def test_the_curve_begins_at_one_false_match_and_falls(make_embeddings: MakeEmbeddings) -> None:
    comparisons = compare_all(make_embeddings([4] * 12, noise=1.5))
    det = VerificationMetrics.measure(comparisons, PersonBootstrap(12, 50)).det()
    assert det["fmr"][0] == pytest.approx(1 / (~comparisons.genuine).sum())
    assert det["fmr"][-1] == 0.5
    assert (np.diff(det["fnmr"]) <= 0).all()
    assert all(low <= value <= high for value, (low, high) in zip(det["fnmr"], det["person_interval_95"], strict=True))


def test_an_embedder_does_not_differ_from_itself(make_embeddings: MakeEmbeddings) -> None:
    comparisons = compare_all(make_embeddings([3] * 20, noise=1.4))
    one, same = (VerificationMetrics.measure(comparisons, PersonBootstrap(20, 50)) for _ in range(2))
    difference = one.minus(same)
    assert difference["eer"] == {"value": 0.0, "person_interval_95": (0.0, 0.0)}
    assert difference["tar_at_fmr"]["0.001"] == {"value": 0.0, "person_interval_95": (0.0, 0.0)}
    assert difference["tar_at_fmr"]["0.0001"] is None


def test_pairing_tells_apart_what_two_intervals_cannot(make_embeddings: MakeEmbeddings) -> None:
    embedded = make_embeddings([5] * 40, noise=1.3)
    better = compare_all(embedded)
    rng = np.random.default_rng(3)

    def blurred(rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        scores = embedded.scores(rows, columns).astype(np.int64)
        return np.clip(scores + rng.normal(0, 3000, scores.shape), -32768, 32767).astype(np.int16)

    bootstrap = PersonBootstrap(40, 200)
    mine, theirs = (VerificationMetrics.measure(side, bootstrap) for side in (better, compare_all(embedded, blurred)))
    difference = mine.minus(theirs)["eer"]
    assert difference["value"] < 0
    assert difference["person_interval_95"][1] < 0
    intervals = [side.to_json()["person_intervals_95"]["eer"] for side in (mine, theirs)]
    assert intervals[0][1] > intervals[1][0], "the two intervals overlap"
    assert width(difference["person_interval_95"]) < min(map(width, intervals))


def test_a_fold_of_one_kind_of_pair_is_rejected() -> None:
    genuine, fold = np.array([True, True, False, True]), np.array([0, 0, 1, 1])
    index = np.arange(8).reshape(4, 2)
    labels = np.array([0, 0, 1, 1, 2, 3, 0, 0])
    comparisons = ScoredPairs(index, np.zeros(4, np.int16), labels, fold)
    assert comparisons.genuine.tolist() == genuine.tolist()
    with pytest.raises(DataError, match="expected genuine and impostor pairs in every fold"):
        VerificationMetrics.measure(comparisons, PersonBootstrap(4, 5))


def test_without_draws_there_are_no_intervals(make_embeddings: MakeEmbeddings) -> None:
    verification = VerificationMetrics.measure(compare_all(make_embeddings([3] * 17)), PersonBootstrap(17, 0))
    intervals = verification.to_json()["person_intervals_95"]
    assert (intervals["eer"], intervals["tar_at_fmr"]["0.001"]) == (None, None)
    assert set(verification.det()["person_interval_95"]) == {None}


def test_thresholds_are_shown_within_the_scores() -> None:
    assert (as_score(16384), as_score(float("inf")), as_score(-40000)) == (0.5, 32767 / 32768, -1.0)
