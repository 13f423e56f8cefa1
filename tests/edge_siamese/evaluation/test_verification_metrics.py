import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from edge_siamese.evaluation.metrics import error_curve
from edge_siamese.evaluation.pairs import ScoredPairs
from edge_siamese.evaluation.verification_metrics import MetricsTable


def comparisons(scores: np.ndarray, genuine: np.ndarray, fold: np.ndarray | None = None) -> ScoredPairs:
    """Pairs of separate images, a class for each genuine pair and two for each impostor pair."""
    index = np.arange(2 * len(scores)).reshape(-1, 2)
    labels = np.where(np.repeat(genuine, 2), index[:, [0, 0]].ravel(), index.ravel())
    return ScoredPairs(index, scores.astype(np.int16), labels, fold)


@given(st.lists(st.tuples(st.integers(-9, 9), st.booleans(), st.integers(0, 3)), min_size=2, max_size=60))
def test_a_weight_counts_a_comparison_as_often(rows: list[tuple[int, bool, int]]) -> None:
    scores, genuine, weights = (np.array(column) for column in zip(*rows, strict=True))
    assume(genuine.any() and not genuine.all())
    metrics = MetricsTable(comparisons(scores, genuine)).metrics(weights[genuine], weights[~genuine])
    repeated = np.repeat(scores, weights), np.repeat(genuine, weights)
    if not repeated[1].any() or repeated[1].all():
        assert metrics is None
        return
    expected = error_curve(repeated[0][repeated[1]], repeated[0][~repeated[1]])
    assert metrics is not None
    assert (metrics.curve.eer, metrics.curve.auc) == pytest.approx((expected.eer, expected.auc))
    assert metrics.accuracy == pytest.approx(1 - expected.eer)
    assert metrics.accuracy_sd is None


def test_each_fold_is_evaluated_at_the_threshold_of_the_others() -> None:
    scores = np.array([5, 1, 6, 2, 7, 9])
    genuine = np.array([True, False] * 3)
    metrics = MetricsTable(comparisons(scores, genuine, np.array([0, 0, 1, 1, 2, 2]))).metrics()
    assert metrics is not None
    accuracies = [0.5, 1.0, 0.5]  # at 6, 5 and 5
    assert metrics.accuracy == pytest.approx(np.mean(accuracies))
    assert metrics.accuracy_sd == pytest.approx(np.std(accuracies, ddof=1))


def test_one_fold_has_no_others_and_is_evaluated_as_a_whole() -> None:
    scores, genuine = np.array([5, 1, 6, 2]), np.array([True, False] * 2)
    metrics = MetricsTable(comparisons(scores, genuine, np.zeros(4, np.int64))).metrics()
    assert metrics is not None
    assert (metrics.accuracy, metrics.accuracy_sd) == (1.0, None)


def test_a_fold_without_weight_gives_no_figures() -> None:
    scores, genuine = np.array([5, 1, 6, 2]), np.array([True, False] * 2)
    table = MetricsTable(comparisons(scores, genuine, np.array([0, 0, 1, 1])))
    assert table.metrics(np.array([1, 0]), np.array([1, 1])) is None
    assert table.metrics(np.array([1, 1]), np.array([1, 1])) is not None
