from pathlib import Path

import numpy as np
import pytest

from edge_siamese.errors import DataError, ModelError
from edge_siamese.models import default_model, named_model
from edge_siamese.rendering import Person, View, render_crop
from edge_siamese_converter.data.labeled import LabeledImages
from edge_siamese_converter.data.teacher import load_teacher_faces
from edge_siamese_converter.data.teacher_folder import load_teacher, write_teacher_folder


@pytest.fixture(scope="module")
def people() -> LabeledImages:
    crops = [render_crop(Person.from_seed(seed), View(yaw=yaw)) for seed in range(60, 66) for yaw in (-5, 5)]
    names = [f"person {number // 2}" for number in range(12)]
    return LabeledImages(np.stack(crops), names, [f"{name}/{at}.png" for at, name in enumerate(names)])


def small() -> Path:
    path = named_model("embedder-small")
    assert path is not None
    return path


def test_what_is_written_is_what_distill_reads(people: LabeledImages, tmp_path: Path) -> None:
    assert write_teacher_folder(tmp_path / "faces", people, small(), source="mine") == 256
    faces = load_teacher_faces(tmp_path / "faces", 16)
    assert np.array_equal(faces.crops, people.images)
    assert faces.identities == people.names
    assert 0 < faces.validation.sum() < len(faces.crops)
    rows = load_teacher(small())(people.images)
    stored = np.load(tmp_path / "faces" / "teacher_int8.npy")
    cosines = (rows * stored).sum(axis=1) / np.linalg.norm(stored, axis=1)
    assert cosines == pytest.approx(np.ones(12), abs=1e-3)
    assert [path.name for path in tmp_path.iterdir()] == ["faces"]


def test_nothing_is_overwritten_and_nothing_half_made_stays(people: LabeledImages, tmp_path: Path) -> None:
    (tmp_path / "faces").mkdir()
    with pytest.raises(DataError, match="faces: exists already; name a folder that does not"):
        write_teacher_folder(tmp_path / "faces", people, small(), source="mine")
    with pytest.raises(DataError, match=r"expected a teacher network, \.onnx or \.tflite"):
        write_teacher_folder(tmp_path / "other", people, tmp_path / "teacher.h5", source="mine")
    with pytest.raises(ModelError, match="there is no such model"):
        write_teacher_folder(tmp_path / "other", people, tmp_path / "teacher.tflite", source="mine")
    assert [path.name for path in tmp_path.iterdir()] == ["faces"]


def test_crops_have_to_be_aligned_ones(tmp_path: Path) -> None:
    wrong = LabeledImages(np.zeros((2, 64, 64, 3), np.uint8), ["a", "b"], ["a/0", "b/0"])
    with pytest.raises(DataError, match="expected crops of 112x112x3, found \\(64, 64, 3\\)"):
        write_teacher_folder(tmp_path / "faces", wrong, default_model("embedder"), source="mine")
