import json
from pathlib import Path
from typing import Any

import cv2
import pytest

from edge_siamese.cli.main import main
from edge_siamese.models import default_model, shipped_models
from edge_siamese.rendering import DEMO_SEEDS, Person, View, render_portrait
from edge_siamese.tflite.runtime import TfliteNetwork


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three rendered people, three photos each."""
    folder = tmp_path_factory.mktemp("people")
    for seed in DEMO_SEEDS[:3]:
        (folder / str(seed)).mkdir()
        for number in range(3):
            scene = render_portrait(Person.from_seed(seed), View(), size=(240, 240), background_seed=number)
            cv2.imwrite(str(folder / str(seed) / f"{number}.png"), scene.image[..., ::-1])
    return folder


def test_models_are_priced_and_verified_side_by_side(dataset: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["bench", "models", "--repeat", "3", "--warmup", "1", "--people", str(dataset), "--json"])
    assert not ended.value.code
    models = {Path(entry["file"]): entry for entry in json.loads(capsys.readouterr().out)["models"]}
    assert list(models) == shipped_models()
    embedder = models[default_model("embedder")]
    assert embedder["task"] == "embedder"
    assert embedder["file_bytes"] == default_model("embedder").stat().st_size > embedder["network_bytes"]
    assert embedder["macs"] > embedder["weights"] > 100_000
    assert len(embedder["raw_ns"]) == 3
    assert embedder["people"][dataset.name]["accuracy"] > 0.9
    assert models[default_model("detector")]["people"] == {}


def test_people_read_a_table(dataset: Path, capsys: pytest.CaptureFixture[str]) -> None:
    embedder = str(default_model("embedder"))
    with pytest.raises(SystemExit):
        main(["bench", "models", embedder, "--repeat", "1", "--people", str(dataset)])
    output = capsys.readouterr().out
    assert "million MACs" in output
    assert f"{dataset.stem}" in output
    assert "too few pairs" in output


def test_an_interrupted_measurement_is_partial(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    runs, run = [0], TfliteNetwork.run

    def interrupted(network: TfliteNetwork, image: Any) -> Any:
        runs[0] += 1
        if runs[0] == 50:
            raise KeyboardInterrupt
        return run(network, image)

    monkeypatch.setattr(TfliteNetwork, "run", interrupted)
    with pytest.raises(SystemExit) as ended:
        main(["bench", "models", "--repeat", "1000000000", "--warmup", "1", "--json"])
    assert ended.value.code == 130
    report = json.loads(capsys.readouterr().out)
    assert report["partial"] == "interrupted"
    counts = {entry["latency"]["samples"] for entry in report["models"]}
    assert counts == {6}  # of seven runs each: two embedders run twice for an answer


def test_something_else_than_a_model_gets_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "other.tflite"
    path.write_bytes(b"no model")
    with pytest.raises(SystemExit) as ended:
        main(["bench", "models", str(path)])
    assert ended.value.code == 2
    assert "other.tflite" in capsys.readouterr().err
