"""A gallery file to make images of."""

from pathlib import Path

import numpy as np
import pytest

from edge_siamese.gallery import Gallery
from edge_siamese.operating_point import OperatingPoint


@pytest.fixture
def gallery_file(tmp_path: Path) -> Path:
    templates = np.arange(24, dtype=np.int8).reshape(3, 8)
    empty = Gallery((), (), templates[:0], np.empty(0, np.uint32), -3, bytes(range(16)), sequence=7)
    gallery = empty.with_people({"anna": templates[:2], "Zoë": templates[2:]})
    gallery = gallery.with_operating_point(OperatingPoint(0.001, -12345, 0.0009, 2**40, 99, 0.25, "5a" * 32))
    gallery.save(tmp_path / "people.esg")
    return tmp_path / "people.esg"
