import csv
import gzip
import json
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from edge_siamese.alignment import TEMPLATE
from edge_siamese.errors import DataError
from edge_siamese_converter.data.teacher import load_teacher_faces
from edge_siamese_converter.data.teacher_folder import TeacherFolderSettings, write_teacher_folder
from edge_siamese_converter.data.teacher_rows import add_teacher_rows, int8_directions

SETTINGS = TeacherFolderSettings(source="photos", teacher_sha256="0" * 64, people=True, block=4)


def png(level: int, size: int = 224) -> bytes:
    return bytes(cv2.imencode(".png", np.full((size, size, 3), level, np.uint8))[1].tobytes())


FILES: list[tuple[str, bytes | str]] = [(f"p{number // 2}/{number}.png", png(10 * number)) for number in range(10)]


class Teacher:
    """Embeds a crop as its mean level and 10, and counts how many it was asked for; may stop after some."""

    def __init__(self, fail_after: int = 10**9) -> None:
        self.asked, self.fail_after = 0, fail_after

    def __call__(self, crops: Iterable[npt.NDArray[np.uint8]]) -> Iterator[npt.NDArray[np.float32]]:
        for crop in crops:
            if self.asked == self.fail_after:
                raise KeyboardInterrupt
            self.asked += 1
            yield np.array([crop.mean(), 10.0], np.float32)


def landmarks(image: npt.NDArray[np.uint8]) -> npt.NDArray[np.floating] | None:
    """Those of a face of twice the template's size; none on a white image."""
    return None if image[0, 0, 0] == 255 else TEMPLATE * 2


def write(folder: Path, teacher: Teacher, files: Iterable[Any] = FILES, **changes: Any) -> Any:
    return write_teacher_folder(files, folder, landmarks, teacher, replace(SETTINGS, **changes))


def test_crops_rows_and_names_stay_together(tmp_path: Path) -> None:
    report = write(tmp_path, Teacher())
    assert (report.crops, report.dimension, report.skipped, report.resumed) == (10, 2, {}, 0)
    faces = load_teacher_faces(tmp_path, 2)
    assert [round(int(level) / 10) for level in faces.crops[:, 50, 50, 0]] == list(range(10))
    assert faces.identities == [f"p{number // 2}" for number in range(10)]
    rows = np.load(tmp_path / "teacher_int8.npy")
    assert rows.dtype == np.int8
    assert rows[9].tolist() == [127, 14]
    with gzip.open(tmp_path / "faces.csv.gz", "rt") as stream:
        table = list(csv.DictReader(stream))
    assert {row["source_face_px"] for row in table} == {"224.0"}
    assert [row["shard"] for row in table] == ["faces-000.zip"] * 4 + ["faces-001.zip"] * 4 + ["faces-002.zip"] * 2
    assert not (tmp_path / "parts").exists()


def test_a_run_that_was_cut_off_resumes_with_the_first_block_that_is_not_done(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path, Teacher(fail_after=6))
    with pytest.raises(DataError, match="not found"):
        load_teacher_faces(tmp_path, 2)
    second = Teacher()
    assert write(tmp_path, second).resumed == 1
    assert second.asked == 6
    whole, again = tmp_path / "whole", Teacher()
    write(whole, again)
    for name in ("faces.csv.gz", "teacher_int8.npy", "faces-001.zip"):
        assert (whole / name).read_bytes() == (tmp_path / name).read_bytes()


def test_a_complete_folder_is_left_alone(tmp_path: Path) -> None:
    write(tmp_path, Teacher())
    idle = Teacher()
    assert (write(tmp_path, idle).crops, write(tmp_path, idle).dimension) == (10, 2)
    assert idle.asked == 0


def test_images_without_a_face_and_damaged_ones_are_skipped_with_a_reason(tmp_path: Path) -> None:
    files = [*FILES, ("p9/white.png", png(255)), ("p9/torn.jpg", b"\xff\xd8\xff"), ("p9/locked.png", "it is encrypted")]
    report = write(tmp_path, Teacher(), files)
    assert report.crops == 10
    assert "no face found" in report.skipped["p9/white.png"]
    assert report.skipped["p9/locked.png"] == "it is encrypted"
    assert json.loads((tmp_path / "manifest.json").read_text())["skipped"] == report.skipped


def test_aligned_crops_are_taken_as_they_are(tmp_path: Path) -> None:
    report = write(tmp_path, Teacher(), [("a.png", png(40, 112)), ("b.png", png(40, 100))], aligned=True)
    assert report.crops == 1
    assert "expected an aligned crop of 112x112, found 100x100" in report.skipped["b.png"]
    assert load_teacher_faces(tmp_path, 1).identities == [""]


