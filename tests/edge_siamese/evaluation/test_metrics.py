import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_siamese.errors import DataError
from edge_siamese.evaluation.metrics import all_pairs, error_curve

scores = st.lists(st.integers(-50, 50), min_size=1, max_size=60).map(np.array)


@given(genuine=scores, impostor=scores)
def test_rates_are_counts_of_scores_at_or_above_each_threshold(genuine: np.ndarray, impostor: np.ndarray) -> None:
    curve = error_curve(genuine, impostor)
    for threshold, fmr, fnmr in zip(curve.thresholds, curve.fmr, curve.fnmr, strict=True):
        assert fmr == pytest.approx(np.mean(impostor >= threshold))
        assert fnmr == pytest.approx(np.mean(genuine < threshold))
        assert curve.rates_at(threshold) == (fmr, fnmr)


@given(genuine=scores, impostor=scores)
def test_auc_is_the_chance_that_a_genuine_score_wins(genuine: np.ndarray, impostor: np.ndarray) -> None:
    differences = genuine[:, None] - impostor[None]
    chance = np.mean((differences > 0) + 0.5 * (differences == 0))
    assert error_curve(genuine, impostor).auc == pytest.approx(chance)


@given(genuine=scores, impostor=scores, fmr=st.floats(0, 1))
def test_tar_at_fmr_never_exceeds_the_fmr(genuine: np.ndarray, impostor: np.ndarray, fmr: float) -> None:
    curve = error_curve(genuine, impostor)
    threshold = curve.threshold_at_fmr(fmr)
    assert np.mean(impostor >= threshold) <= fmr
    assert curve.tar_at_fmr(fmr) == pytest.approx(np.mean(genuine >= threshold))


def test_separated_scores_have_no_error() -> None:
    curve = error_curve(np.array([5, 6]), np.array([1, 2, 3]))
    assert (curve.eer, curve.auc, curve.tar_at_fmr(0.0)) == (0.0, 1.0, 1.0)
    assert curve.eer_threshold == 5


def test_equal_scores_are_chance() -> None:
    curve = error_curve(np.array([1, 2]), np.array([1, 2]))
    assert (curve.auc, curve.eer) == (0.5, 0.5)


def test_without_pairs_there_is_nothing_to_measure() -> None:
    with pytest.raises(DataError, match="0 genuine and 2 impostor"):
        error_curve(np.array([]), np.array([1, 2]))


def test_all_pairs_counts_each_pair_once() -> None:
    people = np.array([0, 0, 1, 1, 1])
    genuine, impostor = all_pairs(np.arange(25).reshape(5, 5), people)
    assert (len(genuine), len(impostor)) == (1 + 3, 6)
    assert sorted(genuine) == [1, 13, 14, 19]
