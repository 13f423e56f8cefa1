"""``edge-siamese data teacher`` on aligned crops and on rendered faces."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge_siamese.cli.main import main
from edge_siamese.image_io import write_image
from edge_siamese.models import named_model
from edge_siamese.rendering import Person, View, render_crop
from edge_siamese_converter.data.teacher import load_teacher_faces
from edge_siamese_converter.data.teacher_network import load_teacher


def answer(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["data", "teacher", *map(str, arguments)])
    return int(ended.value.code or 0)


def printed_json(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict[str, Any]:
    assert answer(*arguments, "--json") == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


@pytest.fixture(scope="module")
def network() -> Path:
    path = named_model("embedder-small")
    assert path is not None
    return path


@pytest.fixture(scope="module")
def crops(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Aligned crops of three rendered people, two each, in a folder for each person."""
    folder = tmp_path_factory.mktemp("crops")
    for person in range(3):
        (folder / f"p{person}").mkdir()
        for yaw in (-5, 5):
            write_image(folder / f"p{person}" / f"{yaw}.png", render_crop(Person.from_seed(60 + person), View(yaw=yaw)))
    return folder


def test_crops_become_a_teacher_folder(
    crops: Path, network: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "faces"
    report = printed_json(capsys, crops, "-o", out, "--teacher", network, "--people", "--aligned")
    assert report["schema"] == "edge-siamese/data-teacher/1"
    assert (report["crops"], report["dimension"], report["skipped"]) == (6, 256, {})
    faces = load_teacher_faces(out, 3)
    assert sorted(set(faces.identities)) == ["p0", "p1", "p2"]
    rows = np.load(out / "teacher_int8.npy").astype(float)
    expected = np.stack(list(load_teacher(network)(faces.crops)))
    cosines = (rows * expected).sum(axis=1) / np.linalg.norm(rows, axis=1)
    assert cosines == pytest.approx(np.ones(6), abs=1e-3)


def test_rows_are_added_to_crops_that_are_there(
    crops: Path, network: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "faces"
    assert answer(crops, "-o", out, "--teacher", network, "--aligned") == 0
    expected = np.load(out / "teacher_int8.npy")
    (out / "teacher_int8.npy").unlink()
    capsys.readouterr()
    assert printed_json(capsys, "-o", out, "--teacher", network)["crops"] == 6
    assert (np.load(out / "teacher_int8.npy") == expected).all()


def test_images_without_a_face_give_nothing(network: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "images").mkdir()
    write_image(tmp_path / "images" / "gray.png", np.full((120, 160, 3), 128, np.uint8))
    assert answer(tmp_path / "images", "-o", tmp_path / "faces", "--teacher", network) == 2
    assert "no face found" in capsys.readouterr().err


def test_bad_usage_is_rejected(crops: Path, network: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert answer("-o", tmp_path, "--teacher", network, "--aligned") == 2
    assert "describe IMAGES, which are missing" in capsys.readouterr().err
    assert answer(crops, "-o", tmp_path / "out", "--teacher", tmp_path / "teacher.h5") == 2
    assert "expected a teacher network, .onnx or .tflite, found '.h5'" in capsys.readouterr().err
    assert answer(crops, "-o", tmp_path / "out", "--teacher", tmp_path / "none.tflite") == 2
    assert "there is no such model" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_an_onnx_teacher_is_copied_for_mixup(crops: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("openvino", reason="an ONNX teacher needs the teacher extra")
    onnx = pytest.importorskip("onnx", reason="the test writes an ONNX network")
    path = tmp_path / "mean.onnx"
    write_mean_network(onnx, path)
    assert printed_json(capsys, crops, "-o", tmp_path / "faces", "--teacher", path, "--aligned")["dimension"] == 3
    assert (tmp_path / "faces" / "teacher.onnx").read_bytes() == path.read_bytes()


def write_mean_network(onnx: Any, path: Path) -> None:
    """A network whose embedding is the mean of each color."""
    helper, float32 = onnx.helper, onnx.TensorProto.FLOAT
    graph = helper.make_graph(
        [helper.make_node("ReduceMean", ["image"], ["embedding"], axes=[2, 3], keepdims=0)],
        "mean",
        [helper.make_tensor_value_info("image", float32, ["N", 3, 112, 112])],
        [helper.make_tensor_value_info("embedding", float32, ["N", 3])],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)]), path)
