"""Which people of a gallery it cannot tell apart."""

from collections.abc import Callable

import numpy as np

from edge_siamese.gallery import Gallery
from edge_siamese.gallery.enrollment.look_alikes import find_look_alikes, look_alike_threshold, looks_like
from edge_siamese.operating_point import OperatingPoint
from tests.doubles import embedder_card

PEOPLE = {
    "ada": [(100, 0, 0), (0, 100, 0)],
    "ben": [(0, 0, 100)],
    "cleo": [(0, 0, -100), (0, 95, 5)],
    "dora": [(3, 0, 100), (-100, 0, 0)],
}


def gallery() -> Gallery:
    people = {name: np.array(rows, np.int8) for name, rows in PEOPLE.items()}
    return Gallery.empty(embedder_card(3)).with_people(people, limit=None)


def test_pairs_are_found_by_their_best_templates() -> None:
    pairs = find_look_alikes(gallery(), 30000)
    assert [(pair.first, pair.second) for pair in pairs] == [("ben", "dora"), ("ada", "cleo")]
    assert pairs[0].score > pairs[1].score >= 30000
    assert find_look_alikes(gallery(), 32767) == []
    assert find_look_alikes(gallery().without("ben").without("cleo").without("dora"), -32768) == []


def test_the_threshold_follows_the_size_of_the_gallery(operating_point: Callable[..., OperatingPoint]) -> None:
    points = tuple(operating_point(10.0**-n, 1000 * n) for n in (5, 4, 3, 2))
    card = embedder_card(3, operating_points=points)
    assert look_alike_threshold(gallery(), card) == 4000  # 0.01 / (3 x 7 templates)
    own = (
        gallery().with_operating_point(operating_point(0.002, 7000)).with_operating_point(operating_point(0.004, 6000))
    )
    assert look_alike_threshold(own, card) == 7000  # 0.01 / 4 people
    assert look_alike_threshold(gallery(), None) is None
    assert look_alike_threshold(gallery(), embedder_card(3)) is None


def test_a_new_person_is_compared_with_all_others() -> None:
    found = looks_like(gallery(), "eve", np.array([(99, 1, 0)], np.int8), 30000)
    assert found is not None
    assert (found.first, found.second) == ("eve", "ada")
    assert found.to_json() == {"names": ["eve", "ada"], "score": round(found.score / 32768, 5)}
    assert looks_like(gallery(), "ada", np.array([(99, 1, 0)], np.int8), 30000) is None
    assert looks_like(Gallery.empty(embedder_card(3)), "ada", np.array([(99, 1, 0)], np.int8), -32768) is None
