"""The shipped models behind one engine, opened once."""

from collections.abc import Iterator

import pytest

from edge_siamese.engine import FaceEngine


@pytest.fixture(scope="session")
def engine() -> Iterator[FaceEngine]:
    with FaceEngine.default() as opened:
        yield opened
