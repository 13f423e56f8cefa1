from pathlib import Path

import numpy as np
import pytest

from edge_siamese.errors import ModelError
from edge_siamese.models import default_model
from edge_siamese.tflite.model_card import read_model
from edge_siamese_benchmarks.delegates.agreement import DelegateModel
from tests.doubles import FixedNetwork

SMALL = default_model("embedder-small")


def test_reference_kernels_agree_with_the_golden_vectors_and_others_nearly() -> None:
    model = DelegateModel.read(SMALL)
    assert model.name == "embedder-small"
    reference = model.agreement(model.load("reference", 1))
    assert reference.basis == "golden vectors"
    assert reference.cosine == pytest.approx(1, abs=1e-9)
    optimized = model.agreement(model.load("xnnpack", 1))
    assert 0.98 < optimized.cosine <= 1
    assert optimized.failed == ""


def test_outputs_that_differ_fail_with_their_cosine() -> None:
    model = DelegateModel.read(SMALL)
    network = model.load("xnnpack", 1)
    (name,) = network.output_scales()
    wrong = FixedNetwork(**{name: (1, 256)})
    found = model.agreement(wrong)
    assert found.cosine < 0.9
    assert "differ from the embedder's golden vectors" in found.failed


def test_a_file_without_a_card_is_compared_with_the_reference_kernels(tmp_path: Path) -> None:
    path = tmp_path / "foreign.tflite"
    path.write_bytes(read_model(SMALL).network)
    model = DelegateModel.read(path)
    assert (model.name, model.card) == ("foreign.tflite", None)
    found = model.agreement(model.load("xnnpack", 1))
    assert found.basis == "reference kernels"
    assert 0.95 < found.cosine <= 1
    np.testing.assert_array_equal(
        model.random_input(model.load("xnnpack", 1)), model.random_input(model.load("xnnpack", 1))
    )


def test_what_is_no_model_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"none\.tflite"):
        DelegateModel.read(tmp_path / "none.tflite")
