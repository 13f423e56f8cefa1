from pathlib import Path

import numpy as np
import pytest

from edge_siamese.errors import ModelError
from edge_siamese.evaluation.baseline import open_baseline
from edge_siamese.preprocessing import float_input
from edge_siamese.tflite.runtime import load_network
from edge_siamese_converter.export.convert import write_float
from edge_siamese_converter.tasks.siamese.fine_tuning import load_twin, shipped_weights


def test_the_float_file_computes_what_the_network_does_and_can_be_evaluated_against(tmp_path: Path) -> None:
    network = load_twin(shipped_weights("embedder"))
    write_float(network, tmp_path / "float.tflite")
    baseline = open_baseline(tmp_path / "float.tflite")
    crops = np.random.default_rng(0).integers(0, 256, (2, 112, 112, 3), np.uint8)
    expected = network.predict_on_batch(float_input(crops))
    for crop, embedding in zip(crops, expected, strict=True):
        (found,) = baseline.network.run(float_input(crop[None])).values()
        assert found.reshape(-1) == pytest.approx(embedding, abs=1e-3 * float(np.abs(embedding).max()))
    assert baseline.about.startswith("float32 embeddings; no card")
    with pytest.raises(ModelError, match="not fully int8"):
        load_network((tmp_path / "float.tflite").read_bytes())
