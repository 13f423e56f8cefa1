from dataclasses import replace

import numpy as np
import pytest

from edge_siamese.errors import EdgeSiameseError
from edge_siamese_converter.quantization.parity import ChanceError, ParityReport, measure_float_parity, measure_parity

PEOPLE = np.repeat(np.arange(20), 4)


def embeddings(noise: float) -> np.ndarray:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(20, 32))[PEOPLE] + noise * rng.normal(size=(80, 32))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def quantized(rows: np.ndarray, steps: float) -> np.ndarray:
    return np.clip(np.round(rows * steps) + 5, -128, 127).astype(np.int8)


def test_fine_steps_cost_nothing() -> None:
    rows = embeddings(0.7)
    report = measure_parity(rows, quantized(rows, 200), 5, PEOPLE)
    assert report.cosine_p1 > 0.999
    assert abs(report.auc_loss) < 1e-3
    report.require()


def test_coarse_steps_do_not_pass_the_gate() -> None:
    rows = embeddings(1.2)
    report = measure_parity(rows, quantized(rows, 1.5), 5, PEOPLE)
    assert report.auc_loss > 0.002
    with pytest.raises(EdgeSiameseError, match=r"parity gate: int8 loses 0\.\d+ AUC on 20 people, at most 0\.002"):
        report.require()


def test_a_few_people_have_to_lose_more_before_it_says_something() -> None:
    report = measure_parity(embeddings(0.7), quantized(embeddings(0.7), 200), 5, PEOPLE)
    three, twenty = (replace(report, auc_int8=report.auc_float - 0.004, people=people) for people in (3, 20))
    three.require()
    with pytest.raises(EdgeSiameseError, match=r"loses 0\.0040 AUC on 20 people, at most 0\.002"):
        twenty.require()


def test_rates_that_the_pairs_cannot_show_are_left_open() -> None:
    rows = embeddings(0.7)
    many, few = (
        measure_parity(rows, quantized(rows, 200), 5, PEOPLE),
        measure_parity(rows[:40], quantized(rows[:40], 200), 5, PEOPLE[:40]),
    )
    assert many.tar_float is not None
    assert few.auc_float is not None
    assert few.tar_float is few.tar_int8 is None
    assert few.to_json()["tar_int8"] is None


@pytest.mark.parametrize("people", [None, np.arange(80), np.zeros(80, np.int64)])
def test_without_pairs_the_cosine_is_the_gate(people: np.ndarray | None) -> None:
    rows = embeddings(0.7)
    fine, coarse = (measure_parity(rows, quantized(rows, steps), 5, people) for steps in (200, 2))
    assert fine.auc_loss is fine.auc_int8 is fine.eer_float is None
    assert fine.sqnr_db > 30 > coarse.sqnr_db
    fine.require()
    with pytest.raises(
        EdgeSiameseError, match=r"mean cosine of 0\.\d+ to the float ones on 80 images, expected at least 0\.95"
    ):
        coarse.require()


def test_other_formats_are_evaluated_by_real_numbers() -> None:
    rows = embeddings(0.7)
    report = measure_float_parity(rows, rows * 3, PEOPLE)
    assert report.auc_loss == 0
    assert report.sqnr_db > 100


def test_a_loss_that_is_not_a_number_does_not_pass() -> None:
    with pytest.raises(EdgeSiameseError):
        ParityReport(1, 1, 1, 1, float("nan"), 1, 0, 0, 1, 1).require()


def unrelated(people: int) -> np.ndarray:
    rows = np.random.default_rng(3).normal(size=(4 * people, 32))
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def test_a_network_that_tells_nobody_apart_does_not_pass_though_int8_costs_nothing() -> None:
    rows = unrelated(20)
    report = measure_parity(rows, quantized(rows, 200), 5, PEOPLE)
    report.require()
    assert report.is_chance
    expected = r"tells people apart no better than chance: AUC 0\.\d{3} \(95 %: 0\.\d{3} to 0\.\d{3}\) on 80 images of 20 people"
    with pytest.raises(ChanceError, match=expected):
        report.require_better_than_chance()


def test_a_weak_network_on_enough_people_is_better_than_chance() -> None:
    rows = embeddings(2.0)
    report = measure_parity(rows, quantized(rows, 200), 5, PEOPLE)
    assert report.auc_float < 0.9
    assert report.auc_float_interval[0] > 0.5
    report.require_better_than_chance()


def test_a_few_people_only_say_so_where_the_auc_is_low_as_well() -> None:
    rows = unrelated(4)
    report = measure_parity(rows, quantized(rows, 200), 5, PEOPLE[:16])
    wide = replace(report, auc_float=0.75, auc_float_interval=(0.4, 1.0), people=4)
    assert not wide.is_chance
    assert replace(wide, people=20).is_chance
    assert replace(wide, auc_float=0.55).is_chance
    assert replace(wide, auc_float=0.45, auc_float_interval=None).is_chance
    assert not replace(wide, auc_float=None, auc_float_interval=None).is_chance
