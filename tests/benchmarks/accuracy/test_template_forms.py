"""Forms of templates are compared over all pairs of photos."""

import numpy as np
import pytest

from edge_siamese.dataset_embeddings import DatasetEmbeddings
from edge_siamese.errors import DataError
from edge_siamese.identity_dataset import Photo
from edge_siamese_benchmarks.accuracy.template_forms import HEAD, prefilter_losses, template_forms


def embedded(people: int, each: int) -> DatasetEmbeddings:
    rng = np.random.default_rng(0)
    centers = rng.integers(-60, 61, (people, 64))
    rows = [center + rng.integers(-40, 41, 64) for center in centers for _ in range(each)]
    photos = [Photo(f"p{person}", f"p{person}/{number}.png") for person in range(people) for number in range(each)]
    found = np.ones(len(photos), bool)
    values = np.array(rows, np.int8)
    return DatasetEmbeddings(photos, values, found, found, {}, 0, "ab" * 32, [None] * len(photos), [None] * len(photos))


def test_renewal_costs_nothing_and_two_keys_cannot_be_linked() -> None:
    rows = {row.form: row for row in template_forms(embedded(40, 3))}
    plain, renewed, linked = rows["int8"], rows["renewed with a key"], rows["linkage of two keys"]
    assert (plain.genuine, plain.impostor) == (40 * 3, 120 * 119 // 2 - 120)
    assert abs(renewed.eer - plain.eer) < 0.01
    assert 0.35 < linked.eer < 0.65
    assert rows["1 bit"].bytes == 8
    assert rows["1 bit, probe too"].eer >= plain.eer
    assert len(plain.cells()) == len(HEAD)
    assert 0 <= prefilter_losses(embedded(40, 3)) < 1


def test_without_pairs_nothing_is_compared() -> None:
    with pytest.raises(DataError, match="photos of two people"):
        template_forms(embedded(5, 1))
