import numpy as np
import pytest

from edge_siamese_converter.training.samplers import create_sampler


def test_a_batch_shows_some_images_of_some_classes() -> None:
    labels = np.repeat(np.arange(10), 7)
    batches = list(create_sampler("by-class", labels, classes=4, images=3).epoch(1))
    assert len(batches) == 70 // 12
    for batch in batches:
        counts = np.bincount(labels[batch])
        assert sorted(counts[counts > 0]) == [3, 3, 3, 3]


def test_places_of_small_classes_go_to_strangers() -> None:
    labels = np.array([0, 0, 1, 1, 1, 2, 2, 2, 3, 4, 5])
    for number in range(10):
        for batch in create_sampler("by-class", labels, classes=3, images=3).epoch(number):
            assert len(batch) == 9
            assert np.bincount(labels[batch])[:3].tolist() == [2, 3, 3]
            assert np.isin(labels[batch], [3, 4, 5]).sum() == 1


def test_a_image_two_classes_share_comes_once_a_batch() -> None:
    labels = np.array([0, 0, 1, 1])
    (batch,) = create_sampler("by-class", labels, digests=list("abac"), classes=2, images=2).epoch(0)
    assert len(batch) == 3
    assert {1, 3} < set(batch.tolist())


@pytest.mark.parametrize("images", [1, 4, 5, 100])
def test_shuffled_batches_show_every_image_once(images: int) -> None:
    labels = np.repeat(np.arange(4), 5)
    batches = list(create_sampler("shuffled", labels, images=images).epoch(0))
    assert sorted(np.concatenate(batches).tolist()) == list(range(20))
    assert max(len(batch) for batch in batches) == min(images, 20)
    assert len(batches) == -(-20 // images)


def test_batches_are_made_when_they_are_asked_for() -> None:
    epoch = create_sampler("by-class", np.repeat(np.arange(500_000), 2)).epoch(0)
    assert len(next(iter(epoch))) == 64
