from collections import Counter

import numpy as np
import numpy.typing as npt
import pytest

from edge_siamese.errors import DataError
from edge_siamese_converter.evaluation.one_shot import draw_runs, evaluate_runs
from edge_siamese_converter.evaluation.scoring import by_similarity

ALPHABETS = {"Angelic": 22, "Keble": 26, "Tibetan": 20, "Tiny": 14}
DRAWERS = 6


def drawings() -> tuple[npt.NDArray[np.int64], list[str], npt.NDArray[np.int64]]:
    """Every character of four alphabets by each of six drawers."""
    groups = [name for name, characters in ALPHABETS.items() for _ in range(characters * DRAWERS)]
    characters = sum(ALPHABETS.values())
    return np.repeat(np.arange(characters), DRAWERS), groups, np.tile(np.arange(DRAWERS), characters)


def test_a_run_is_of_one_alphabet_and_asks_for_another_drawers_drawings() -> None:
    labels, groups, drawers = drawings()
    runs = draw_runs(labels, groups, drawers)
    assert len(runs) == 20
    for run in runs:
        assert {groups[row] for row in (*run.shown, *run.asked)} == {run.group}
        assert len({int(drawers[row]) for row in run.shown}) == len({int(drawers[row]) for row in run.asked}) == 1
        assert drawers[run.shown[0]] != drawers[run.asked[0]]
        assert len(set(labels[run.shown].tolist())) == 20
        assert sorted(labels[run.shown]) == sorted(labels[run.asked])
    assert sorted(Counter(run.group for run in runs).values()) == [6, 7, 7]
    assert "Tiny" not in {run.group for run in runs}


def test_runs_repeat_with_their_seed() -> None:
    first, again, other = (draw_runs(*drawings(), seed=seed) for seed in (3, 3, 4))
    assert [run.asked.tolist() for run in first] == [run.asked.tolist() for run in again]
    assert [run.asked.tolist() for run in first] != [run.asked.tolist() for run in other]


def test_a_good_network_is_right_and_a_meaningless_one_by_chance() -> None:
    labels, groups, drawers = drawings()
    rng = np.random.default_rng(0)
    runs = draw_runs(labels, groups, drawers)
    good = rng.normal(size=(labels.max() + 1, 12))[labels] + 0.05 * rng.normal(size=(len(labels), 12))
    evaluated = evaluate_runs(by_similarity(good), labels, runs)
    assert evaluated.to_json()["accuracy"] == 1
    assert evaluated.counted.trials == 400
    low, high = evaluate_runs(by_similarity(rng.normal(size=good.shape)), labels, runs).counted.interval
    assert low < 1 / 20 < high


def test_drawings_that_are_missing_are_not_asked_for() -> None:
    labels, groups, drawers = drawings()
    kept = ~((drawers == 0) & (labels % 3 == 0))
    indices = np.flatnonzero(kept)
    runs = draw_runs(labels[indices], [groups[row] for row in indices], drawers[indices])
    assert all((labels[indices][run.shown] >= 0).all() and len(run.shown) == 20 for run in runs)
    assert not any(0 in drawers[indices][run.shown] for run in runs if run.group == "Tibetan")


def test_too_small_alphabets_are_refused() -> None:
    with pytest.raises(DataError, match="30-way runs: in no alphabet"):
        draw_runs(*drawings(), ways=30)
