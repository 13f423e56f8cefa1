import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_siamese.errors import DataError, OperatingPointError
from edge_siamese.intervals import upper_bound
from edge_siamese.operating_point import OperatingPoint, calibrate, choose_operating_point

ABOUT = {"people": 9, "dataset_digest": "d"}


def point(fmr: float) -> OperatingPoint:
    return OperatingPoint(fmr, 100, fmr, 10_000, 9, 0.1, "d")


@given(seed=st.integers(0, 1000), target=st.sampled_from([0.3, 0.1, 0.01]))
def test_a_calibrated_threshold_keeps_the_bound_and_is_the_smallest_that_does(seed: int, target: float) -> None:
    rng = np.random.default_rng(seed)
    impostor = np.round(rng.normal(0, 3000, 2000)).astype(np.int16)
    genuine = np.round(rng.normal(12000, 4000, 300)).astype(np.int16)
    found = calibrate(genuine, impostor, target_fmr=target, **ABOUT)
    assert upper_bound(int((impostor >= found.threshold_q15).sum()), 2000) <= target
    lower = impostor[impostor < found.threshold_q15].max()
    assert upper_bound(int((impostor >= lower).sum()), 2000) > target
    assert found.fnmr == pytest.approx(np.mean(genuine < found.threshold_q15))


def test_too_few_pairs_are_refused_with_the_number_it_takes() -> None:
    with pytest.raises(OperatingPointError, match=r"0.001 needs at least 2,995 impostor pairs, found 2,994"):
        calibrate(np.zeros(1, np.int16), np.zeros(2994, np.int16), target_fmr=1e-3, **ABOUT)
    assert calibrate(np.zeros(1, np.int16), np.zeros(2995, np.int16), target_fmr=1e-3, **ABOUT).threshold_q15 == 1


def test_one_photo_under_two_people_is_refused_rather_than_accepted() -> None:
    impostor = np.zeros(3000, np.int16)
    impostor[:2] = 32767
    with pytest.raises(OperatingPointError, match="more impostor pairs than that score 1: is one photo filed under"):
        calibrate(np.zeros(1, np.int16), impostor, target_fmr=1e-3, **ABOUT)


@pytest.mark.parametrize("target", [0.0, 1.0, -1.0, float("nan")])
def test_a_rate_is_between_zero_and_one(target: float) -> None:
    with pytest.raises(DataError, match="above 0 and below 1"):
        calibrate(np.zeros(1, np.int16), np.zeros(10, np.int16), target_fmr=target, **ABOUT)


def test_the_loosest_point_that_is_strict_enough_is_chosen() -> None:
    points = [point(1e-2), point(1e-3), point(1e-4)]
    assert choose_operating_point(points, 5e-3).target_fmr == 1e-3
    assert choose_operating_point(points, 1e-3).target_fmr == 1e-3
    assert choose_operating_point(points, 1e-9).target_fmr == 1e-4
    with pytest.raises(OperatingPointError, match="no operating point"):
        choose_operating_point([], 1e-3)


def test_json_round_trip_and_missing_fields() -> None:
    assert OperatingPoint.from_card(point(1e-3).to_card()) == point(1e-3)
    with pytest.raises(DataError, match="threshold"):
        OperatingPoint.from_card({"target_fmr": 0.1})