def test_a_folder_of_other_settings_or_images_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path, Teacher(fail_after=6))
    with pytest.raises(DataError, match="other settings or another teacher"):
        write(tmp_path, Teacher(), teacher_sha256="1" * 64)
    with pytest.raises(DataError, match="begun with other images"):
        write(tmp_path, Teacher(), FILES[1:])


def test_a_folder_that_another_program_made_is_rejected(tmp_path: Path) -> None:
    (tmp_path / "faces.csv.gz").write_bytes(b"theirs")
    with pytest.raises(
        DataError, match=r"expected a folder of 'data teacher' or a new one, found faces\.csv\.gz without"
    ):
        write(tmp_path, Teacher())
    assert (tmp_path / "faces.csv.gz").read_bytes() == b"theirs"


def test_a_damaged_part_is_named(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path, Teacher(fail_after=6))
    (tmp_path / "parts" / "faces-000.json").write_text("{")
    with pytest.raises(DataError, match=r"faces-000\.json: damaged; remove it"):
        write(tmp_path, Teacher())


def test_nothing_to_embed_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no image has a face; the first: p9/white\.png: no face found"):
        write(tmp_path, Teacher(), [("p9/white.png", png(255))])


def test_rows_are_added_to_a_folder_that_has_none(tmp_path: Path) -> None:
    write(tmp_path, Teacher())
    expected = (tmp_path / "teacher_int8.npy").read_bytes()
    (tmp_path / "teacher_int8.npy").unlink()
    with pytest.raises(KeyboardInterrupt):
        add_teacher_rows(tmp_path, Teacher(fail_after=5))
    second = Teacher()
    assert add_teacher_rows(tmp_path, second) == (10, 2)
    assert second.asked == 6
    assert (tmp_path / "teacher_int8.npy").read_bytes() == expected


def test_a_missing_or_damaged_shard_is_named(tmp_path: Path) -> None:
    write(tmp_path, Teacher())
    (tmp_path / "faces-001.zip").write_bytes(b"torn")
    with pytest.raises(DataError, match=r"faces-001\.zip"):
        add_teacher_rows(tmp_path, Teacher())
    (tmp_path / "faces-001.zip").unlink()
    with pytest.raises(DataError, match=r"faces-001\.zip"):
        load_teacher_faces(tmp_path, 2)


def test_a_shard_with_another_crop_size_is_rejected(tmp_path: Path) -> None:
    write(tmp_path, Teacher())
    with zipfile.ZipFile(tmp_path / "faces-002.zip", "w") as archive:
        for number in range(2):
            archive.writestr(f"faces-002-{number:05d}.jpg", png(3, 64))
    with pytest.raises(DataError, match="is 64x64, expected 112x112"):
        load_teacher_faces(tmp_path, 2)


def test_several_folders_are_read_as_one(tmp_path: Path) -> None:
    write(tmp_path / "a", Teacher(), FILES[:6])
    write(tmp_path / "b", Teacher(), FILES[5:])
    faces = load_teacher_faces([tmp_path / "a", tmp_path / "b"], 2)
    assert len(faces.crops) == len(faces.targets) == 11
    assert faces.identities.count("p2") == 3


def test_folders_of_different_teachers_are_rejected(tmp_path: Path) -> None:
    write(tmp_path / "a", Teacher())
    write(tmp_path / "b", Teacher())
    np.save(tmp_path / "b" / "teacher_int8.npy", np.ones((10, 3), np.int8))
    with pytest.raises(DataError, match=r"rows of one length, found \[2, 3\]"):
        load_teacher_faces([tmp_path / "a", tmp_path / "b"], 2)
    with pytest.raises(DataError, match="expected a teacher folder, found none"):
        load_teacher_faces([], 2)


@pytest.mark.parametrize("row", [[np.nan, 1.0], [0.0, 0.0], [np.inf, 1.0]])
def test_embeddings_that_are_not_vectors_are_rejected(row: list[float]) -> None:
    with pytest.raises(DataError, match="not finite, or all zeros"):
        int8_directions([np.array(row, np.float32)], 1)


def test_the_direction_survives_rounding() -> None:
    rows = np.random.default_rng(0).normal(size=(20, 512)).astype(np.float32)
    rounded = int8_directions(rows, 20).astype(np.float32)
    cosines = (rows * rounded).sum(1) / np.linalg.norm(rows, axis=1) / np.linalg.norm(rounded, axis=1)
    assert cosines.min() > 0.9995
    with pytest.raises(DataError, match="expected 3 teacher embeddings"):
        int8_directions(rows, 3)
