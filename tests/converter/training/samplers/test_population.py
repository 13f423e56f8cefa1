import numpy as np
import pytest

from edge_siamese.errors import DataError
from edge_siamese_converter.training.samplers.population import Population, _unranked


def test_pairs_are_numbered_without_gaps() -> None:
    larger, smaller = _unranked(np.arange(10))
    assert list(zip(larger, smaller, strict=True)) == [(i, j) for i in range(5) for j in range(i)]


@pytest.mark.parametrize("around", [10**6, 3 * 10**9])
def test_numbering_is_exact_far_out(around: int) -> None:
    ranks = np.arange(-3, 4) + around * (around - 1) // 2
    larger, smaller = _unranked(ranks)
    assert (larger * (larger - 1) // 2 + smaller == ranks).all()
    assert ((smaller >= 0) & (smaller < larger)).all()


def test_copies_within_a_class_count_once() -> None:
    population = Population(np.array([5, 5, 5, 2, 2]), ["a", "b", "a", "c", "c"])
    assert population.indices.tolist() == [3, 0, 1]
    assert [indices.tolist() for indices in population.members] == [[0, 1]]
    assert population.genuine_available().tolist() == [1]


def test_every_genuine_pair_comes_before_one_comes_again() -> None:
    population = Population(np.array([0, 0, 0, 1]))
    drawn = population.genuine(np.array([7]), np.random.default_rng(0))
    pairs, counts = np.unique(np.sort(drawn, axis=1), axis=0, return_counts=True)
    assert pairs.tolist() == [[0, 1], [0, 2], [1, 2]]
    assert sorted(counts) == [2, 2, 3]


def test_strangers_are_drawn_evenly() -> None:
    population = Population(np.array([0, 0, 1, 1, 1, 2]))
    drawn = population.strangers_of(np.full(6000, 3), np.random.default_rng(0))
    counts = np.bincount(drawn[:, 1], minlength=6)
    assert counts[2:5].tolist() == [0, 0, 0]
    assert counts[[0, 1, 5]] == pytest.approx(2000, abs=200)


def test_a_image_two_classes_share_is_never_an_impostor_of_itself() -> None:
    population = Population(np.array([0, 0, 1]), ["x", "y", "x"])
    drawn = population.strangers_of(np.zeros(20, int), np.random.default_rng(0))
    assert {tuple(pair) for pair in drawn.tolist()} <= {(1, 2), (2, 1)}


@pytest.mark.parametrize(
    ("labels", "digests", "sentence"),
    [
        ([], None, "need two or more classes, found 0"),
        ([3, 3, 3], None, "need two or more classes, found 1"),
        ([0, 1, 2], None, "a class with two different images, found one image in each of 3 classes"),
        ([0, 0, 1], ["a", "a", "b"], "a class with two different images, found one image in each of 2 classes"),
        ([0, 0, 1], ["a"], "a digest for each of 3 images, found 1"),
    ],
)
def test_images_that_cannot_teach_are_rejected(labels: list[int], digests: list[str] | None, sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        Population(np.array(labels, int), digests)
