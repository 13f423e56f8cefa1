"""Random galleries have the size asked for and belong to the embedder."""

from typing import Any

import numpy as np
import pytest

from edge_siamese_benchmarks.timing.synthetic_gallery import random_gallery


@pytest.mark.parametrize(("templates", "people"), [(1, 1), (5, 1), (6, 2), (1000, 200)])
def test_size(engine: Any, templates: int, people: int) -> None:
    gallery = random_gallery(engine.embedder_card, templates)
    assert len(gallery.names) == people
    assert gallery.templates.shape == (templates, engine.embedder_card.dimension)
    gallery.require(engine.embedder_card)


def test_the_same_every_time(engine: Any) -> None:
    first, second = (random_gallery(engine.embedder_card, 12) for _ in range(2))
    assert np.array_equal(first.templates, second.templates)
