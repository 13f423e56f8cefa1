import numpy as np
import numpy.typing as npt
import pytest

from edge_siamese.errors import DataError
from edge_siamese_converter.evaluation.identification import (
    ClosedSetIdentification,
    identify,
    identify_by_representatives,
    one_shot,
    representatives,
)
from edge_siamese_converter.evaluation.scoring import Score, by_similarity


def clusters(classes: int, images: int, spread: float, seed: int = 0) -> tuple[Score, npt.NDArray[np.int64]]:
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(classes), images)
    embeddings = rng.normal(size=(classes, 16))[labels] + spread * rng.normal(size=(len(labels), 16))
    return by_similarity(embeddings.astype(np.float32)), labels


def constant(indices: npt.NDArray[np.integer], columns: npt.NDArray[np.integer]) -> npt.NDArray[np.float32]:
    return np.zeros((len(indices), len(columns)), np.float32)


def test_ranks_and_who_is_taken_for_whom() -> None:
    scores = np.array([[0.9, 0.1, 0.2], [0.8, 0.7, 0.1], [0.3, 0.2, 0.3], [0.1, 0.6, 0.9]])
    found = ClosedSetIdentification(np.array([3, 5, 8]), np.array([0, 1, 2, 2]), scores)
    assert found.ranks.tolist() == [1, 2, 2, 1]
    assert (found.rank1.count, found.rank1.trials) == (2, 4)
    assert found.cmc.tolist() == [0.5, 1.0, 1.0]
    assert found.confusion.tolist() == [[1, 0, 0], [1, 0, 0], [1, 0, 1]]
    assert found.to_json([*"abcdefghi"])["classes"] == ["d", "f", "i"]


def test_a_class_is_as_alike_as_its_nearest_image() -> None:
    embeddings = np.array([[1, 0], [0, 1], [1, 0.3], [-1, 0], [1, 0.1]], np.float32)
    labels = np.array([7, 4, 4, 7, 7])
    found = identify(by_similarity(embeddings), labels, np.array([0, 1, 2, 3]), np.array([4]))
    assert found.classes.tolist() == [4, 7]
    assert found.scores[0] == pytest.approx([np.cos(np.arctan(0.3) - np.arctan(0.1)), np.cos(np.arctan(0.1))])
    assert found.rank1.rate == 1


def test_images_are_never_named_by_themselves() -> None:
    score, labels = clusters(4, 3, 0.1)
    with pytest.raises(DataError, match="an enrolled image cannot be a probe"):
        identify(score, labels, np.array([0, 3]), np.array([0, 4]))


def test_closed_means_that_everybody_is_enrolled() -> None:
    score, labels = clusters(4, 3, 0.1)
    with pytest.raises(DataError, match="class 2 is not enrolled"):
        identify(score, labels, np.array([0, 3]), np.array([1, 7]))
    with pytest.raises(DataError, match="found 2 and 0"):
        identify(score, labels, np.array([0, 3]), np.array([], np.int64))


def test_the_representative_is_the_medoid_whatever_the_unit() -> None:
    places = np.array([[0.0], [1.0], [10.0], [100.0], [90.0], [81.0]], np.float32)
    labels = np.array([1, 1, 1, 0, 0, 0])
    for name in ("l1", "l2", "squared_l2"):
        assert representatives(by_similarity(places, name), labels).tolist() == [4, 1]
    assert representatives(by_similarity(places, "l1"), labels, count=2).tolist()[:1] == [4]


def test_tight_clusters_are_named_and_a_constant_network_never_is() -> None:
    score, labels = clusters(30, 4, 0.05)
    assert identify_by_representatives(score, labels).rank1.rate == 1
    assert one_shot(score, labels, ways=20, trials=50).rate == 1
    assert identify_by_representatives(constant, labels).rank1.count == 0
    assert one_shot(constant, labels, ways=20, trials=50).count == 0


def test_meaningless_embeddings_are_right_by_chance_only() -> None:
    rng = np.random.default_rng(2)
    score = by_similarity(rng.normal(size=(200, 8)).astype(np.float32))
    right = one_shot(score, np.repeat(np.arange(40), 5), ways=5, trials=600, seed=4)
    assert right.interval[0] < 0.2 < right.interval[1]


def test_trials_repeat_with_their_seed() -> None:
    score, labels = clusters(12, 3, 1.2)
    results = [one_shot(score, labels, ways=10, trials=200, seed=seed).count for seed in (1, 1, 2)]
    assert results[0] == results[1] != results[2]


@pytest.mark.parametrize(("ways", "images", "message"), [
    (6, 3, "found 5 classes and 5 with two"), (1, 3, "expected 2 classes"), (3, 1, "0 with two"),
])  # fmt: skip
def test_trials_that_cannot_be_drawn_are_rejected(ways: int, images: int, message: str) -> None:
    score, labels = clusters(5, images, 0.1)
    with pytest.raises(DataError, match=message):
        one_shot(score, labels, ways=ways)
