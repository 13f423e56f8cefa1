"""Promises of calibrations are checked on people who were not used."""

import numpy as np
import pytest

from edge_siamese.dataset_embeddings import DatasetEmbeddings
from edge_siamese.errors import DataError
from edge_siamese.identity_dataset import Photo
from edge_siamese_benchmarks.accuracy.calibration import check_promises
from tests.doubles import embedder_card


def embedded(people: int, each: int) -> DatasetEmbeddings:
    rng = np.random.default_rng(0)
    centers = rng.integers(-90, 91, (people, 64))
    rows = [center + rng.integers(-30, 31, 64) for center in centers for _ in range(each)]
    photos = [Photo(f"p{person}", f"p{person}/{number}.png") for person in range(people) for number in range(each)]
    count = people * each
    found = np.ones(count, bool)
    values = np.array(rows, np.int8)
    return DatasetEmbeddings(photos, values, found, found, {}, -3, "ab" * 32, [None] * count, [None] * count)


def test_independent_strangers_keep_the_promise() -> None:
    rows = check_promises(embedded(60, 4), embedder_card(64), (0.01,), 3)
    assert [(row.kind, row.strangers) for row in rows] == [("counted", 20), ("estimate", 10)]
    counted, estimate = rows
    assert len(counted.held) == 3
    assert all(each.trials == 20 * 4 * 20 for each in counted.held)
    assert counted.pooled < 0.02
    assert estimate.pooled < 0.02
    assert counted.cells()[:3] == ("0.01", "counted", "20")


def test_rejected_calibrations_are_counted() -> None:
    (row,) = check_promises(embedded(12, 2), embedder_card(64), (1e-4,), 2)
    assert (row.rejected, row.held, row.cells()[3]) == (2, [], "-")
    assert row.to_json()["kept"] is None


def test_too_few_people_are_named() -> None:
    with pytest.raises(DataError, match="at least 6 people"):
        check_promises(embedded(3, 2), embedder_card(64), (0.01,), 1)
