"""A shipped model, and the folder of the real data."""

import os
from pathlib import Path

import pytest

from edge_siamese.models import default_model, named_model


@pytest.fixture
def small_model() -> Path:
    return named_model("embedder-small") or default_model("embedder")


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of the real data, for tests marked data."""
    folder = os.environ.get("EDGE_SIAMESE_DATA")
    if not folder:
        pytest.skip("EDGE_SIAMESE_DATA names no folder")
    return Path(folder)
