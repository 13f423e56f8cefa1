from pathlib import Path

import pytest

from edge_siamese.errors import DataError
from edge_siamese_benchmarks.peers.registry import PEERS, chosen_peers, find_files, total_bytes


def test_every_known_peer_is_chosen_without_a_choice() -> None:
    assert chosen_peers([]) == dict.fromkeys(PEERS)
    assert chosen_peers(["dlib", "blazeface=face.tflite"]) == {"dlib": None, "blazeface": Path("face.tflite")}


@pytest.mark.parametrize("word", ["haar", "dlib=", "=x", ""])
def test_another_word_lists_the_known_names(word: str) -> None:
    with pytest.raises(DataError, match=r"expected NAME or NAME=FILE with one of yunet-sface, .*, found"):
        chosen_peers([word])


def test_a_peer_is_chosen_once() -> None:
    with pytest.raises(DataError, match="expected dlib once, found it twice"):
        chosen_peers(["dlib", "dlib"])


def test_files_come_from_the_folder_and_the_last_one_may_be_named(tmp_path: Path) -> None:
    for name, size in (("yunet_n_320_320.onnx", 10), ("mobilefacenet_int8.tflite", 20), ("mine.tflite", 5)):
        (tmp_path / name).write_bytes(bytes(size))
    peer = PEERS["yunet-mobilefacenet"]
    files = find_files(peer, None, tmp_path)
    assert {role: path.name for role, path in files.items()} == {
        "detector": "yunet_n_320_320.onnx",
        "embedder": "mobilefacenet_int8.tflite",
    }
    assert total_bytes(files) == 30
    assert find_files(peer, tmp_path / "mine.tflite", tmp_path)["embedder"].name == "mine.tflite"
    assert find_files(peer, tmp_path, None) == files


def test_what_is_missing_is_named_with_its_source(tmp_path: Path) -> None:
    with pytest.raises(
        DataError, match=r"needs yunet_n_320_320.onnx or .*, found none in .*: models/face_detection_yunet"
    ):
        find_files(PEERS["yunet-sface"], None, tmp_path)
    with pytest.raises(DataError, match=r"needs a folder of ~/.insightface/models, such as buffalo_sc: name it"):
        find_files(PEERS["insightface"], None, tmp_path)
    with pytest.raises(DataError, match=r"none.tflite: expected a MobileFaceNet .*, found no file"):
        find_files(PEERS["tflm"], tmp_path / "none.tflite", tmp_path)


def test_a_folder_of_networks_counts_with_all_of_them(tmp_path: Path) -> None:
    pack = tmp_path / "models" / "buffalo_sc"
    pack.mkdir(parents=True)
    (pack / "det.onnx").write_bytes(bytes(3))
    (pack / "rec.onnx").write_bytes(bytes(4))
    files = find_files(PEERS["insightface"], pack, None)
    assert files == {"pack": pack}
    assert total_bytes(files) == 7
