from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from edge_siamese.errors import DataError
from edge_siamese_converter.networks.mobilefacenet import MobileFaceNetTable
from edge_siamese_converter.tasks.embedder.teacher_cut.cut import cut_teacher, table_of

DIRECTIONS = np.eye(12, dtype=np.float32)


def embed(network: Any, crops: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    rows = np.asarray(network((crops.astype(np.float32) - 128) / 128))
    return np.asarray(rows - rows.mean(0), np.float32)


def agreement(student: Any, teacher: Any, crops: npt.NDArray[np.uint8]) -> float:
    ours, theirs = embed(student, crops), embed(teacher, crops)
    return float((ours * theirs).sum() / np.linalg.norm(ours) / np.linalg.norm(theirs))


def test_a_cut_to_the_same_widths_answers_as_the_teacher(
    teacher: Any, table: MobileFaceNetTable, crops: npt.NDArray[np.uint8]
) -> None:
    student, report = cut_teacher(teacher, table, crops, DIRECTIONS)
    assert table_of(student) == table
    assert agreement(student, teacher, crops) > 0.99
    assert report.streams == pytest.approx([1.0, 1.0, 1.0])
    assert max(report.blocks.values()) < 0.01
    assert list(report.blocks) == [name for name, *_ in table.blocks()]


def test_a_narrow_student_still_resembles_the_teacher(teacher: Any, crops: npt.NDArray[np.uint8]) -> None:
    table = MobileFaceNetTable(6, ((6, 6), (12, 12), (16,)), (6, 12, 12), 16, 6, 12)
    reported: list[str] = []
    student, report = cut_teacher(teacher, table, crops, DIRECTIONS, progress=reported.append)
    assert agreement(student, teacher, crops) > 0.6
    assert all(0.5 < kept <= 1 for kept in report.streams)
    assert reported == [name for name, *_ in table.blocks()]


def test_the_embedding_is_projected_on_the_directions(
    teacher: Any, table: MobileFaceNetTable, crops: npt.NDArray[np.uint8]
) -> None:
    student, _ = cut_teacher(teacher, replace(table, dimension=4), crops, DIRECTIONS[:, [3, 0, 5, 7]])
    ours, theirs = embed(student, crops), embed(teacher, crops)[:, [3, 0, 5, 7]]
    assert np.linalg.norm(ours - theirs) < 0.1 * np.linalg.norm(theirs)


def test_a_seed_gives_the_same_student(teacher: Any, table: MobileFaceNetTable, crops: npt.NDArray[np.uint8]) -> None:
    table = replace(table, stem=4)
    first, second = (cut_teacher(teacher, table, crops, DIRECTIONS, seed=3)[0] for _ in range(2))
    assert embed(first, crops) == pytest.approx(embed(second, crops), abs=1e-6)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"stem": 9}, "stem: expected at most the teacher's 8 channels, found 9"),
        ({"reduced": 9}, "reduced: expected at most the teacher's 8"),
        ({"streams": (8, 17, 16)}, "stream: expected at most the teacher's 16 channels, found 17"),
        ({"hidden": ((8, 8), (16, 17), (24,))}, "block: expected at most the teacher's 16 channels, found 17"),
        ({"hidden": ((8,), (16, 16), (24,))}, r"expected \[2, 2, 1\] blocks, as many as the teacher has"),
        ({"dimension": 5}, r"directions of shape \(12, 5\)"),
    ],
)
def test_what_the_teacher_has_not_is_rejected(
    teacher: Any, table: MobileFaceNetTable, crops: npt.NDArray[np.uint8], change: dict[str, Any], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        cut_teacher(teacher, replace(table, **change), crops, DIRECTIONS)


def test_too_few_crops_are_rejected(teacher: Any, table: MobileFaceNetTable, crops: npt.NDArray[np.uint8]) -> None:
    with pytest.raises(DataError, match="16 crops to fit on, found 3"):
        cut_teacher(teacher, table, crops[:3], DIRECTIONS)
