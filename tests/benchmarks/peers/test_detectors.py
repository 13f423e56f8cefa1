import os
from pathlib import Path

import numpy as np
import pytest

from edge_siamese.detection import intersection_over_union
from edge_siamese.errors import DataError, ModelError
from edge_siamese.rendering import Rendering
from edge_siamese_benchmarks.peers.detectors import open_peer

YUNET = Path(os.environ.get("EDGE_SIAMESE_DATA", "")) / "peers" / "yunet_n_320_320.onnx"


@pytest.mark.skipif(
    "EDGE_SIAMESE_DATA" not in os.environ, reason="EDGE_SIAMESE_DATA does not name a folder with the peers' models"
)
def test_yunet_answers_in_our_terms(scenes: list[Rendering]) -> None:
    yunet = open_peer(f"yunet={YUNET}", 0.5)
    assert (yunet.name, yunet.threshold) == ("yunet", 0.5)
    assert yunet.detect(np.full((48, 80, 3), 90, np.uint8)) == []
    scene = scenes[0]
    faces = yunet.detect(scene.image)
    large = scene.boxes[1]
    overlaps = intersection_over_union(large, np.array([face.box for face in faces]))
    assert overlaps.max() > 0.5
    found = faces[int(overlaps.argmax())]
    assert found.score >= 0.5
    errors = np.linalg.norm(found.landmarks - scene.landmarks[1], axis=1)
    assert errors.mean() < 0.1 * large[2]


@pytest.mark.parametrize("description", ["yunet", "yunet=", "haar=face.xml", "=face.onnx", ""])
def test_a_peer_is_a_known_name_and_a_file(description: str) -> None:
    with pytest.raises(DataError, match="peer: expected yunet=FILE, found"):
        open_peer(description, 0.5)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none.onnx: expected the ONNX file of YuNet"):
        open_peer(f"yunet={tmp_path / 'none.onnx'}", 0.5)


def test_another_file_is_not_yunet(tmp_path: Path) -> None:
    (tmp_path / "other.onnx").write_bytes(b"no network")
    with pytest.raises(ModelError, match=r"other.onnx: OpenCV cannot run it as YuNet"):
        open_peer(f"yunet={tmp_path / 'other.onnx'}", 0.5)
