import numpy as np

from edge_siamese.evaluation.pairs import IndexPairs
from edge_siamese_converter.training.samplers import create_sampler

LABELS = np.array([0, 0, 0, 0, 1, 1, 2, 3, 3, 3])


def genuine_of(pairs: IndexPairs) -> list[tuple[int, int]]:
    return sorted((min(a, b), max(a, b)) for a, b in pairs.index[pairs.is_genuine].tolist())


def test_per_class_gives_every_class_equally_many_of_both_kinds() -> None:
    pairs = create_sampler("per-class", LABELS, pairs=5).epoch(0)
    genuine, impostor = pairs.index[pairs.is_genuine], pairs.index[~pairs.is_genuine]
    assert np.bincount(LABELS[genuine[:, 0]]).tolist() == [5, 5, 0, 5]
    assert np.bincount(LABELS[impostor[:, 0]]).tolist() == [5, 5, 0, 5]
    assert len({*genuine_of(pairs)}) == 5 + 1 + 3


def test_chains_go_through_every_image_of_a_class() -> None:
    pairs = create_sampler("chained", LABELS).epoch(3)
    genuine = pairs.index[pairs.is_genuine]
    assert np.bincount(LABELS[genuine[:, 0]]).tolist() == [3, 1, 0, 2]
    ends = np.bincount(genuine.ravel(), minlength=10)
    assert sorted(ends[:4]) == [1, 1, 2, 2]
    assert sorted(ends[7:]) == [1, 1, 2]
    assert ends[6] == 0


def test_a_fixed_count_is_shared_out_among_the_classes() -> None:
    sampler = create_sampler("fixed-count", LABELS, genuine=11, impostor=4)
    for epoch in range(5):
        pairs = sampler.epoch(epoch)
        shares = np.bincount(LABELS[pairs.index[pairs.is_genuine][:, 0]])
        assert sorted(shares.tolist()) == [0, 3, 4, 4]
        assert np.sum(~pairs.is_genuine) == 4


def test_all_genuine_pairs_come_once() -> None:
    pairs = create_sampler("all-genuine", LABELS).epoch(2)
    expected = [(i, j) for i in range(10) for j in range(i + 1, 10) if LABELS[i] == LABELS[j]]
    assert genuine_of(pairs) == expected
    assert np.sum(~pairs.is_genuine) == len(expected)


def test_a_limit_of_a_class_takes_other_pairs_every_epoch() -> None:
    sampler = create_sampler("all-genuine", LABELS, per_class=2)
    epochs = [genuine_of(sampler.epoch(number)) for number in range(30)]
    assert all(len(set(pairs)) == 2 + 1 + 2 for pairs in epochs)
    assert len(set().union(*epochs)) == 6 + 1 + 3


def test_kinds_are_mixed() -> None:
    is_genuine = create_sampler("all-genuine", np.repeat(np.arange(10), 10)).epoch(0).is_genuine
    assert 0.3 < is_genuine[: len(is_genuine) // 2].mean() < 0.7


def test_impostors_of_a_large_set_are_not_listed() -> None:
    labels = np.arange(400_000) // 2
    pairs = create_sampler("fixed-count", labels, genuine=10, impostor=10).epoch(0)
    assert len(pairs) == 20
