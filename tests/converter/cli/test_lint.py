import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from keras import layers

from edge_siamese.arm_cost import CORES, KernelOperator, predict
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
    assert "microcontroller: all 3 operators are supported" in text
    assert answer(tmp_path / "n.keras", "--target", "mcu") == 0
    capsys.readouterr()
    assert answer(tmp_path / "n.keras", "--target", "edgetpu", "--json") == 1
    report = json.loads(capsys.readouterr().out)
    assert report["schema"] == "edge-siamese/lint/1"
    assert list(report["targets"]) == ["edgetpu"]
    (finding,) = report["findings"]
    assert (finding["layer"], finding["operator"]) == ("swish", "HARD_SWISH")


def test_a_network_is_evaluated_by_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert answer("hani", "--target", "xnnpack") == 0
    assert "all 6 operators are supported" in capsys.readouterr().out


def test_what_is_neither_file_nor_network_is_rejected(capsys: pytest.CaptureFixture[str]) -> None:
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
    assert lines[1].startswith("Edge TPU: 2 of 3 operators unsupported")
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


def test_the_cost_is_predicted_and_not_counted(capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(default_model("embedder"), "--cost", "--core", "a53,a76") == 0
    lines = capsys.readouterr().out.splitlines()[3:]
    assert lines[0].startswith("int8 on one thread, ")
    assert lines[0].endswith("instructions, predicted and not counted, neither cycles nor time")
    assert [line.split(" (")[0] for line in lines[2:]] == ["  Cortex-A53", "  Cortex-A76"]
    assert answer(default_model("embedder"), "--json", "--cost") == 0
    cost = json.loads(capsys.readouterr().out)["cost"]
    assert (cost["basis"], list(cost["cores"])) == ("predicted", ["a72", "a76"])
    answer(default_model("embedder"), "--json")
    assert json.loads(capsys.readouterr().out)["cost"] is None


def test_a_keras_file_costs_what_its_int8_conversion_will(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stack: list[Any] = [layers.Conv2D(16, 3), layers.ReLU(), layers.Flatten()]
    keras.Sequential([keras.Input((32, 32, 3)), *stack]).save(tmp_path / "n.keras")
    assert answer(tmp_path / "n.keras", "--cost", "--core", "a72", "--json") == 0
    predicted = json.loads(capsys.readouterr().out)["cost"]["cores"]["a72"]
    conv = KernelOperator("CONV_2D", (32, 32, 3), (30, 30, 16), "int8", (3, 3), (1, 1))
    assert predicted["instructions"] == pytest.approx(predict([conv], [CORES["a72"]])[0].instructions, abs=1)
    assert predicted["share_by_kind"].keys() == {"conv 3x3"}


def test_a_cost_that_is_too_low_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    image = keras.Input((8, 8, 3))
    outputs = [layers.Conv2D(4, 3)(image), layers.Activation("exponential")(image)]
    keras.Model(image, outputs).save(tmp_path / "n.keras")
    answer(tmp_path / "n.keras", "--cost", "--target", "mcu")
    assert capsys.readouterr().out.splitlines()[-1] == "  too low: the cost of exp is not known"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["hani", "--cost", "--core", "a72,a99"], "expected one or more of a53, a72, a76, found a99"),
        (["hani", "--core", "a72"], "--core is for --cost"),
        (["{compiled}", "--cost"], "--cost needs the file that was compiled"),
        (["{open}", "--cost"], "give --input-size"),
    ],
)
def test_a_cost_that_cannot_be_predicted(
    arguments: list[str], said: str, compiled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = read_model_object(read_model(default_model("embedder")).network)
    image = model.subgraphs[0].tensors[model.subgraphs[0].inputs[0]]
    image.shape = image.shapeSignature = np.array([1, -1, -1, 3], np.int32)
    opened = tmp_path / "open.tflite"
    opened.write_bytes(packed(model))
    assert answer(*[argument.format(compiled=compiled, open=opened) for argument in arguments]) == 2
    assert said in capsys.readouterr().err
