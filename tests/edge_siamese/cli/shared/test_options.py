from pathlib import Path

import pytest

from edge_siamese.cli.shared.options import Model
from edge_siamese.models import default_model, shipped_models


def test_a_shipped_model_goes_by_its_name() -> None:
    for path in shipped_models():
        assert Model().convert(path.stem, None, None) == path
    assert Model().convert("embedder", None, None) == default_model("embedder")


def test_a_file_comes_before_a_shipped_model_of_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "embedder").touch()
    assert Model().convert("embedder", None, None) == Path("embedder")


@pytest.mark.parametrize("value", ["nowhere.tflite", "no-such-model", "folder/embedder.tflite"])
def test_other_paths_stay_as_they_are(value: str) -> None:
    assert Model().convert(value, None, None) == Path(value)
