from collections.abc import Callable
from dataclasses import replace

import numpy as np

from edge_siamese.dataset_embeddings import DatasetEmbeddings
from edge_siamese.evaluation.bootstrap import PersonBootstrap
from edge_siamese.evaluation.comparisons import compare_all
from edge_siamese.evaluation.error_counts import rates_at
from edge_siamese.evaluation.slices import slice_by_labels, slice_by_quality

MakeEmbeddings = Callable[..., DatasetEmbeddings]


def test_the_worse_photo_of_a_pair_decides_and_every_pair_counts_once(make_embeddings: MakeEmbeddings) -> None:
    embedded = make_embeddings([3, 3, 3], noise=1.5, without_face=[8])
    for number, side in enumerate((30.0, 80.0, 200.0, 30.0, 80.0, 200.0, 80.0, 200.0)):
        quality = embedded.qualities[number]
        assert quality is not None
        embedded.qualities[number] = replace(quality, side=side, yaw=number / 10)
    comparisons, bootstrap = compare_all(embedded), PersonBootstrap(3, 50)
    tables = {table.name: dict(table.rows) for table in slice_by_quality(embedded, comparisons, 3000, bootstrap)}
    sizes = tables["face size"]
    assert list(sizes) == ["small, under 64", "medium, 64 to 112", "large, from 112", "no face found"]
    assert sizes["large, from 112"].fmr.counted.trials == 3
    assert sizes["large, from 112"].fnmr.counted.trials == 0
    assert sizes["large, from 112"].fnmr.counted.rate is None
    assert sizes["small, under 64"].fnmr.counted.trials == 4
    assert sizes["no face found"].fnmr.counted.rate == 1.0
    overall = rates_at(comparisons, 3000, bootstrap)
    for rows in tables.values():
        assert sum(row.fmr.counted.trials for row in rows.values()) == overall.fmr.counted.trials
        assert sum(row.fnmr.counted.count for row in rows.values()) == overall.fnmr.counted.count
    assert set(tables) == {"face size", "brightness", "sharpness", "yaw"}
    assert tables["yaw"]["frontal, under 0.15"].fnmr.counted.trials == 1


def test_rates_count_scores_at_the_threshold_as_matches(make_embeddings: MakeEmbeddings) -> None:
    comparisons = compare_all(make_embeddings([4, 4, 4], noise=1.5))
    threshold = int(np.median(comparisons.impostor_scores))
    rates = rates_at(comparisons, threshold, PersonBootstrap(3, 100))
    assert rates.fmr.counted.rate == np.mean(comparisons.impostor_scores >= threshold)
    assert rates.fnmr.counted.rate == np.mean(comparisons.genuine_scores < threshold)
    assert rates.fmr.people is not None
    assert rates.to_json()["fmr"]["person_interval_95"] == rates.fmr.people
    assert rates_at(comparisons, 32768, PersonBootstrap(3, 100)).fmr.people is None, "no error, nothing to resample"


def test_labels_of_both_photos_make_a_group(make_embeddings: MakeEmbeddings) -> None:
    comparisons = compare_all(make_embeddings([2, 2, 2]))
    (table,) = slice_by_labels(
        {"brightness": ["day", "day", "night", "day", "night", ""]}, comparisons, 0, PersonBootstrap(3, 9)
    )
    trials = {label: (row.fnmr.counted.trials, row.fmr.counted.trials) for label, row in table.rows}
    assert trials == {"day": (1, 2), "night": (0, 1), "different": (2, 9)}
