import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_siamese.errors import DataError
from edge_siamese.evaluation.pairs import ScoredPairs
from edge_siamese_converter.evaluation.scoring import every_pair
from edge_siamese_converter.evaluation.verification import (
    Confusion,
    Verification,
    evaluate_folds,
    histogram,
    log_loss,
    roc_points,
)


def pairs_of(genuine: list[float], impostor: list[float], **parts: object) -> ScoredPairs:
    """Pairs of images 0 and 1 of one class, and of 0 and 2 of two."""
    index = np.array([[0, 1]] * len(genuine) + [[0, 2]] * len(impostor))
    return ScoredPairs(index, np.array([*genuine, *impostor]), np.array([0, 0, 1]), **parts)  # type: ignore[arg-type]


def example(seed: int = 0) -> ScoredPairs:
    """All pairs of 12 classes of 5 images, with scores far beyond -1 to 1."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(12), 5)
    index = every_pair(labels)
    is_genuine = labels[index[:, 0]] == labels[index[:, 1]]
    scores = rng.normal(np.where(is_genuine, -20, -40), 9)
    return ScoredPairs(index, scores, labels, probabilities=1 / (1 + np.exp(-(scores + 30) / 3)))


def test_figures_agree_with_scikit_learn() -> None:
    metrics = pytest.importorskip("sklearn.metrics", reason="the oracle is scikit-learn")
    pairs = example()
    verification = Verification.measure(pairs, replicates=20)
    assert verification.to_json()["auc"] == pytest.approx(metrics.roc_auc_score(pairs.genuine, pairs.scores))
    confusion = Confusion.of(pairs, -29.5)
    match = pairs.scores >= -29.5
    assert confusion.f1 == pytest.approx(metrics.f1_score(pairs.genuine, match))
    assert confusion.precision == pytest.approx(metrics.precision_score(pairs.genuine, match))
    assert confusion.accuracy == pytest.approx(metrics.accuracy_score(pairs.genuine, match))
    assert pairs.probabilities is not None
    assert log_loss(pairs.probabilities, pairs.genuine) == pytest.approx(
        metrics.log_loss(pairs.genuine, pairs.probabilities)
    )


def test_thresholds_are_in_the_unit_of_the_scores_and_the_document_is_json() -> None:
    report = Verification.measure(example(), replicates=20).to_json()
    assert -40 < report["threshold"] < -20
    assert report["threshold"] == report["eer_threshold"]
    assert report["accuracy"] == pytest.approx(1 - report["eer"])
    assert report["tar_at_fmr"] == {"0.001": report["tar_at_fmr"]["0.001"], "0.0001": None}
    assert report["tar_at_fmr_rejected"] == {"0.0001": "needs at least 10,000 impostor pairs, found 1,650"}
    assert (report["classes"], report["genuine_pairs"], report["impostor_pairs"]) == (12, 120, 1650)
    json.dumps(report, allow_nan=False)


@given(st.lists(st.floats(-9, 9), min_size=1), st.lists(st.floats(-9, 9), min_size=1), st.floats(-9, 9))
def test_counts_are_those_of_the_definition(genuine: list[float], impostor: list[float], threshold: float) -> None:
    confusion = Confusion.of(pairs_of(genuine, impostor), threshold)
    assert confusion.true_matches == sum(score >= threshold for score in genuine)
    assert confusion.false_matches == sum(score >= threshold for score in impostor)
    assert confusion.false_non_matches == len(genuine) - confusion.true_matches
    assert confusion.true_non_matches == len(impostor) - confusion.false_matches
    assert confusion.fmr.trials == len(impostor)


def test_each_fold_is_decided_by_the_others() -> None:
    fold = np.array([0, 0, 1, 1, 0, 0, 1, 1])
    evaluated = evaluate_folds(pairs_of([0.9, 0.4, 0.8, 0.7], [0.6, 0.1, 0.3, 0.2], fold=fold))
    assert [each.confusion.threshold for each in evaluated] == [0.7, 0.4]
    assert [each.confusion.false_non_matches for each in evaluated] == [1, 0]
    assert [each.auc for each in evaluated] == [0.75, 1.0]
    assert evaluated[0].log_loss is None


def test_the_accuracy_of_folds_is_that_of_the_metrics() -> None:
    pairs = example().within_folds(4)
    evaluated = evaluate_folds(pairs)
    verification = Verification.measure(pairs, replicates=5).to_json()
    assert np.mean([fold.confusion.accuracy for fold in evaluated]) == pytest.approx(verification["accuracy"])
    assert all(fold.log_loss and fold.log_loss < 1 for fold in evaluated)


@pytest.mark.parametrize("fold", [None, np.array([0, 0, 1]), np.array([0, 0, 0])])
def test_folds_without_both_kinds_of_pairs_are_rejected(fold: np.ndarray | None) -> None:
    with pytest.raises(DataError, match="two or more, each with genuine and impostor pairs"):
        evaluate_folds(pairs_of([0.5], [0.1, 0.2], fold=fold))


def test_certainty_about_the_wrong_answer_stays_finite() -> None:
    assert log_loss(np.array([0.0, 1.0], np.float32), np.array([True, True])) == pytest.approx(
        -np.log(1e-7) / 2, rel=1e-3
    )


def test_a_long_curve_is_thinned_with_both_ends_kept() -> None:
    rng = np.random.default_rng(1)
    pairs = pairs_of(rng.normal(1, 1, 3000).tolist(), rng.normal(0, 1, 3000).tolist())
    curve = Verification.measure(pairs, replicates=0).curve
    points = roc_points(curve)
    assert len(points["fmr"]) <= 240
    assert (points["fmr"][0], points["tar"][-1], points["fmr"][-1]) == (0, 1, 1)
    assert np.trapezoid(points["tar"], points["fmr"]) == pytest.approx(curve.auc, abs=1e-3)


def test_a_histogram_holds_every_score_even_of_a_constant_network() -> None:
    for pairs in (pairs_of([0.5, 0.9], [0.1]), pairs_of([0.3], [0.3, 0.3])):
        counted = histogram(pairs)
        assert sum(counted["genuine"]) + sum(counted["impostor"]) == 3
        assert np.all(np.diff(counted["edges"]) > 0)
