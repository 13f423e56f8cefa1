import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from keras import layers

from edge_siamese.cli.main import main
from edge_siamese.models import default_model
from edge_siamese.tflite.model_card import read_model
from edge_siamese_converter.tflite_edit import packed, read_model_object


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


@pytest.fixture
def compiled(tmp_path: Path) -> Path:
    """The shipped embedder as the Edge TPU compiler would write it, all but its last two operators in one."""
    model = read_model_object(read_model(default_model("embedder")).network)
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.CUSTOM
    code.customCode = b"edgetpu-custom-op"
    model.operatorCodes.append(code)
    graph = model.subgraphs[0]
    custom = schema.OperatorT()
    custom.opcodeIndex = len(model.operatorCodes) - 1
    custom.inputs, custom.outputs = graph.inputs, np.array([graph.operators[-2].inputs[0]], np.int32)
    graph.operators = [custom, *graph.operators[-2:]]
    path = tmp_path / "embedder_edgetpu.tflite"
    path.write_bytes(packed(model))
    return path


def test_a_compiled_file_is_recognized(compiled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(compiled) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == (
        "compiled for the Edge TPU: 1 part on it; 2 of the 3 operators in the file (67%) run on the CPU"
    )
    assert lines[1].startswith("Edge TPU: 2 of 3 operators leave")
    assert not any("not in the list" in line for line in lines)
    answer(compiled, "--json")
    report = json.loads(capsys.readouterr().out)
    assert report["compiled"]["parts"] == 1
    assert report["compiled"]["cpu_share"] == pytest.approx(2 / 3)
    assert [finding["reason"] for finding in report["findings"]] == ["the Edge TPU compiler left it on the CPU"] * 2


def test_a_compiled_file_runs_on_nothing_else(compiled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(compiled, "--target", "xnnpack") == 1
    assert "compiled for the Edge TPU, and runs on nothing else" in capsys.readouterr().out


def test_what_is_not_compiled_says_nothing_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    answer(default_model("embedder"), "--json")
    assert json.loads(capsys.readouterr().out)["compiled"] is None
