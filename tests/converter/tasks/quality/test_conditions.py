"""The condition measure is fitted on crops of rendered people."""

import numpy as np
import numpy.typing as npt
import pytest

from edge_siamese.alignment import TEMPLATE
from edge_siamese.errors import DataError
from edge_siamese.quality.conditions import MEASURED, Condition
from edge_siamese.quality.glasses import GlassesRule
from edge_siamese.rendering import Person, View, render_crop
from edge_siamese.rendering.conditions import CONDITIONS
from edge_siamese_converter.tasks.quality.conditions import (
    ConditionSamples,
    collect_condition_samples,
    describe_conditions,
    fit_conditions,
)
from edge_siamese_converter.tasks.quality.glasses import _required_raise, one_crop_each

CROPS = 60


@pytest.fixture(scope="module")
def crops() -> npt.NDArray[np.uint8]:
    views = [View.random(np.random.default_rng(row), difficulty=0.3) for row in range(CROPS)]
    return np.stack([render_crop(Person.from_seed(3600 + row), view) for row, view in enumerate(views)])


@pytest.fixture(scope="module")
def samples(crops: npt.NDArray[np.uint8]) -> ConditionSamples:
    return collect_condition_samples(crops)


def test_every_kind_has_the_features_of_every_crop(samples: ConditionSamples, crops: npt.NDArray[np.uint8]) -> None:
    assert {len(rows) for rows in samples.features.values()} == {CROPS}
    assert {kind: each.shape for kind, each in samples.crops.items()} == dict.fromkeys(
        ("plain", "sunglasses", "frames"), crops.shape
    )
    again = collect_condition_samples(crops)
    assert all(np.array_equal(again.features[kind], rows) for kind, rows in samples.features.items())


def test_the_fit_recognizes_conditions_that_it_was_not_shown(
    samples: ConditionSamples, crops: npt.NDArray[np.uint8]
) -> None:
    measure, rows = fit_conditions(samples)
    assert [row.condition for row in rows] == list(MEASURED)
    assert measure.weights.shape == (3, 784)
    assert np.abs(measure.weights.astype(int)).max(axis=1).tolist() == [127] * 3
    assert all(row.recognized > 0.6 and row.plain <= 0.1 for row in rows)
    masked = [CONDITIONS["mask blue"](crop, TEMPLATE, np.random.default_rng(1)) for crop in crops]
    assert np.mean([Condition.MASK in measure.measure(crop)[0] for crop in masked]) > 0.8
    assert describe_conditions(rows)[0][0] == "mask"


def test_too_few_crops_are_one_sentence(crops: npt.NDArray[np.uint8]) -> None:
    with pytest.raises(DataError, match="needs 40 crops, found 39"):
        collect_condition_samples(crops[:39])
    with pytest.raises(DataError, match="needs 40 people, found 2"):
        one_crop_each(crops, ["a", "b"] * (CROPS // 2))


def test_the_raise_is_the_smallest_that_keeps_the_rate() -> None:
    rng = np.random.default_rng(3)
    embeddings = np.clip(rng.normal((60, 0, 0, 0, 0, 0, 0, 0), 30, (80, 8)), -128, 127).astype(np.int8)
    rule, threshold = GlassesRule(np.array([1, *[0] * 7], np.int8), -32768, 0), 26000
    raised = _required_raise(embeddings, rule, 0, threshold)
    from edge_siamese.matching import scores_q15

    pairs = scores_q15(embeddings, embeddings, 0)[np.triu_indices(80, 1)]
    assert raised > 0
    assert (
        np.count_nonzero(pairs >= threshold + raised)
        <= 0.0006 * len(pairs)
        < np.count_nonzero(pairs >= threshold + raised - 1)
    )
    assert _required_raise(embeddings, rule, 0, 32767) == 0
