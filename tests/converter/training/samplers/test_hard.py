import numpy as np
import pytest

from edge_siamese.errors import DataError
from edge_siamese_converter.training.samplers import create_sampler, hard

LABELS = np.repeat(np.arange(30), 4)


def embeddings() -> np.ndarray:
    """Classes 2k and 2k + 1 look alike, the others lie at right angles."""
    indices = np.zeros((len(LABELS), 15), "f4")
    indices[np.arange(len(LABELS)), LABELS // 2] = 1
    return indices + np.random.default_rng(0).normal(scale=0.01, size=indices.shape)


def hard_share(pairs: object) -> float:
    impostors = LABELS[pairs.index[~pairs.is_genuine]]
    return float(np.mean(impostors[:, 0] // 2 == impostors[:, 1] // 2))


@pytest.mark.parametrize(("share", "expected"), [(0.0, 1 / 29), (0.5, 0.5 + 0.5 / 29), (1.0, 1.0)])
@pytest.mark.parametrize("distance", ["cosine", "l2"])
def test_a_share_of_the_impostors_are_look_alikes(share: float, expected: float, distance: str) -> None:
    sampler = create_sampler("hard-negatives", LABELS, share=share, nearest=4, distance=distance)
    assert hard_share(sampler.epoch(0)) < 0.2
    sampler.update(embeddings())
    found = np.mean([hard_share(sampler.epoch(number)) for number in range(5)])
    assert found == pytest.approx(expected, abs=0.05)


def test_look_alikes_are_drawn_at_random_and_again_with_the_same_seed() -> None:
    first, second = (create_sampler("hard-negatives", LABELS, share=1.0, nearest=4) for _ in range(2))
    first.update(embeddings())
    second.update(embeddings())
    assert np.array_equal(first.epoch(3).index, second.epoch(3).index)
    pairs = first.epoch(3)
    strangers = {tuple(pair) for pair in pairs.index[~pairs.is_genuine].tolist()}
    assert len({b for a, b in strangers if a < 8}) > 4


def test_rows_are_compared_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    whole, parts = (create_sampler("hard-negatives", LABELS) for _ in range(2))
    whole.update(embeddings())
    monkeypatch.setattr(hard, "_ROWS_AT_ONCE", 7)
    parts.update(embeddings())
    assert np.array_equal(whole.epoch(0).index, parts.epoch(0).index)


def test_fewer_strangers_than_wanted_are_enough() -> None:
    sampler = create_sampler("hard-negatives", np.array([0, 0, 0, 1]), share=1.0, nearest=50)
    sampler.update(np.eye(4))
    pairs = sampler.epoch(0)
    assert len(pairs) == 6


@pytest.mark.parametrize(
    ("indices", "sentence"),
    [(np.zeros((3, 2)), "embeddings of 120 images, found 3"), (np.full((120, 2), np.nan), "finite embeddings")],
)
def test_embeddings_that_do_not_fit_are_refused(indices: np.ndarray, sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        create_sampler("hard-negatives", LABELS).update(indices)
