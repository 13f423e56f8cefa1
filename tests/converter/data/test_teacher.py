import csv
import gzip
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge_siamese.errors import DataError
from edge_siamese_converter.data.teacher import (
    load_teacher_faces,
    load_training_crops,
    principal_directions,
    project,
    validation_people,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Twelve crops of gray level 10 * index: p0..p4 have two each, two are of unknown people."""
    names = [f"p{index // 2}" for index in range(10)] + ["", ""]
    with gzip.open(tmp_path / "faces.csv.gz", "wt", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["index", "shard", "file", "source", "identity", "source_face_px"])
        writer.writerows([i, f"faces-0{i % 2}.zip", f"{i:05d}.png", "s", name, 50] for i, name in enumerate(names))
    for shard in range(2):
        with zipfile.ZipFile(tmp_path / f"faces-0{shard}.zip", "w") as archive:
            for index in range(shard, 12, 2):
                _, png = cv2.imencode(".png", np.full((112, 112, 3), 10 * index, np.uint8))
                archive.writestr(f"{index:05d}.png", png.tobytes())
    np.save(tmp_path / "teacher_int8.npy", np.random.default_rng(0).integers(-127, 128, (12, 16), np.int8))
    return tmp_path


def test_crops_targets_and_people_stay_together(folder: Path) -> None:
    faces = load_teacher_faces(folder, 4)
    assert [int(level) // 10 for level in faces.crops[:, 0, 0, 0]] == list(range(12))
    assert np.linalg.norm(faces.targets, axis=1) == pytest.approx(np.ones(12), abs=1e-5)
    assert faces.targets.shape == (12, 4)


def test_validation_people_are_whole_and_never_trained_on(folder: Path) -> None:
    kept_back = validation_people(["a", "a", "b", "b", "c", "", ""], people=1)
    assert len(kept_back) == 1
    assert kept_back <= {"a", "b"}
    faces = load_teacher_faces(folder, 4)
    held = set(np.array(faces.identities)[faces.validation])
    assert held == validation_people([f"p{number}" for number in range(5)] * 2)
    assert len(held) == 2
    levels = {10 * index for index in range(10) if f"p{index // 2}" not in held} | {100, 110}
    assert set(load_training_crops(folder, maximum=9)[:, 0, 0, 0].tolist()) == levels
    assert len(load_training_crops(folder, maximum=1)) == 1


@pytest.mark.parametrize(("several", "kept"), [(3, 2), (20, 4), (1500, 300), (3000, 300)])
def test_a_fifth_is_kept_back_and_300_at_most(several: int, kept: int) -> None:
    assert len(validation_people([f"n{number}" for number in range(several)] * 2)) == kept


def test_a_single_row_is_projected_as_many_are() -> None:
    rows = np.random.default_rng(0).normal(size=(5, 8)).astype(np.float32)
    directions = principal_directions(rows, 4)
    assert project(rows[2], directions) == pytest.approx(project(rows, directions)[2], abs=1e-6)


def test_a_teacher_of_too_few_values_is_rejected(folder: Path) -> None:
    with pytest.raises(DataError, match=r"teacher_int8\.npy: expected at least 32 values a row, .* found 16"):
        load_teacher_faces(folder, 32)


def test_the_choice_depends_on_names_alone() -> None:
    names = [f"n{i}" for i in range(50) for _ in range(2)]
    assert validation_people(names, 7) == validation_people(names[::-1], 7)


def test_principal_directions_keep_the_angles_of_data_that_lies_in_them() -> None:
    rng = np.random.default_rng(0)
    rows = (rng.normal(size=(60, 4)) @ rng.normal(size=(4, 16))).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    projected = project(rows, principal_directions(rows, 4))
    assert projected @ projected.T == pytest.approx(rows @ rows.T, abs=1e-4)


def test_a_folder_without_its_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"faces\.csv\.gz: not found; expected a teacher folder"):
        load_teacher_faces(tmp_path, 4)


def test_rows_that_do_not_fit_the_crops_are_rejected(folder: Path) -> None:
    np.save(folder / "teacher_int8.npy", np.ones((3, 16), np.int8))
    with pytest.raises(DataError, match=r"one row for each of 12 crops, found an array of shape \(3, 16\)"):
        load_teacher_faces(folder, 4)


def test_several_folders_are_read_as_one(folder: Path) -> None:
    faces = load_teacher_faces([folder, folder], 4)
    assert len(faces.crops) == len(faces.targets) == 24
    assert faces.identities.count("p2") == 4
    assert len(load_training_crops([folder, folder], maximum=99)) == 2 * len(load_training_crops(folder, maximum=99))


def test_folders_of_different_teachers_are_rejected(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other")
    (other / "faces.csv.gz").write_bytes((folder / "faces.csv.gz").read_bytes())
    np.save(other / "teacher_int8.npy", np.ones((12, 9), np.int8))
    with pytest.raises(DataError, match=r"rows of one length, found \[9, 16\]"):
        load_teacher_faces([folder, other], 4)
    with pytest.raises(DataError, match="expected a teacher folder, found none"):
        load_teacher_faces([], 4)
