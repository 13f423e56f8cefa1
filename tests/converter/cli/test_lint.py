import json
from pathlib import Path
from typing import Any

import keras
import pytest
from keras import layers

from edge_siamese.cli.main import main
from edge_siamese.models import default_model


def answer(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["lint", *[str(argument) for argument in arguments]])
    return int(ended.value.code or 0)


def test_a_whole_model_exits_with_zero(capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(default_model("embedder")) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == ["XNNPACK", "Edge TPU", "microcontroller"]


def test_hard_swish_leaves_xnnpack_and_the_edge_tpu(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stack: list[Any] = [
        layers.Conv2D(4, 3, name="stem"),
        layers.Activation("hard_swish", name="swish"),
        layers.Flatten(),
    ]
    keras.Sequential([keras.Input((16, 16, 3)), *stack]).save(tmp_path / "n.keras")
    assert answer(tmp_path / "n.keras") == 1
    text = capsys.readouterr().out
    assert text.count("swish  HARD_SWISH") == 2
    assert "instead of HARD_SWISH: SiLU" in text
    assert "microcontroller: all 3 operators are taken" in text
    assert answer(tmp_path / "n.keras", "--target", "mcu") == 0
    capsys.readouterr()
    assert answer(tmp_path / "n.keras", "--target", "edgetpu", "--json") == 1
    report = json.loads(capsys.readouterr().out)
    assert report["schema"] == "edge-siamese/lint/1"
    assert list(report["targets"]) == ["edgetpu"]
    (finding,) = report["findings"]
    assert (finding["layer"], finding["operator"]) == ("swish", "HARD_SWISH")


def test_a_network_is_judged_by_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert answer("hani", "--target", "xnnpack") == 0
    assert "all 6 operators are taken" in capsys.readouterr().out


def test_what_is_neither_file_nor_network_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert answer("hanni") == 2
    assert "expected a file or the name of a network" in capsys.readouterr().err
