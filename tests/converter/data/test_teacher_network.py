from pathlib import Path

import numpy as np
import pytest

from edge_siamese.errors import DataError
from edge_siamese_converter.data.teacher_network import BATCH, TeacherNetwork

openvino = pytest.importorskip("openvino", reason="asking a teacher network needs the teacher extra")


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network whose embedding is the mean of each color and a constant."""
    operations = openvino.opset13
    image = operations.parameter([-1, 3, 112, 112], np.float32, name="image")
    means = operations.reduce_mean(image, operations.constant(np.array([2, 3])), keep_dims=False)
    ones = operations.exp(operations.reduce_sum(means - means, operations.constant(np.array([1])), keep_dims=True))
    rows = operations.concat([means, ones], 1)
    path = tmp_path_factory.mktemp("teacher") / "teacher.xml"
    openvino.save_model(openvino.Model([rows], [image]), path, compress_to_fp16=False)
    return path


def test_each_crop_gets_its_unit_vector_in_order(network: Path) -> None:
    colors = np.random.default_rng(0).integers(0, 256, (BATCH + 3, 3))
    crops = [np.full((112, 112, 3), color, np.uint8) for color in colors]
    rows = np.stack(list(TeacherNetwork(network)(crops)))
    expected = np.hstack([(colors - 127.5) / 127.5, np.ones((len(crops), 1))])
    assert rows == pytest.approx(expected / np.linalg.norm(expected, axis=1, keepdims=True), abs=2e-2)


@pytest.mark.parametrize("content", [None, b"no network"])
def test_what_is_no_network_is_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "teacher.onnx"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=r"teacher\.onnx: expected an ONNX face embedder"):
        TeacherNetwork(path)
