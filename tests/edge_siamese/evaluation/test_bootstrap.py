import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from edge_siamese.dataset_embeddings import DatasetEmbeddings
from edge_siamese.errors import DataError
from edge_siamese.evaluation import bootstrap as bootstrap_module
from edge_siamese.evaluation.bootstrap import PersonBootstrap, interval
from edge_siamese.evaluation.comparisons import compare_all
from edge_siamese.evaluation.metrics import error_curve
from edge_siamese.evaluation.pairs import ScoredPairs

MakeEmbeddings = Callable[..., DatasetEmbeddings]


def drawn(bootstrap: PersonBootstrap) -> npt.NDArray[np.float32]:
    """How often every replicate draws everybody, ``(B, people)``."""
    return np.concatenate([draws for _, draws in bootstrap.draws()])


def separate_pairs(pairs: int, seed: int) -> ScoredPairs:
    """As many genuine pairs as impostor pairs, nobody in two of them; a tenth of each is wrong at threshold 0."""
    rng = np.random.default_rng(seed)
    first = np.arange(0, 4 * pairs, 2, dtype=np.int32)
    genuine = np.arange(2 * pairs) < pairs
    wrong = np.tile(np.arange(pairs) % 10 == 0, 2)
    people = np.arange(4 * pairs)
    people[first[genuine] + 1] = first[genuine]
    people = np.unique(people, return_inverse=True)[1]
    scores = np.where(genuine != wrong, 1, -1) * rng.integers(1, 99, 2 * pairs)
    return ScoredPairs(np.stack([first, first + 1], axis=1), scores.astype(np.int16), people)


def test_every_replicate_is_the_figures_of_its_people(make_embeddings: MakeEmbeddings) -> None:
    embedded = make_embeddings([3, 2, 4, 2], noise=1.5)
    comparisons = compare_all(embedded)
    bootstrap = PersonBootstrap(4, 30)
    found = bootstrap.metrics(comparisons, [0.1, 0.3])
    for row, draw in enumerate(drawn(bootstrap).astype(int)):
        genuine, impostor = [], []
        for a, b, score in zip(comparisons.first_person, comparisons.second_person, comparisons.scores, strict=True):
            if a == b:
                genuine += [score] * draw[a]
            else:
                impostor += [score] * (draw[a] * draw[b])
        if not impostor:
            assert np.isnan(found.eer[row])
            continue
        curve = error_curve(np.array(genuine), np.array(impostor))
        assert found.eer[row] == pytest.approx(curve.eer)
        assert found.auc[row] == pytest.approx(curve.auc)
        assert found.accuracy[row] == pytest.approx(1 - curve.eer)
        assert 1 - found.fnmr[row] == pytest.approx([curve.tar_at_fmr(0.1), curve.tar_at_fmr(0.3)])


def test_rates_of_groups_are_those_of_the_replicates_people(make_embeddings: MakeEmbeddings) -> None:
    comparisons = compare_all(make_embeddings([3, 2, 4, 2], noise=1.5))
    bootstrap = PersonBootstrap(4, 20)
    wrong = np.arange(len(comparisons.scores)) % 3 == 0
    group = np.where(comparisons.genuine, 2, np.arange(len(wrong)) % 2)
    rates = bootstrap.rates(comparisons, wrong, group, 3)
    for row, draw in zip(rates, drawn(bootstrap), strict=True):
        one, other = draw[comparisons.first_person], draw[comparisons.second_person]
        weights = np.where(comparisons.genuine, one, one * other)
        for at in range(3):
            inside = weights[group == at]
            if inside.sum():
                assert row[at] == pytest.approx(inside[wrong[group == at]].sum() / inside.sum())
            else:
                assert np.isnan(row[at])


def test_the_same_seed_gives_the_same_draws() -> None:
    assert (drawn(PersonBootstrap(9, 50)) == drawn(PersonBootstrap(9, 50))).all()
    assert (drawn(PersonBootstrap(9, 50)) != drawn(PersonBootstrap(9, 50, seed=2))).any()
    assert (drawn(PersonBootstrap(9, 50)).sum(axis=1) == 9).all()


def test_blocks_draw_the_same_people_and_give_the_same_figures(
    make_embeddings: MakeEmbeddings, monkeypatch: pytest.MonkeyPatch
) -> None:
    comparisons = compare_all(make_embeddings([3, 2, 4, 2], noise=1.5))
    wrong, group = comparisons.scores > 0, comparisons.genuine.astype(np.int64)
    whole = PersonBootstrap(4, 50)
    expected = drawn(whole), whole.metrics(comparisons).eer, whole.rates(comparisons, wrong, group, 2)
    monkeypatch.setattr(bootstrap_module, "_DRAWS_AT_ONCE", 30)
    parts = PersonBootstrap(4, 50)
    assert len(list(parts.draws())) == 8
    found = drawn(parts), parts.metrics(comparisons).eer, parts.rates(comparisons, wrong, group, 2)
    for one, other in zip(expected, found, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("replicates", [-1, 99_999_999_999])
def test_more_replicates_than_memory_holds_are_rejected(replicates: int) -> None:
    with pytest.raises(DataError, match="expected 0 to 100,000 replicates, found"):
        PersonBootstrap(4, replicates)


def test_many_replicates_of_many_people_are_never_held_at_once() -> None:
    blocks = PersonBootstrap(50_000, 100_000).draws()
    assert next(blocks)[1].nbytes <= 64 << 20


def test_separate_pairs_spread_as_the_documentation_says() -> None:
    """Without shared people the FNMR spreads like a binomial rate, the FMR up to the square root of 3 wider."""
    comparisons = separate_pairs(1000, seed=1)
    wrong = (comparisons.scores >= 0) != comparisons.genuine
    rates = PersonBootstrap(comparisons.person_count, 1000).rates(comparisons, wrong, comparisons.genuine * 1, 2)
    binomial = math.sqrt(0.1 * 0.9 / 1000)
    fmr, fnmr = rates.std(axis=0)
    assert fnmr == pytest.approx(binomial, rel=0.1)
    assert fmr == pytest.approx(math.sqrt(3) * binomial, rel=0.15)


def test_intervals_hold_the_truth_where_people_differ() -> None:
    """Some people are hard, so their pairs fail together: the binomial interval is too narrow, the people's is not."""
    truth, held, people, photos = 0.3, 0, 40, 6
    for seed in range(40):
        rng = np.random.default_rng(seed)
        hard = rng.beta(0.6, 1.4, people)  # mean 0.3
        pairs = photos * (photos - 1) // 2
        person = np.repeat(np.arange(people), pairs)
        wrong = rng.random(len(person)) < hard[person]
        photo = np.arange(len(person))
        impostor = [[0, len(person) - 1]]  # in a group of its own
        index = np.concatenate([np.stack([photo, photo], axis=1), impostor])
        comparisons = ScoredPairs(index, np.zeros(len(index)), person)
        group = (~comparisons.genuine).astype(np.int64)
        rates = PersonBootstrap(people, 300, seed).rates(comparisons, np.append(wrong, False), group, 2)
        low, high = interval(rates[:, 0]) or (1, 0)
        held += low <= truth <= high
    assert held >= 34  # 95 % of 40 is 38; the binomial interval holds it 26 times


def test_an_interval_needs_nine_tenths_of_the_replicates() -> None:
    assert interval(np.linspace(0, 1, 101)) == pytest.approx((0.025, 0.975))
    assert interval(np.array([np.nan] * 9 + [0.5] * 91)) == (0.5, 0.5)
    assert interval(np.array([np.nan] * 11 + [0.5] * 89)) is None
    assert interval(np.zeros(0)) is None
