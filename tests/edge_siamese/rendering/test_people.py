"""People: reproducible, and no two alike."""

from dataclasses import asdict

import numpy as np
import pytest

from edge_siamese.rendering import DEMO_SEEDS, GOLDEN_SEEDS, TRAINING_SEEDS, Person, View


def test_the_same_seed_is_the_same_person() -> None:
    assert Person.from_seed(17) == Person.from_seed(17)


def test_neighboring_seeds_share_hardly_a_trait() -> None:
    first, second = asdict(Person.from_seed(17)), asdict(Person.from_seed(18))
    equal = [name for name in first if first[name] == second[name]]
    assert len(first) > 40
    assert len(equal) < 10


def test_traits_vary_widely_among_people() -> None:
    people = [Person.from_seed(seed) for seed in range(200)]
    assert len({person.hair_style for person in people}) >= 10
    assert len({person.glasses for person in people}) >= 4
    brightness = [sum(person.skin_color) / 3 for person in people]
    assert min(brightness) < 90
    assert max(brightness) > 210


def test_training_demo_and_golden_people_never_meet() -> None:
    seeds = [set(TRAINING_SEEDS), set(DEMO_SEEDS), set(GOLDEN_SEEDS)]
    assert len(set.union(*seeds)) == sum(map(len, seeds))


def test_a_view_is_reproducible_from_its_generator() -> None:
    assert View.random(np.random.default_rng(5)) == View.random(np.random.default_rng(5))


@pytest.mark.parametrize(
    ("field", "limit"), [("yaw", 35), ("pitch", 20), ("roll", 20), ("smile", 1), ("mouth_open", 1)]
)
def test_random_views_keep_their_limits(field: str, limit: float) -> None:
    rng = np.random.default_rng(6)
    values = [getattr(View.random(rng, 3.0), field) for _ in range(200)]
    assert max(map(abs, values)) <= limit
    assert len(set(values)) > 20


def test_a_view_of_no_difficulty_is_frontal_and_neutral() -> None:
    view = View.random(np.random.default_rng(7), 0.0)
    assert (view.yaw, view.pitch, view.roll, view.smile, view.mouth_open) == (0, 0, 0, 0, 0)
