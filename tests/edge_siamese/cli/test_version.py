"""``--version`` names the package, the runtime and the models, and never fails for want of one."""

from pathlib import Path

import pytest

from edge_siamese.cli.version import version_lines
from edge_siamese.errors import ModelError, RuntimeMissingError
from edge_siamese.tflite import model_card, runtime
from edge_siamese.tflite.runtime import Runtime
from tests.doubles import embedder_card


def test_everything_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "find_runtime", lambda: Runtime("ai-edge-litert", "2.3.0", None))
    monkeypatch.setattr(model_card, "read_card", lambda path: embedder_card(4, name=f"our-{path.stem}", digest="c0de"))
    assert version_lines("1.2.3") == [
        "edge-siamese 1.2.3",
        "runtime: ai-edge-litert 2.3.0",
        "embedder: our-embedder, SHA-256 c0de",
        "detector: our-detector, SHA-256 c0de",
    ]


def test_nothing_there(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_runtime() -> None:
        raise RuntimeMissingError("no TFLite runtime")

    def no_model(path: Path) -> None:
        raise ModelError("cannot be read")

    monkeypatch.setattr(runtime, "find_runtime", no_runtime)
    monkeypatch.setattr(model_card, "read_card", no_model)
    assert version_lines("1.2.3") == [
        "edge-siamese 1.2.3",
        "runtime: none (no TFLite runtime)",
        "embedder: none (cannot be read)",
        "detector: none (cannot be read)",
    ]
