from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge_siamese.errors import DataError
from edge_siamese_converter.importers import PixelInput, load_any


def test_a_folder_computes_from_pixels_what_the_original_does(
    make_network: Callable[..., Any], images: np.ndarray, tmp_path: Path
) -> None:
    original = make_network()
    original.export(tmp_path / "folder", verbose=False)
    network = load_any(tmp_path / "folder", pixels=PixelInput.of_affine(1 / 255, 0.0))
    assert (network.source, network.input_shape) == ("saved-model", (32, 32, 3))
    assert network.embed(images) == pytest.approx(original.predict_on_batch(images / np.float32(255)), abs=1e-5)


def test_a_damaged_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "saved_model.pb").write_bytes(b"nothing")
    with pytest.raises(DataError, match="cannot be read as a SavedModel"):
        load_any(tmp_path)
