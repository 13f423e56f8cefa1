"""The ONNX route. The conversions themselves run where onnx2tf is: on the PATH, or named by EDGE_SIAMESE_ONNX2TF."""

import os
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge_siamese.errors import DataError, RuntimeMissingError
from edge_siamese_converter.importers import PixelInput, load_any
from edge_siamese_converter.importers.onnx_files import find_onnx2tf

ONNX2TF = os.environ.get("EDGE_SIAMESE_ONNX2TF", "onnx2tf")
UNIT = PixelInput.of_affine(1 / 255, 0.0)
needs_onnx2tf = pytest.mark.skipif(
    shutil.which(ONNX2TF) is None, reason="onnx2tf is not here (uv tool install --python 3.12 onnx2tf)"
)


def write(path: Path, *, batch: int | str = 1, last: bool = False, channels: int = 3, rank: int = 4) -> Path:
    """A small embedder: strided convolution, PReLU, global average, dense."""
    onnx = pytest.importorskip("onnx", reason="ONNX networks need the extra 'import'")
    pytest.importorskip("onnxruntime", reason="ONNX networks need the extra 'import'")
    helper, rng = onnx.helper, np.random.default_rng(0)
    values = {
        "kernel": rng.normal(size=(6, channels, 3, 3)), "slope": np.full((6, 1, 1), 0.2), "weights": rng.normal(size=(6, 8))
    }  # fmt: skip
    constants = [onnx.numpy_helper.from_array(value.astype("f4"), name) for name, value in values.items()]
    nodes = [
        helper.make_node("Conv", ["nchw", "kernel"], ["a"], strides=[2, 2], pads=[1, 1, 1, 1]),
        helper.make_node("PRelu", ["a", "slope"], ["b"]),
        helper.make_node("GlobalAveragePool", ["b"], ["c"]),
        helper.make_node("Flatten", ["c"], ["d"]),
        helper.make_node("MatMul", ["d", "weights"], ["embedding"]),
    ]
    shape: list[Any] = [batch, 32, 32, channels] if last else [batch, channels, 32, 32]
    if last:
        nodes.insert(0, helper.make_node("Transpose", ["image"], ["nchw"], perm=[0, 3, 1, 2]))
    name = "image" if last else "nchw"
    graph = helper.make_graph(
        nodes, "small",
        [helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape[:rank])],
        [helper.make_tensor_value_info("embedding", onnx.TensorProto.FLOAT, [batch, 8])],
        constants,
    )  # fmt: skip
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path


@needs_onnx2tf
@pytest.mark.parametrize("settings", [{}, {"batch": "n"}, {"last": True}])
def test_it_computes_from_pixels_what_the_original_does(
    settings: dict[str, Any], images: np.ndarray, tmp_path: Path
) -> None:
    path = write(tmp_path / "n.onnx", **settings)
    import onnxruntime

    network = load_any(path, pixels=UNIT, onnx2tf=ONNX2TF)
    assert (network.source, network.input_shape) == ("onnx", (32, 32, 3))
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    values = images[:4] / np.float32(255)
    inputs = values if settings.get("last") else values.transpose(0, 3, 1, 2)
    expected = [
        session.run(None, {session.get_inputs()[0].name: np.ascontiguousarray(each[None])})[0][0] for each in inputs
    ]
    assert network.embed(images[:4]) == pytest.approx(np.stack(expected), abs=1e-4)


def test_without_onnx2tf_the_sentence_says_what_to_install(tmp_path: Path) -> None:
    path = write(tmp_path / "n.onnx")
    with pytest.raises(
        RuntimeMissingError, match=r"not here as 'no-such-tool'; install it with: uv tool install --python 3\.12"
    ):
        load_any(path, onnx2tf="no-such-tool")


def test_an_old_onnx2tf_is_refused(tmp_path: Path) -> None:
    program = tmp_path / "onnx2tf"
    program.write_text("#!/bin/sh\necho 1.29.24\n")
    program.chmod(0o755)
    with pytest.raises(RuntimeMissingError, match=r"expected onnx2tf 2 or newer, found 1\.29\.24"):
        find_onnx2tf(str(program))


def test_without_the_package_the_sentence_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "n.onnx").write_bytes(b"")
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(RuntimeMissingError, match=r"pip install 'edge-siamese\[import\]'"):
        load_any(tmp_path / "n.onnx")


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"channels": 4}, r"expected one image of 1 or 3 channels as input"),
        ({"batch": 8}, r"expected one image of 1 or 3 channels as input"),
        ({"rank": 3}, r"expected one image of 1 or 3 channels as input"),
    ],
)
def test_what_is_no_embedder_of_images_is_refused(settings: dict[str, Any], sentence: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=sentence):
        load_any(write(tmp_path / "n.onnx", **settings))


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime", reason="ONNX networks need the extra 'import'")
    pytest.importorskip("onnx", reason="ONNX networks need the extra 'import'")
    (tmp_path / "n.onnx").write_bytes(b"nothing at all")
    with pytest.raises(DataError, match=r"n\.onnx: cannot be read as an ONNX network"):
        load_any(tmp_path / "n.onnx")
