"""A gallery whose templates are long enough to be searched for in files."""

import numpy as np
import pytest

from edge_siamese.gallery import Gallery


@pytest.fixture
def people() -> Gallery:
    """Three people with two templates each, of 64 numbers."""
    rng = np.random.default_rng(1)
    templates = {name: rng.integers(-100, 100, (2, 64)).astype(np.int8) for name in ("Anna Berg", "Ben", "Carl Cramer")}
    empty = Gallery((), (), np.empty((0, 64), np.int8), np.empty(0, np.uint32), 0, bytes(16))
    return empty.with_people(templates, limit=None, about={"consent": "on paper"})
