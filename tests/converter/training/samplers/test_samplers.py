"""What holds for every sampler, whatever the images."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from edge_siamese.errors import DataError
from edge_siamese_converter.training.samplers import SAMPLERS, create_sampler

OF_PAIRS = [name for name, entry in SAMPLERS.items() if entry.kind == "pairs"]
OF_BATCHES = [name for name, entry in SAMPLERS.items() if entry.kind == "batches"]
SMALL = {"fixed-count": {"genuine": 37, "impostor": 21}, "by-class": {"classes": 2, "images": 3}}


def teaches(labels: list[int], contents: list[str]) -> bool:
    different = set(zip(labels, contents, strict=True))
    return len(set(labels)) >= 2 and len(different) > len(set(labels))


@st.composite
def labeled(draw: Callable[..., list[int]]) -> tuple[np.ndarray, list[str]]:
    """Classes and contents, some of them equal within a class and across classes."""
    count = draw(st.integers(3, 25))
    labels = draw(st.lists(st.sampled_from([0, 1, 2, 7, 40]), min_size=count, max_size=count))
    contents = draw(st.lists(st.sampled_from("abcdefghijkl"), min_size=count, max_size=count))
    assume(teaches(labels, contents))
    return np.array(labels), contents


@settings(max_examples=150)
@given(data=labeled(), name=st.sampled_from(OF_PAIRS), seed=st.integers(0, 9), number=st.integers(0, 9))
def test_pairs_are_what_they_say(data: tuple[np.ndarray, list[str]], name: str, seed: int, number: int) -> None:
    labels, contents = data
    sampler = create_sampler(name, labels, seed=seed, digests=contents, **SMALL.get(name, {}))
    if name == "hard-negatives" and number % 2:
        sampler.update(np.random.default_rng(seed).normal(size=(len(labels), 3)))
    pairs = sampler.epoch(number)
    first, second = pairs.index.T
    content = np.array(contents)
    assert len(pairs) == len(sampler) == len(pairs.index)
    assert (pairs.index.dtype, pairs.is_genuine.dtype) == (np.int64, np.bool_)
    assert ((labels[first] == labels[second]) == pairs.is_genuine).all()
    assert (content[first] != content[second]).all()
    expected = 21 if name == "fixed-count" else len(pairs) // 2
    assert np.sum(~pairs.is_genuine) == expected
    again = create_sampler(name, labels, seed=seed, digests=contents, **SMALL.get(name, {}))
    if name != "hard-negatives":
        again.epoch(number + 1)
        assert np.array_equal(again.epoch(number).index, pairs.index)
        assert np.array_equal(again.epoch(number).is_genuine, pairs.is_genuine)


@settings(max_examples=80)
@given(data=labeled(), name=st.sampled_from(OF_BATCHES), seed=st.integers(0, 9), number=st.integers(0, 9))
def test_batches_show_no_image_twice(data: tuple[np.ndarray, list[str]], name: str, seed: int, number: int) -> None:
    labels, contents = data
    classes_with_two = [each for each in set(labels) if len({*np.array(contents)[labels == each]}) >= 2]
    assume(name == "shuffled" or len(classes_with_two) >= 2)
    sampler = create_sampler(name, labels, seed=seed, digests=contents, **SMALL.get(name, {}))
    batches = list(sampler.epoch(number))
    assert len(batches) == len(sampler) > 0
    for batch in batches:
        assert batch.dtype == np.int64
        shown = list(zip(labels[batch].tolist(), np.array(contents)[batch].tolist(), strict=True))
        assert len(set(shown)) == len(batch)
    again = create_sampler(name, labels, seed=seed, digests=contents, **SMALL.get(name, {}))
    assert all(np.array_equal(*both) for both in zip(batches, again.epoch(number), strict=True))


@pytest.mark.parametrize("name", SAMPLERS)
def test_epochs_and_seeds_differ(name: str) -> None:
    labels = np.repeat(np.arange(20), 6)

    def drawn(seed: int, number: int) -> np.ndarray:
        epoch = create_sampler(name, labels, seed=seed).epoch(number)
        return np.concatenate(list(epoch)) if SAMPLERS[name].kind == "batches" else epoch.index

    assert drawn(0, 1).shape == drawn(0, 2).shape == drawn(1, 1).shape
    assert not np.array_equal(drawn(0, 1), drawn(0, 2))
    assert not np.array_equal(drawn(0, 1), drawn(1, 1))


@pytest.mark.parametrize("name", OF_PAIRS)
def test_a_person_with_one_image_meets_only_strangers(name: str) -> None:
    sampler = create_sampler(name, np.array([0, 0, 0, 1, 1, 1, 2]))
    epochs = [sampler.epoch(number) for number in range(20)]
    with_it = np.concatenate([pairs.is_genuine[(pairs.index == 6).any(axis=1)] for pairs in epochs])
    assert len(with_it) > 0
    assert not with_it.any()


@pytest.mark.parametrize("name", OF_PAIRS)
def test_defaults_are_given_back_as_options(name: str) -> None:
    labels = np.repeat(np.arange(3), 4)
    assert len(create_sampler(name, labels, **SAMPLERS[name].defaults)) == len(create_sampler(name, labels))


@pytest.mark.parametrize(
    ("name", "options", "sentence"),
    [
        ("all-genuin", {}, "unknown sampler 'all-genuin'; did you mean 'all-genuine'"),
        ("per-class", {"pair": 3}, "sampler per-class: unknown option 'pair'; did you mean 'pairs'"),
        ("per-class", {"seed": -1}, "seed has to be 0 or more"),
        ("per-class", {"pairs": 0}, "pairs has to be 1 or more, found 0"),
        ("fixed-count", {"genuine": 0}, "genuine has to be 1 or more"),
        ("all-genuine", {"per_class": -1}, "per_class has to be 0 or more"),
        ("hard-negatives", {"share": 1.5}, "share has to be from 0 to 1"),
        ("hard-negatives", {"distance": "l3"}, "unknown distance 'l3'"),
        ("by-class", {"classes": 9}, "batches of 9 classes need as many with two different images, found 3"),
    ],
)
def test_a_sampler_that_cannot_be_made_is_refused(name: str, options: dict[str, object], sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        create_sampler(name, np.repeat(np.arange(3), 4), **options)
