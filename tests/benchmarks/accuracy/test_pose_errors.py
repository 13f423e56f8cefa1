from pathlib import Path

import cv2
import numpy as np
import pytest

from edge_siamese.alignment import TEMPLATE
from edge_siamese.errors import DataError
from edge_siamese.faces import Face
from edge_siamese.frames import RGB
from edge_siamese.identity_dataset import IdentityDataset
from edge_siamese.rendering import Person, View, render_portrait
from edge_siamese_benchmarks.accuracy.pose_errors import crop_displacement, estimated_yaw, measure_pose_errors

BOX = np.array((20, 30, 40, 50), np.float32)
PROFILE = np.array([(40, 40), (43, 40), (25, 50), (38, 60), (41, 60)], np.float32)
FRONTAL = np.array([(30, 40), (50, 40), (40, 50), (32, 60), (48, 60)], np.float32)


class Marked:
    """Finds one face in every image that is not black; its landmarks depend on the image's brightness."""

    threshold = 0.5

    def __init__(self, name: str, off: float = 0.0, minimum: int = 1) -> None:
        self.name, self.off, self.minimum = name, off, minimum

    def detect(self, image: RGB) -> list[Face]:
        level = int(image.mean())
        if level < self.minimum:
            return []
        return [Face(BOX, (FRONTAL if level > 120 else PROFILE) + np.float32(self.off), 0.9)]


@pytest.fixture
def dataset(tmp_path: Path) -> IdentityDataset:
    (tmp_path / "Ada").mkdir()
    for name, level in (("frontal", 200), ("profile", 60), ("nobody", 0)):
        cv2.imwrite(str(tmp_path / "Ada" / f"{name}.png"), np.full((90, 90, 3), level, np.uint8))
    return IdentityDataset(tmp_path)


@pytest.mark.parametrize("yaw", [-60.0, -30.0, 0.0, 15.0, 45.0])
def test_the_yaw_of_a_rendered_head_is_estimated(yaw: float) -> None:
    marks = render_portrait(Person.from_seed(3), View(yaw=yaw)).landmarks[0]
    assert estimated_yaw(marks) == pytest.approx(abs(yaw), abs=15)


def test_yaw_does_not_depend_on_roll_scale_or_place() -> None:
    turn = 3.0 * np.array([(np.cos(0.6), -np.sin(0.6)), (np.sin(0.6), np.cos(0.6))])
    for marks in (FRONTAL, PROFILE):
        assert estimated_yaw(marks @ turn.T + 70) == pytest.approx(estimated_yaw(marks), abs=1e-3)
    assert estimated_yaw(np.zeros((5, 2))) == 90


def test_the_crop_moves_by_the_shift_of_all_landmarks() -> None:
    assert crop_displacement(TEMPLATE, TEMPLATE) == pytest.approx(0, abs=1e-4)
    assert crop_displacement(TEMPLATE + np.array((3, 4)), TEMPLATE) == pytest.approx(5, abs=1e-3)
    assert crop_displacement(2 * TEMPLATE + np.array((6, 8)), 2 * TEMPLATE) == pytest.approx(5, abs=1e-3)


def test_errors_are_reported_by_yaw(dataset: IdentityDataset) -> None:
    reference, off, blind = Marked("reference"), Marked("off", off=5.0), Marked("blind", minimum=100)
    result = measure_pose_errors(dataset, reference, [off, blind])
    report = result.to_json()
    assert (report["photos"], report["reference"]) == (2, "reference")
    assert report["left_out"] == {"Ada/nobody.png": "reference finds no face"}
    ours, theirs = report["detectors"]
    first, last = ours["by_yaw"][0], ours["by_yaw"][-1]
    assert (first["yaw"], last["yaw"]) == ([0, 15], [60, 90])
    assert [one["photos"] for one in ours["by_yaw"]] == [1, 0, 0, 0, 1]
    assert first["landmark_error"]["median"] == pytest.approx(np.sqrt(50) / 50)
    assert last["crop_displacement"]["p90"] > 5
    assert [one["found"] for one in theirs["by_yaw"]] == [1, 0, 0, 0, 0]
    assert theirs["not_found"] == ["Ada/profile.png"]
    assert "60-90" in result.text()


def test_without_a_face_there_is_nothing_to_measure(dataset: IdentityDataset) -> None:
    with pytest.raises(DataError, match="finds a face, found none"):
        measure_pose_errors(dataset, Marked("blind", minimum=255), [Marked("own")])
