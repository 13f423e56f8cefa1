import numpy as np
import pytest

from edge_siamese.errors import EdgeSiameseError
from edge_siamese_converter.quantisation.parity import ParityReport, measure_parity

PEOPLE = np.repeat(np.arange(20), 4)


def embeddings(noise: float) -> np.ndarray:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(20, 32))[PEOPLE] + noise * rng.normal(size=(80, 32))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def quantised(rows: np.ndarray, steps: float) -> np.ndarray:
    return np.clip(np.round(rows * steps) + 5, -128, 127).astype(np.int8)


def test_fine_steps_cost_nothing() -> None:
    rows = embeddings(0.7)
    report = measure_parity(rows, quantised(rows, 200), 5, PEOPLE)
    assert report.cosine_p1 > 0.999
    assert abs(report.auc_loss) < 1e-3
    report.require()


def test_coarse_steps_do_not_pass_the_gate() -> None:
    rows = embeddings(1.2)
    report = measure_parity(rows, quantised(rows, 1.5), 5, PEOPLE)
    assert report.auc_loss > 0.002
    with pytest.raises(EdgeSiameseError, match=r"parity gate: int8 costs 0\.\d+ AUC on 20 people, allowed are 0\.002"):
        report.require()


def test_a_loss_that_is_not_a_number_does_not_pass() -> None:
    with pytest.raises(EdgeSiameseError):
        ParityReport(1, 1, 1, 1, float("nan"), 1, 0, 0, 1, 1).require()
