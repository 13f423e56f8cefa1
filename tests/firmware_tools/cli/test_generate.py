import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from edge_siamese.errors import DataError
from edge_siamese_firmware.cli.generate import generate
from edge_siamese_firmware.emulation import missing_tools


def test_the_folder_has_everything(tmp_path: Path) -> None:
    result = CliRunner().invoke(generate, ["embedder-small", "-o", str(tmp_path / "out"), "--backend", "dsp"])
    assert result.exit_code == 0, result.output
    facts = json.loads((tmp_path / "out" / "report.json").read_text())
    assert facts["arena"]["optimal"]
    assert facts["macs"] == sum(step["macs"] for step in facts["steps"])
    assert "equal to the lower bound" in result.output
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert {*facts["files"], "report.json", "arena.svg"} == names
    assert (tmp_path / "out" / "arena.svg").read_text().startswith("<svg ")
    assert "void embedder_small_run(int8_t *arena);" in (tmp_path / "out" / "embedder_small.h").read_text()


def test_json_is_one_document(tmp_path: Path) -> None:
    arguments = ["embedder-small", "-o", str(tmp_path), "--json", "--name", "face", "--rounding", "tflm"]
    result = CliRunner().invoke(generate, arguments)
    document = json.loads(result.stdout)
    assert document["schema"] == "edge-siamese/firmware-network/1"
    assert (document["name"], document["rounding"], document["backend"]) == ("face", "tflm", "c")
    assert (tmp_path / "face.c").exists()


@pytest.mark.skipif(bool(missing_tools()), reason=f"not installed: {missing_tools()}")
def test_instructions_are_measured_for_each_step(tmp_path: Path) -> None:
    arguments = ["embedder-small", "-o", str(tmp_path), "--json", "--backend", "mve", "--measure", "m55"]
    document = json.loads(CliRunner().invoke(generate, arguments).stdout)
    assert document["measured"]["core"] == "m55"
    assert document["measured"]["outputs_compared"] == 2 * 256
    total = sum(step["instructions"] for step in document["steps"])
    assert total == pytest.approx(document["measured"]["instructions"], rel=0.01)


def test_a_core_that_cannot_run_the_kernels(tmp_path: Path) -> None:
    arguments = ["embedder-small", "-o", str(tmp_path / "out"), "--backend", "mve", "--measure", "m3"]
    result = CliRunner().invoke(generate, arguments)
    assert isinstance(result.exception, DataError)
    assert str(result.exception) == "the core m3 cannot run the kernels 'mve'; it runs c"
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["9lives", "a-b", "while", "es_conv", ""])
def test_a_prefix_has_to_be_an_identifier(name: str, tmp_path: Path) -> None:
    result = CliRunner().invoke(generate, ["embedder-small", "-o", str(tmp_path / "out"), "--name", name])
    assert isinstance(result.exception, DataError)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("content", [b"", b"not a model", b"\x1c\0\0\0TFL3" + b"\0" * 30])
def test_bad_files_leave_nothing(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "bad.tflite").write_bytes(content)
    result = CliRunner().invoke(generate, [str(tmp_path / "bad.tflite"), "-o", str(tmp_path / "out")])
    assert isinstance(result.exception, DataError)
    assert result.exception.exit_code == 2
    assert not (tmp_path / "out").exists()


def test_a_file_in_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    result = CliRunner().invoke(generate, ["embedder-small", "-o", str(tmp_path / "out")])
    assert isinstance(result.exception, DataError)
    assert (tmp_path / "out").read_text() == "mine"
