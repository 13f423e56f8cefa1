from types import SimpleNamespace

import numpy as np
import pytest

from edge_siamese.errors import ModelError, RuntimeMissingError
from edge_siamese.models import default_model
from edge_siamese.tflite import runtime
from edge_siamese.tflite.model_card import read_model

MODEL = read_model(default_model("embedder")).network


def test_a_network_names_its_outputs_and_scales() -> None:
    network = runtime.load_network(MODEL)
    (name,) = network.output_scales()
    values = network.run(np.zeros(network.input_shape, np.int8))[name]
    assert values.dtype == np.int8
    assert values.size == 256


def test_bytes_that_are_no_model_are_rejected() -> None:
    with pytest.raises(ModelError, match="cannot run the model"):
        runtime.load_network(b"not a model at all")


def test_without_a_runtime_the_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "_installed", lambda: iter(()))
    with pytest.raises(
        RuntimeMissingError, match=r"none is installed; install one with: .*pip install 'ai-edge-litert"
    ):
        runtime.load_network(MODEL)


def test_a_runtime_that_imports_but_cannot_build_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """tflite-runtime beside NumPy 2: the import succeeds, the interpreter raises SystemError."""

    def broken(**_: object) -> None:
        raise SystemError("_ARRAY_API not found")

    working = next(runtime._installed())
    dead = runtime.Runtime("tflite-runtime", "2.14.0", SimpleNamespace(Interpreter=broken))
    monkeypatch.setattr(runtime, "_installed", lambda: iter([dead, working]))
    assert runtime.load_network(MODEL).runtime is working
    monkeypatch.setattr(runtime, "_installed", lambda: iter([dead]))
    with pytest.raises(RuntimeMissingError, match=r"tflite-runtime 2\.14\.0 fails \(_ARRAY_API not found\)"):
        runtime.load_network(MODEL)
