"""A small gallery, and the engine that knows patterns."""

from typing import Any

import numpy as np
import pytest

from edge_siamese.gallery import Gallery


@pytest.fixture
def engine(pattern_engine: Any) -> Any:
    return pattern_engine()


@pytest.fixture
def gallery() -> Gallery:
    """Anna with two templates and Ben with one, of four numbers each."""
    templates = np.array([(100, 20, -3, 4), (90, 30, 0, 0), (-5, 60, 70, -80)], np.int8)
    empty = Gallery((), (), templates[:0], np.empty(0, np.uint32), -3, bytes.fromhex("ab" * 16))
    return empty.with_people({"anna": templates[:2], "ben": templates[2:]})
