import numpy as np
import numpy.typing as npt
import pytest

from edge_siamese.errors import DataError
from edge_siamese_converter.evaluation.open_set import OpenSet, OpenSetSplit
from edge_siamese_converter.evaluation.scoring import Score, by_similarity


def trial() -> OpenSet:
    right = np.array([True, True, True, False])
    return OpenSet(right, np.array([0.9, 0.7, 0.31, 0.8]), np.linspace(0, 0.5, 11), enrolled=3)


def test_every_answer_is_counted() -> None:
    answers = trial().at(0.46)
    assert {name: answer["count"] for name, answer in answers.items() if name != "threshold"} == {
        "known_named_rightly": 2, "known_named_wrongly": 1, "known_rejected": 1, "strangers_rejected": 10,
    }  # fmt: skip


def test_naming_somebody_wrongly_is_a_miss_at_every_threshold() -> None:
    report = trial().to_json(0.45)
    assert report["dir_at_fpir"] == {"0.1": 0.5, "0.01": None}
    assert report["dir_at_fpir_rejected"] == {
        "0.01": "an FPIR of 0.01 needs at least 100 images of strangers, found 11"
    }
    assert 0.4 < trial().threshold_at_fpir(0.1) <= 0.5
    assert trial().auc == pytest.approx((11 * 3 + 7) / 44)


def test_too_few_strangers_do_not_make_a_threshold() -> None:
    with pytest.raises(DataError, match="needs at least 1,000 images of strangers, found 11"):
        trial().threshold_at_fpir(1e-3)


def people() -> tuple[Score, npt.NDArray[np.int64]]:
    rng = np.random.default_rng(1)
    labels = np.concatenate([np.repeat(np.arange(20), 5), [20]])
    return by_similarity(rng.normal(size=(21, 24))[labels] + 0.1 * rng.normal(size=(101, 24))), labels


def test_nobody_plays_two_parts_and_no_image_stands_twice() -> None:
    score, labels = people()
    split = OpenSetSplit.draw(score, labels, seed=2)
    assert not set(labels[split.strangers]) & set(labels[split.enrolled])
    assert set(labels[split.known]) == set(labels[split.enrolled])
    assert not set(split.known.tolist()) & set(split.enrolled.tolist())
    assert 20 in labels[split.strangers]
    assert len(split.enrolled) == 15
    assert len(OpenSetSplit.draw(score, labels, templates=2).enrolled) == 30


def test_well_separated_people_are_named_and_strangers_are_not() -> None:
    score, labels = people()
    measured = OpenSet.measure(score, labels, OpenSetSplit.draw(score, labels))
    report = measured.to_json(0.8)
    assert report["known_named_rightly"]["rate"] == report["strangers_rejected"]["rate"] == 1
    assert report["enrolled"] == 15


def test_a_trial_needs_somebody_to_enroll() -> None:
    score, _ = people()
    with pytest.raises(DataError, match="found 1 with two or more, of 2"):
        OpenSetSplit.draw(score, np.array([0, 0, 1]))
