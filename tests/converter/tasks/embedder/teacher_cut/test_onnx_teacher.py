from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from edge_siamese.errors import DataError
from edge_siamese_converter.networks.mobilefacenet import MobileFaceNetTable
from edge_siamese_converter.tasks.embedder.teacher_cut.cut import table_of
from edge_siamese_converter.tasks.embedder.teacher_cut.onnx_teacher import load_teacher

onnx = pytest.importorskip("onnx")


def outputs(network: Any, crops: npt.NDArray[np.uint8]) -> Any:
    return np.asarray(network((crops.astype(np.float32) - 128) / 128))


@pytest.mark.parametrize(("int8", "allowed"), [(False, 1e-3), (True, 0.1)])
def test_the_file_gives_the_same_network(
    teacher: Any,
    table: MobileFaceNetTable,
    crops: npt.NDArray[np.uint8],
    onnx_writer: Any,
    tmp_path: Path,
    int8: bool,
    allowed: float,
) -> None:
    onnx_writer(teacher, int8=int8).write(tmp_path / "teacher.onnx")
    loaded = load_teacher(tmp_path / "teacher.onnx")
    assert table_of(loaded) == table
    expected = outputs(teacher, crops)
    assert np.abs(outputs(loaded, crops) - expected).max() < allowed * np.abs(expected).max()


def test_it_answers_as_another_runtime_does(
    teacher: Any, crops: npt.NDArray[np.uint8], onnx_writer: Any, tmp_path: Path
) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    onnx_writer(teacher).write(tmp_path / "teacher.onnx")
    session = onnxruntime.InferenceSession(str(tmp_path / "teacher.onnx"), providers=["CPUExecutionProvider"])
    pixels = ((crops.astype(np.float32) - 127.5) / 127.5).transpose(0, 3, 1, 2)
    (expected,) = session.run(["embedding"], {"image": pixels})
    found = outputs(load_teacher(tmp_path / "teacher.onnx"), crops)
    cosines = (found * expected).sum(1) / np.linalg.norm(found, axis=1) / np.linalg.norm(expected, axis=1)
    assert cosines.min() > 0.9995  # the zeros around the image differ by half a gray level


def test_a_file_that_is_no_onnx_is_rejected(tmp_path: Path) -> None:
    (tmp_path / "teacher.onnx").write_bytes(b"no network")
    with pytest.raises(DataError, match=r"teacher\.onnx: expected an ONNX file"):
        load_teacher(tmp_path / "teacher.onnx")
    with pytest.raises(DataError, match=r"missing\.onnx: expected an ONNX file"):
        load_teacher(tmp_path / "missing.onnx")


def test_other_layouts_are_rejected_by_what_differs(teacher: Any, onnx_writer: Any, tmp_path: Path) -> None:
    path = tmp_path / "other.onnx"

    def rejected(change: str, message: str) -> None:
        writer = onnx_writer(teacher)
        writer.write(path)
        if change == "pool":
            writer.nodes.append(onnx.helper.make_node("GlobalAveragePool", ["embedding"], ["pool"]))
        elif change == "headless":
            writer.nodes = [node for node in writer.nodes if node.op_type != "Gemm"]
        elif change == "short":
            writer.nodes = [node for node in writer.nodes if not node.output[0].startswith("last")]
        elif change == "computed":
            writer.tensors = [tensor for tensor in writer.tensors if tensor.name != "stem_w"]
        elif change == "unstrided":
            node = next(node for node in writer.nodes if node.output[0] == "stage0_block0_depthwise")
            next(item for item in node.attribute if item.name == "strides").ints[:] = [1, 1]
        writer.save(path)
        with pytest.raises(DataError, match=message):
            load_teacher(path)

    rejected("pool", "found GlobalAveragePool")
    rejected("headless", "ends with a matrix product")
    rejected("short", "4 convolutions and 3 for each block")
    rejected("computed", "'stem_w' is computed")
    rejected("unstrided", "begin with a stride of 2, found block 1")
