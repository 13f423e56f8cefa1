import numpy as np
import numpy.typing as npt
import pytest

from edge_siamese_converter.evaluation.evaluate import SAME_PAIRS, Alphabets, Metrics, Threshold, evaluate
from edge_siamese_converter.evaluation.scoring import Score, by_similarity, every_pair, score_pairs


def network(classes: int, images: int) -> tuple[Score, npt.NDArray[np.int64], list[str]]:
    rng = np.random.default_rng(7)
    labels = np.repeat(np.arange(classes), images)
    embeddings = rng.normal(size=(classes, 16))[labels] + rng.normal(size=(len(labels), 16))
    return by_similarity(embeddings.astype(np.float32)), labels, [f"person {number}" for number in range(classes)]


def test_everything_is_said_and_survives_json() -> None:
    score, labels, names = network(24, 6)
    metrics, pairs = evaluate(score, labels, names, threshold=Threshold(0.4, "ten other people"), replicates=20)
    written = metrics.model_dump_json()
    assert Metrics.model_validate_json(written).model_dump_json() == written
    assert len(pairs.scores) == 144 * 143 // 2
    assert metrics.threshold_from == "ten other people"
    assert metrics.confusion["threshold"] == metrics.open_set["threshold"] == 0.4  # type: ignore[index]
    assert [each["ways"] for each in metrics.one_shot] == [5, 20]
    assert len(metrics.folds) == 4
    assert metrics.identification is not None
    assert metrics.identification["rank1"]["of"] == 120
    assert metrics.main_metrics() == {name: metrics.verification[name] for name in ("auc", "eer", "accuracy")}
    assert metrics.runs is None


def test_a_threshold_of_the_same_pairs_says_so() -> None:
    metrics, _ = evaluate(*network(6, 3), replicates=0)
    assert metrics.threshold_from == SAME_PAIRS
    confusion = metrics.confusion
    assert confusion["threshold"] == metrics.verification["eer_threshold"]
    assert abs(confusion["fmr"]["rate"] - confusion["fnmr"]["rate"]) < 0.1


def test_two_networks_are_judged_on_the_same_pairs() -> None:
    score, labels, names = network(10, 4)
    _, pairs = evaluate(
        score, labels, names, pairs=score_pairs(score, every_pair(labels, at_most=300), labels), replicates=0
    )
    metrics, again = evaluate(score, labels, names, pairs=pairs, replicates=0)
    assert again is pairs
    assert metrics.verification["genuine_pairs"] + metrics.verification["impostor_pairs"] == 300


def test_alphabets_add_the_published_runs() -> None:
    score, labels, names = network(40, 4)
    drawers = [f"drawer {place % 4}" for place in range(160)]
    groups = ["one" if number < 20 else "two" for number in labels]
    metrics, _ = evaluate(score, labels, names, alphabets=Alphabets(groups, drawers), replicates=0)
    assert metrics.runs is not None
    assert (metrics.runs["runs"], metrics.runs["ways"]) == (20, 20)
    assert metrics.runs["accuracy"] == pytest.approx(metrics.runs["counted"]["rate"])


def test_what_the_classes_do_not_suffice_for_is_left_out() -> None:
    score, labels, names = network(3, 2)
    metrics, _ = evaluate(score, labels, names, replicates=0)
    assert (metrics.folds, metrics.one_shot) == ((), ())
    assert metrics.identification is not None
    small, _ = evaluate(score, labels, names, alphabets=Alphabets(["one"] * 6, ["a", "b"] * 3), replicates=0)
    assert small.runs is None
    pairs_only, _ = evaluate(score, labels, names, replicates=0, pairs_only=True)
    assert (pairs_only.identification, pairs_only.open_set, pairs_only.one_shot) == (None, None, ())


def test_a_matrix_of_many_classes_is_not_kept() -> None:
    metrics, _ = evaluate(*network(70, 2), replicates=0)
    assert metrics.identification is not None
    assert metrics.identification["confusion"] is None
    assert len(metrics.identification["cmc"]) == 70
