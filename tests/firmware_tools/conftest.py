"""A gallery file to make images of, and the whole C chain as a library."""

from pathlib import Path

import numpy as np
import pytest

from edge_siamese.gallery import Gallery
from edge_siamese.operating_point import OperatingPoint

from .runtime_c.engine_twin import EngineTwin, compile_engine
from .runtime_c.twin import COMPILER


@pytest.fixture(scope="session")
def engine_twin(tmp_path_factory: pytest.TempPathFactory) -> EngineTwin:
    if COMPILER is None:
        pytest.skip("no C compiler is installed")
    return compile_engine(tmp_path_factory.mktemp("engine"))


@pytest.fixture
def gallery_file(tmp_path: Path) -> Path:
    templates = np.arange(24, dtype=np.int8).reshape(3, 8)
    empty = Gallery((), (), templates[:0], np.empty(0, np.uint32), -3, bytes(range(16)), sequence=7)
    gallery = empty.with_people({"anna": templates[:2], "Zoë": templates[2:]})
    gallery = gallery.with_operating_point(OperatingPoint(0.001, -12345, 0.0009, 2**40, 99, 0.25, "5a" * 32))
    gallery.save(tmp_path / "people.esg")
    return tmp_path / "people.esg"
