import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_siamese.errors import DataError
from edge_siamese.evaluation.pairs import ScoredPairs
from edge_siamese_converter.evaluation.scoring import by_similarity, every_pair, score_pairs

rng = np.random.default_rng(5)


def test_every_similarity_is_larger_for_more_alike_images() -> None:
    embeddings = np.array([[1.0, 0.0], [0.9, 0.1], [-1.0, 0.5]], np.float32)
    for name in ("cosine", "l1", "l2", "squared_l2"):
        scores = by_similarity(embeddings, name)(np.array([0]), np.array([0, 1, 2]))[0]
        assert scores[0] >= scores[1] > scores[2]
    assert by_similarity(embeddings)(np.array([0]), np.array([0]))[0, 0] == pytest.approx(1)


def test_an_unknown_similarity_is_rejected() -> None:
    with pytest.raises(DataError, match="unknown similarity 'angle'"):
        by_similarity(np.zeros((2, 2), np.float32), "angle")


def test_listed_pairs_get_the_scores_of_the_matrix() -> None:
    embeddings = rng.normal(size=(1300, 4)).astype(np.float32)
    score, labels = by_similarity(embeddings, "l2"), np.arange(1300) // 2
    index = np.concatenate([rng.integers(0, 1300, (500, 2)), np.arange(40).reshape(-1, 2)])
    pairs = score_pairs(score, index, labels)
    expected = [score(np.array([a]), np.array([b]))[0, 0] for a, b in index]
    np.testing.assert_allclose(pairs.scores, expected, rtol=1e-4, atol=1e-4)


@given(st.lists(st.integers(0, 4), min_size=2, max_size=30), st.integers(4, 200))
def test_a_sample_has_no_pair_twice_and_every_genuine_one_that_fits(classes: list[int], at_most: int) -> None:
    labels = np.array(classes, np.int64)
    pairs = every_pair(labels, at_most=at_most)
    count = len(classes)
    genuine_pairs = sum(classes[a] == classes[b] for a in range(count) for b in range(a))
    impostor_pairs = count * (count - 1) // 2 - genuine_pairs
    genuine = labels[pairs[:, 0]] == labels[pairs[:, 1]]
    assert (pairs[:, 0] < pairs[:, 1]).all()
    assert len({tuple(pair) for pair in pairs.tolist()}) == len(pairs)
    if genuine_pairs + impostor_pairs > at_most:
        assert genuine.sum() == min(genuine_pairs, at_most // 2)
        assert (~genuine).sum() == min(impostor_pairs, at_most - genuine.sum())
    else:
        assert len(pairs) == genuine_pairs + impostor_pairs


def scored(labels: npt.NDArray[np.int64]) -> ScoredPairs:
    index = every_pair(labels)
    return ScoredPairs(index, rng.normal(size=len(index)), labels, probabilities=rng.random(len(index)))


def test_no_class_is_in_two_folds() -> None:
    pairs = scored(np.repeat(np.arange(9) * 10, 3))
    folded = pairs.within_folds(4, seed=1)
    assert folded.fold is not None
    classes = folded.labels[folded.index]
    folds = [set(classes[folded.fold == fold].ravel().tolist()) for fold in range(4)]
    assert sum(map(len, folds)) == 9
    assert len(set().union(*folds)) == 9
    row = int(np.flatnonzero((pairs.index == folded.index[7]).all(axis=1))[0])
    assert folded.probabilities is not None
    assert pairs.probabilities is not None
    assert folded.probabilities[7] == pairs.probabilities[row]


def test_folds_need_two_classes_each() -> None:
    with pytest.raises(DataError, match="from 2 to half of 5 classes, found 3"):
        scored(np.repeat(np.arange(5), 2)).within_folds(3)


def test_classes_that_stand_in_a_pair_are_numbered_without_gaps() -> None:
    pairs = ScoredPairs(np.array([[0, 1], [1, 3]]), np.array([0.1, 0.2]), np.array([40, 40, 9, 7, 50])).compact()
    assert pairs.person_count == 2
    assert pairs.labels.tolist() == [1, 1, -1, 0, -1]
    assert pairs.first_person.tolist() == [1, 1]
    assert pairs.second_person.tolist() == [1, 0]


@pytest.mark.parametrize(("labels", "scores", "message"), [
    ([0, 1, 2], [0.1, 0.2], "found 0 genuine and 2 impostor"),
    ([0, 0, 0], [0.1, 0.2], "found 2 genuine and 0 impostor"),
    ([0, 0, 1], [0.1, np.nan], "expected finite numbers, found 1 of 2"),
])  # fmt: skip
def test_pairs_that_cannot_be_evaluated_are_rejected(labels: list[int], scores: list[float], message: str) -> None:
    with pytest.raises(DataError, match=message):
        ScoredPairs(np.array([[0, 1], [1, 2]]), np.array(scores), np.array(labels))
