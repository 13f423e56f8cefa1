from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge_siamese.errors import DataError, EdgeSiameseError
from edge_siamese_converter.importers import load_any
from edge_siamese_converter.importers.contract import require_same
from edge_siamese_converter.quantization.formats import as_float


def test_files_of_no_known_kind_are_refused(tmp_path: Path) -> None:
    (tmp_path / "weights.caffemodel").write_bytes(b"")
    for path, sentence in (
        (tmp_path / "weights.caffemodel", r"expected \.keras or \.h5"),
        (tmp_path / "no.onnx", "not found"),
    ):
        with pytest.raises(DataError, match=sentence):
            load_any(path)


def test_a_converter_that_gets_it_wrong_is_found_out(make_network: Callable[..., Any]) -> None:
    converted = as_float(make_network())
    with pytest.raises(EdgeSiameseError, match="a-tool wrote a network that computes something else"):
        require_same("n.onnx", "a-tool", lambda _: np.ones(8, np.float32), converted)
