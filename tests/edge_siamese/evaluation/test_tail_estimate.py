import numpy as np
import pytest

from edge_siamese.errors import OperatingPointError
from edge_siamese.evaluation.tail_estimate import estimate_tail, held_back


def strangers(people: int, each: int, seed: int = 0) -> list[np.ndarray]:
    """Scores of strangers that are independent and normally distributed, as Q15."""
    rng = np.random.default_rng(seed)
    return [np.asarray(rng.normal(0, 3000, each), np.int16) for _ in range(people)]


def test_the_threshold_is_above_the_true_quantile_and_near_it() -> None:
    true = 3000 * 3.719  # of a normal distribution, exceeded at a rate of 1e-4
    for seed in range(5):
        estimate = estimate_tail(strangers(40, 100, seed), 1e-4)
        assert estimate.middle_q15 <= estimate.threshold_q15
        assert 0.8 * true < estimate.middle_q15 < 1.2 * true
        assert 0.9 * true < estimate.threshold_q15 < 1.5 * true


def test_a_rate_that_can_be_counted_is_near_the_counted_quantile() -> None:
    scores = strangers(50, 200)
    counted = np.sort(np.concatenate(scores))[-100]
    assert abs(estimate_tail(scores, 0.01).middle_q15 - counted) < 400
    assert estimate_tail(scores, 0.2).middle_q15 == pytest.approx(np.quantile(np.concatenate(scores), 0.8), abs=50)


def test_the_same_strangers_give_the_same_estimate() -> None:
    assert estimate_tail(strangers(20, 50), 1e-3) == estimate_tail(strangers(20, 50), 1e-3)


def test_strangers_held_back_are_counted_once_each() -> None:
    check = held_back(strangers(21, 60), 1e-3)
    assert check.matches.trials == 21 * 60
    assert check.matches.count <= 5


@pytest.mark.parametrize(
    ("scores", "target", "expected"),
    [
        (strangers(9, 100), 1e-3, "at least 10 strangers and 500 impostor pairs, found 9 and 900"),
        (strangers(20, 10), 1e-3, "found 20 and 200"),
        (strangers(10, 60), 1e-6, "an FMR of 1e-06 needs at least 33,334 impostor pairs, found 600"),
    ],
)
def test_too_little_data_is_rejected_with_what_it_takes(scores: list[np.ndarray], target: float, expected: str) -> None:
    with pytest.raises(OperatingPointError, match=expected):
        estimate_tail(scores, target)


def test_equal_scores_and_one_extreme_stranger_give_a_threshold() -> None:
    flat = [np.full(100, 500, np.int16) for _ in range(12)]
    assert estimate_tail(flat, 1e-3).threshold_q15 >= 501
    flat[3] = np.full(100, 32767, np.int16)
    assert estimate_tail(flat, 1e-3).threshold_q15 <= 32767
